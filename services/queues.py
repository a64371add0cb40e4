"""The queues as a user sees them: the own jobs in each, and how many of everybody stand there."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, case, func, select
from sqlalchemy.orm import Session

from services.access import own_jobs
from services.errors import NotFound
from services.jobs import waiting
from services.jobs.states import Status
from services.storage.database import Database
from services.storage.tables import JobRow, now

DEFAULT = "default"  # the interactive lane: small jobs that a page waits for, all of one priority
QUEUES = (*(f"training-{priority}" for priority in waiting.PRIORITIES), DEFAULT)


class Queues:
    """`pending` waits, `started` is worked on, `failed` ended so; of the caller's jobs unless it says all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, user_id: UUID) -> list[dict[str, Any]]:
        with self._database.read() as tx:
            counted = _counted(tx, user_id)
        return [_overview(name, counted.get(name)) for name in QUEUES]

    def get(self, user_id: UUID, name: str) -> dict[str, Any]:
        """With the caller's waiting jobs in the order of their turns; place 1 of the lane is next."""
        if name not in QUEUES:
            known = ", ".join(QUEUES)
            raise NotFound(f"There is no queue {name[:80]!r}; there are {known}", code="QUEUE_NOT_FOUND")
        with self._database.read() as tx:
            counted = _counted(tx, user_id)
            lane = "interactive" if name == DEFAULT else "training"
            mine = set(
                tx.scalars(
                    select(JobRow.id).where(
                        JobRow.user_id == user_id, JobRow.status == Status.QUEUED, _queue() == name
                    )
                )
            )
            places = waiting.positions(tx, lane) if mine else {}
        jobs = [{"id": str(job), "queue_position": place} for job, place in places.items() if job in mine]
        return {**_overview(name, counted.get(name)), "jobs": jobs}


def _queue() -> ColumnElement[str]:
    """The queue that a job stands in, by lane and priority."""
    named = {index: f"training-{priority}" for index, priority in enumerate(waiting.PRIORITIES)}
    return case((JobRow.lane == "interactive", DEFAULT), else_=case(named, value=JobRow.priority))


def _counted(tx: Session, user_id: UUID) -> dict[str, Row[Any]]:
    """One pass over what waits, works or failed of the caller, and over what waits or works of all."""
    mine, queue = and_(*own_jobs(user_id)), _queue()
    queued, running = JobRow.status == Status.QUEUED, JobRow.status == Status.RUNNING
    query = (
        select(
            queue.label("queue"),
            _sum(mine & queued).label("pending"),
            _sum(mine & running).label("started"),
            _sum(mine & (JobRow.status == Status.FAILED)).label("failed"),
            _sum(queued).label("pending_of_all"),
            _sum(running).label("started_of_all"),
            func.min(case((mine & queued, JobRow.queued_at))).label("oldest"),
        )
        .where(JobRow.status.in_((Status.QUEUED, Status.RUNNING)) | (mine & (JobRow.status == Status.FAILED)))
        .group_by(queue)
    )
    return {row.queue: row for row in tx.execute(query)}


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _overview(name: str, row: Row[Any] | None) -> dict[str, Any]:
    if row is None:
        counts = dict.fromkeys(("pending", "started", "failed", "pending_of_all", "started_of_all"), 0)
        return {"name": name, **counts, "oldest_waiting_s": None}
    return {
        "name": name,
        "pending": row.pending,
        "started": row.started,
        "failed": row.failed,
        "pending_of_all": row.pending_of_all,
        "started_of_all": row.started_of_all,
        "oldest_waiting_s": _age(row.oldest),
    }


def _age(since: datetime | None) -> float | None:
    return None if since is None else max(0.0, round((now() - since).total_seconds(), 1))
