"""How an attempt and a job end: one transaction in which all that follows is written, or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.orm import Session

from services.events import Event
from services.jobs.event_log import Condition, Guard, append
from services.jobs.progress import left
from services.jobs.states import Status
from services.plans.settling import settle
from services.storage.job_tables import AttemptRow, CheckpointRow, TaskRow
from services.storage.tables import (
    ArtifactRow,
    EvaluationTableRow,
    JobRow,
    TrainingResultRow,
    VisualizationRow,
    now,
)

# built once, because short jobs are common and building costs as much as running
_BEFORE = select(JobRow.status, JobRow.active_seconds, JobRow.progress).where(JobRow.id == bindparam("job"))
_ATTEMPTS: Table = AttemptRow.metadata.tables[AttemptRow.__tablename__]
_CLOSE = (
    update(_ATTEMPTS)
    .where(_ATTEMPTS.c.job_id == bindparam("job"), _ATTEMPTS.c.attempt == bindparam("number"))
    .values({name: bindparam(name) for name in ("ended_at", "ended", "active_seconds")})
)
Record = Callable[[Session, JobRow, Mapping[str, Any]], None]


def complete(
    tx: Session,
    job_id: UUID,
    outcome: Mapping[str, Any],
    *,
    where: Guard,
    record: Record | None,
    progress: Mapping[str, Any],
    reason: str | None = None,
    checkpoints_taken: bool = True,
) -> Event | None:
    """The one finaliser: outcome, the workload's own rows, status and event appear together.

    None, and nothing written, if the lease is gone. Run twice it does nothing the second time, because
    then the job is no longer running. A job of which tasks failed keeps what a retry needs.
    """
    json.dumps(outcome, allow_nan=False)  # refused here rather than read back as broken JSON
    done = {**progress, "percent": 100.0, **left(0.0, now())}
    event = end_attempt(
        tx,
        job_id,
        "completed",
        {**done, **({"reason": reason} if reason else {})},
        where,
        status=Status.COMPLETED,
        phase=progress["phase"],
        outcome=dict(outcome),
        progress=done,
        reason=reason,
        finished_at=now(),
    )
    if event is None:
        return None
    if event.attempt > 1:
        drop_artifacts(tx, job_id, except_attempt=event.attempt)
    if reason != "partial" and checkpoints_taken:
        _forget(tx, CheckpointRow, CheckpointRow.job_id == job_id)
    if record is not None:
        row = tx.get_one(JobRow, job_id)
        tx.refresh(row)
        record(tx, row, outcome)
    return event


def fail(tx: Session, job_id: UUID, reason: str, error: Mapping[str, Any], *, where: Guard) -> Event | None:
    told = {"error": dict(error), "reason": reason}
    return _end(tx, job_id, "failed", told, where, status=Status.FAILED, **told)


def cancel(tx: Session, job_id: UUID, *, where: Guard) -> Event | None:
    event = _end(tx, job_id, "cancelled", {}, where, status=Status.CANCELLED)
    if event is not None:
        open_tasks = TaskRow.job_id == job_id, TaskRow.status.in_(("pending", "running"))
        statement = update(TaskRow).where(*open_tasks).values(status="cancelled", finished_at=now())
        tx.execute(statement.execution_options(synchronize_session=False))
        _count_cancelled(tx, job_id)
    return event


def _count_cancelled(tx: Session, job_id: UUID) -> None:
    """The open tasks of a job as its row and its progress count them."""
    row = tx.execute(select(JobRow.counts, JobRow.progress).where(JobRow.id == job_id)).one()
    if row.counts is None:
        return
    left_open = row.counts["pending"] + row.counts["running"]
    cancelled = row.counts["cancelled"] + left_open
    counts = {**row.counts, "pending": 0, "running": 0, "cancelled": cancelled}
    progress = None if row.progress is None else {**row.progress, "counts": counts}
    statement = update(JobRow).where(JobRow.id == job_id).values(counts=counts, progress=progress)
    tx.execute(statement.execution_options(synchronize_session=False))


def pause(
    tx: Session, job_id: UUID, data: Mapping[str, Any], *, where: Guard, **changes: Any
) -> Event | None:
    """Let go of a job that can go on later; the caller has made sure that it can."""
    return end_attempt(tx, job_id, "paused", data, where, status=Status.PAUSED, **changes)


def end_attempt(
    tx: Session,
    job_id: UUID,
    kind: str,
    data: Mapping[str, Any],
    where: Guard,
    **changes: Any,
) -> Event | None:
    """Change the row, give the lease up, close the attempt, and store the event that says so."""
    connection = tx.connection()
    before = connection.execute(_BEFORE, {"job": job_id}).one()
    worked = _worked(before.active_seconds, changes.get("progress", before.progress) or before.progress)
    if before.status == Status.RUNNING:
        changes["active_seconds"] = worked
    released = {"worker_id": None, "requested_action": "none", **changes}
    event = append(tx, job_id, kind, data, where=where, **released)
    if event is not None and before.status == Status.RUNNING:
        ended = {"ended_at": now(), "ended": kind, "active_seconds": worked - before.active_seconds}
        connection.execute(_CLOSE, {"job": job_id, "number": event.attempt, **ended})
        settle(tx, job_id, worked - before.active_seconds)
    return event


def drop_artifacts(tx: Session, job_id: UUID, *, except_attempt: int | None = None) -> None:
    """Forget what other attempts stored; a job that did not complete leaves none."""
    where = [ArtifactRow.job_id == job_id]
    if except_attempt is not None:
        where.append(ArtifactRow.attempt != except_attempt)
    _forget(tx, ArtifactRow, *where)


def forget_result(tx: Session, job_id: UUID) -> None:
    """A job that is taken up again has no result until it has ended well again."""
    for table in (ArtifactRow, TrainingResultRow, EvaluationTableRow, VisualizationRow):
        tx.execute(delete(table).where(table.job_id == job_id).execution_options(synchronize_session=False))


def _end(
    tx: Session,
    job_id: UUID,
    kind: str,
    data: Mapping[str, Any],
    where: Guard,
    **changes: Any,
) -> Event | None:
    event = end_attempt(tx, job_id, kind, data, where, finished_at=now(), **changes)
    if event is not None:
        drop_artifacts(tx, job_id)
    return event


def _worked(before: float, progress: Mapping[str, Any] | None) -> float:
    """Active seconds of all attempts, as the last report told them."""
    return max(before, float((progress or {}).get("elapsed_s") or 0.0))


def _forget(tx: Session, table: type[ArtifactRow] | type[CheckpointRow], *where: Condition) -> None:
    tx.execute(delete(table).where(*where).execution_options(synchronize_session=False))
