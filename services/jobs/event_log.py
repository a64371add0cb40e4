"""The stored events of jobs: every change of a job is written together with the event that tells of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from services.events import Event
from services.storage.tables import JobEventRow, JobRow, now

Condition = ColumnElement[bool]


class _Place(NamedTuple):
    """Where in the outside world a job's event belongs, and its number."""

    seq: int
    attempt: int
    session_id: UUID | None
    user_id: UUID
    workload: str


def append(
    tx: Session,
    job_id: UUID,
    kind: str,
    data: Mapping[str, Any] | None = None,
    *,
    where: Sequence[Condition] = (),
    **changes: Any,
) -> Event | None:
    """Change the job's row and store the event of it, or do neither: None where `where` no longer holds.

    The row is locked by the update, so numbers have no holes and no doubles whoever writes.
    """
    statement = (
        update(JobRow)
        .where(JobRow.id == job_id, *where)
        .values(last_seq=JobRow.last_seq + 1, **changes)
        .returning(JobRow.last_seq, JobRow.attempt, JobRow.session_id, JobRow.user_id, JobRow.workload)
        .execution_options(synchronize_session=False)
    )
    found = tx.execute(statement).one_or_none()
    if found is None:
        return None
    place = _Place(*found)
    row = JobEventRow(
        job_id=job_id,
        seq=place.seq,
        type=kind,
        attempt=place.attempt,
        data=plain(dict(data or {})),
        created_at=now(),
    )
    tx.add(row)
    return _event(row, place.session_id, place.user_id, place.workload)


def read(tx: Session, job_id: UUID, after_seq: int = 0, kind: str | None = None) -> list[Event]:
    """The events behind `after_seq`, in order; all of them, or those of one kind."""
    query = (
        select(JobEventRow, JobRow.session_id, JobRow.user_id, JobRow.workload)
        .join(JobRow, JobRow.id == JobEventRow.job_id)
        .where(JobEventRow.job_id == job_id, JobEventRow.seq > after_seq)
        .order_by(JobEventRow.seq)
    )
    if kind is not None:
        query = query.where(JobEventRow.type == kind)
    return [_event(*row) for row in tx.execute(query)]


def plain(value: Any) -> Any:
    """As JSON can carry it: numpy scalars become Python's, numbers that are not finite null."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _event(row: JobEventRow, session_id: UUID | None, user_id: UUID, workload: str) -> Event:
    return Event(
        job_id=row.job_id,
        session_id=session_id,
        user_id=user_id,
        workload=workload,
        seq=row.seq,
        type=row.type,
        attempt=row.attempt,
        at=row.created_at.isoformat(),
        data=row.data,
    )
