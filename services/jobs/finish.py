"""How a job ends: one transaction in which everything that follows from the end is written, or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from services.events import Event
from services.jobs.event_log import Condition, append
from services.jobs.progress import left
from services.jobs.states import Status
from services.storage.tables import ArtifactRow, JobRow, now

Record = Callable[[Session, JobRow, Mapping[str, Any]], None]
_LET_GO: dict[str, Any] = {"worker_id": None, "lease_expires_at": None}


def complete(
    tx: Session,
    job_id: UUID,
    outcome: Mapping[str, Any],
    *,
    where: Sequence[Condition],
    record: Record | None,
    progress: Mapping[str, Any],
) -> Event | None:
    """The one finaliser: outcome, the workload's own rows, status and event appear together.

    None, and nothing written, if the lease is gone. Run twice it does nothing the second time, because
    then the job is no longer running.
    """
    json.dumps(outcome, allow_nan=False)  # refused here rather than read back as broken JSON
    done = {**progress, "percent": 100.0, **left(0.0, now())}
    event = append(
        tx,
        job_id,
        "completed",
        done,
        where=where,
        status=Status.COMPLETED,
        outcome=dict(outcome),
        progress=done,
        finished_at=now(),
        **_LET_GO,
    )
    if event is None:
        return None
    drop_artifacts(tx, job_id, except_attempt=event.attempt)
    if record is not None:
        record(tx, tx.get_one(JobRow, job_id), outcome)
    return event


def fail(
    tx: Session, job_id: UUID, reason: str, error: Mapping[str, Any], *, where: Sequence[Condition]
) -> Event | None:
    told = {"error": dict(error), "reason": reason}
    return _end(tx, job_id, "failed", told, where, status=Status.FAILED, **told)


def cancel(tx: Session, job_id: UUID, *, where: Sequence[Condition]) -> Event | None:
    return _end(tx, job_id, "cancelled", {}, where, status=Status.CANCELLED)


def drop_artifacts(tx: Session, job_id: UUID, *, except_attempt: int | None = None) -> None:
    """Forget what other attempts stored; a job that did not complete leaves none."""
    statement = delete(ArtifactRow).where(ArtifactRow.job_id == job_id)
    if except_attempt is not None:
        statement = statement.where(ArtifactRow.attempt != except_attempt)
    tx.execute(statement.execution_options(synchronize_session=False))


def _end(
    tx: Session,
    job_id: UUID,
    kind: str,
    data: Mapping[str, Any],
    where: Sequence[Condition],
    **changes: Any,
) -> Event | None:
    event = append(tx, job_id, kind, data, where=where, finished_at=now(), **_LET_GO, **changes)
    if event is not None:
        drop_artifacts(tx, job_id)
    return event
