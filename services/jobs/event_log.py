"""The stored events of jobs: every change of a job is written together with the event that tells of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Table, bindparam, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from services.events import Event
from services.storage.tables import JobEventRow, JobRow, now

Condition = ColumnElement[bool]
Expression = ColumnElement[Any]
NOTHING: Mapping[str, Any] = MappingProxyType({})
# tables and not mapped classes: every report comes through here, and mapping costs twice the statement
_JOBS: Table = JobRow.metadata.tables[JobRow.__tablename__]
_EVENTS: Table = JobEventRow.metadata.tables[JobEventRow.__tablename__]
_STORE = insert(_EVENTS)
_PLACE = (_JOBS.c.last_seq, _JOBS.c.attempt, _JOBS.c.session_id, _JOBS.c.user_id, _JOBS.c.workload)


class Guard(NamedTuple):
    """Under what conditions a job may still be changed, with the values of the parameters in them.

    Conditions that are built once make statements that are built once: short jobs are common, and to
    build a statement takes longer than to run it.
    """

    conditions: tuple[Condition, ...] = ()
    values: Mapping[str, Any] = NOTHING

    def also(self, *conditions: Condition) -> Guard:
        return Guard((*self.conditions, *conditions), self.values)


ANYWAY = Guard()


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
    where: Guard = ANYWAY,
    **changes: Any,
) -> Event | None:
    """Change the job's row and store the event of it, or do neither: None where `where` no longer holds.

    The row is locked by the update, so numbers have no holes and no doubles whoever writes.
    """
    connection = tx.connection()  # past the session, which has no part in this and costs as much again
    terms = tuple(each for each in changes.items() if isinstance(each[1], ColumnElement))
    values = {name: value for name, value in changes.items() if not isinstance(value, ColumnElement)}
    statement = _change(where.conditions, tuple(values), terms)
    bound = {f"new_{name}": value for name, value in values.items()}
    found = connection.execute(statement, {"changed_job": job_id, **where.values, **bound}).one_or_none()
    if found is None:
        return None
    place = _Place(*found)
    row = {
        "job_id": job_id,
        "seq": place.seq,
        "type": kind,
        "attempt": place.attempt,
        "data": plain(dict(data or {})),
        "created_at": now(),
    }
    connection.execute(_STORE, row)
    return _event(row, place.session_id, place.user_id, place.workload)


@lru_cache(maxsize=256)
def _change(
    conditions: tuple[Condition, ...], names: tuple[str, ...], terms: tuple[tuple[str, Expression], ...]
) -> ReturningUpdate[Any]:
    """The statement that sets the columns `names` to bound values and others to SQL terms."""
    new: dict[str, Expression] = {name: bindparam(f"new_{name}") for name in names}
    return (
        update(_JOBS)
        .where(_JOBS.c.id == bindparam("changed_job"), *conditions)
        .values(last_seq=_JOBS.c.last_seq + 1, **new, **dict(terms))
        .returning(*_PLACE)
    )


def read(
    tx: Session, job_id: UUID, after_seq: int = 0, kind: str | None = None, limit: int | None = None
) -> list[Event]:
    """The events behind `after_seq`, in order; all of them or the first `limit`, or those of one kind."""
    query = (
        select(_EVENTS, _JOBS.c.session_id, _JOBS.c.user_id, _JOBS.c.workload)
        .join(_JOBS, _JOBS.c.id == _EVENTS.c.job_id)
        .where(_EVENTS.c.job_id == job_id, _EVENTS.c.seq > after_seq)
        .order_by(_EVENTS.c.seq)
        .limit(limit)
    )
    if kind is not None:
        query = query.where(_EVENTS.c.type == kind)
    rows = [row._asdict() for row in tx.execute(query)]
    return [_event(row, row["session_id"], row["user_id"], row["workload"]) for row in rows]


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


def _event(row: Mapping[str, Any], session_id: UUID | None, user_id: UUID, workload: str) -> Event:
    return Event(
        job_id=row["job_id"],
        session_id=session_id,
        user_id=user_id,
        workload=workload,
        seq=row["seq"],
        type=row["type"],
        attempt=row["attempt"],
        at=row["created_at"].isoformat(),
        data=row["data"],
    )
