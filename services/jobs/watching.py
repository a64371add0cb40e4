"""What the live channels ask the database: where jobs stand, and what was stored behind a number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import defer

from services.events import Event
from services.jobs import event_log
from services.jobs.progress_object import progress_object
from services.jobs.states import Status
from services.storage.database import Database
from services.storage.tables import JobRow


@dataclass(frozen=True)
class Standing:
    """How far the stored events of a job go."""

    job_id: UUID
    session_id: UUID | None
    workload: str
    last_seq: int


@dataclass(frozen=True)
class Now:
    """What a job's row tells at this moment."""

    status: Status
    error: dict[str, Any] | None
    progress: dict[str, Any]


class StoredEvents:
    """Reads for whoever was let in: the owner was asked for when a watcher came."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standings(self, *, sessions: Collection[UUID] = (), jobs: Collection[UUID] = ()) -> list[Standing]:
        """Of these jobs and of all jobs of these sessions, in one query."""
        query = select(JobRow.id, JobRow.session_id, JobRow.workload, JobRow.last_seq)
        with self._database.read() as tx:
            found = tx.execute(query.where(or_(JobRow.session_id.in_(sessions), JobRow.id.in_(jobs))))
            return [Standing(*row) for row in found]

    def behind(self, job_id: UUID, seq: int) -> Sequence[Event]:
        """The events with a higher number, in order and without holes."""
        with self._database.read() as tx:
            return event_log.read(tx, job_id, seq)

    def now(self, jobs: Collection[UUID]) -> dict[UUID, Now]:
        """Those of the jobs that exist, as their rows tell."""
        light = (defer(JobRow.config, raiseload=True), defer(JobRow.outcome, raiseload=True))
        with self._database.read() as tx:
            rows = tx.scalars(select(JobRow).where(JobRow.id.in_(jobs)).options(*light)).all()
        return {row.id: Now(Status(row.status), row.error, progress_object(row)) for row in rows}
