"""Leases: how a worker gets a job, keeps it, and loses it when it falls silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from services.events import Event
from services.jobs import finish, waiting
from services.jobs.event_log import Condition, append
from services.jobs.states import Status
from services.storage.database import Database
from services.storage.tables import JobEventRow, JobRow, UserRow, now

Clock = Callable[[], datetime]
MAX_LOSSES = 1  # a job is started again once; what kills two workers is the job itself
WORKER_LOST = {
    "code": "WORKER_LOST",
    "error": "The process that worked on this job ended twice, most likely for lack of memory",
    "suggestion": "Use less data, fewer steps or a smaller model; the run was not counted",
}


class LeaseLost(Exception):
    """Somebody else decides about this job now: stop, and write nothing more."""


class Usage(Protocol):
    """The side of services.plans.Plans that gives counted work back."""

    def give_back(self, tx: Session, job_id: UUID) -> None: ...


@dataclass(frozen=True)
class Lease:
    """The right to write about a job; void as soon as the row says something else."""

    job_id: UUID
    attempt: int
    worker_id: str

    @property
    def holds(self) -> tuple[Condition, ...]:
        return (
            JobRow.id == self.job_id,
            JobRow.status == Status.RUNNING,
            JobRow.attempt == self.attempt,
            JobRow.worker_id == self.worker_id,
        )


@dataclass(frozen=True)
class Claim:
    """A job in the hands of a worker."""

    lease: Lease
    session_id: UUID | None
    workload: str
    config: dict[str, Any]
    started: Event


def claim(
    database: Database,
    lane: str,
    worker_id: str,
    *,
    lease_seconds: float,
    jobs_per_user: int,
    clock: Clock = now,
) -> Claim | None:
    """Take the next job of the lane; None if nothing may be started now."""
    with database.read() as tx:  # the idle case costs no write lock
        if tx.scalar(select(JobRow.id).where(*_queued(lane)).limit(1)) is None:
            return None
    until = clock() + timedelta(seconds=lease_seconds)
    with database.write() as tx:
        for job_id, user_id in waiting.order(tx, lane):
            if lane == "training" and not _has_room(tx, user_id, jobs_per_user):
                continue
            taken = _take(tx, job_id, worker_id, until, clock())
            if taken:
                return taken
    return None


def renew(database: Database, lease: Lease, lease_seconds: float, clock: Clock = now) -> bool:
    """Say that the worker is alive; False if the job is no longer its own."""
    until = clock() + timedelta(seconds=lease_seconds)
    statement = update(JobRow).where(*lease.holds).values(lease_expires_at=until).returning(JobRow.id)
    with database.write() as tx:
        return tx.execute(statement).one_or_none() is not None


def release(database: Database, lease: Lease) -> Event | None:
    """Put the job back because its worker is asked to stop; the job is not to blame."""
    with database.write() as tx:
        action = tx.scalar(select(JobRow.requested_action).where(*lease.holds))
        if action == "cancel":
            return finish.cancel(tx, lease.job_id, where=lease.holds)
        return append(tx, lease.job_id, "requeued", {"reason": "stopped"}, where=lease.holds, **_FREE)


def reap(database: Database, usage: Usage, clock: Clock = now) -> list[Event]:
    """Take back every job whose worker has been silent for longer than its lease."""
    return _take_back(database, usage, JobRow.lease_expires_at < clock())


def take_back(database: Database, usage: Usage, worker_id: str) -> list[Event]:
    """Take back whatever a worker held that is known to be dead."""
    return _take_back(database, usage, JobRow.worker_id == worker_id)


_FREE: dict[str, Any] = {
    "status": Status.QUEUED,
    "worker_id": None,
    "lease_expires_at": None,
    "phase": None,
    "progress": None,
}


def _queued(lane: str) -> tuple[Condition, ...]:
    return JobRow.status == Status.QUEUED, JobRow.lane == lane


def _has_room(tx: Session, user_id: UUID, jobs_per_user: int) -> bool:
    """Whether the user may have one more training; the user's row is locked until the claim is decided."""
    tx.execute(select(UserRow.id).where(UserRow.id == user_id).with_for_update())
    running = select(func.count()).where(
        JobRow.user_id == user_id, JobRow.status == Status.RUNNING, JobRow.lane == "training"
    )
    return (tx.scalar(running) or 0) < jobs_per_user


def _take(tx: Session, job_id: UUID, worker_id: str, until: datetime, moment: datetime) -> Claim | None:
    about = tx.scalar(select(JobEventRow.data).where(JobEventRow.job_id == job_id, JobEventRow.seq == 1))
    started = append(
        tx,
        job_id,
        "started",
        about,
        where=(JobRow.status == Status.QUEUED,),
        status=Status.RUNNING,
        attempt=JobRow.attempt + 1,
        worker_id=worker_id,
        lease_expires_at=until,
        started_at=moment,
    )
    if started is None:
        return None
    session_id, workload, config = tx.execute(
        select(JobRow.session_id, JobRow.workload, JobRow.config).where(JobRow.id == job_id)
    ).one()
    return Claim(Lease(job_id, started.attempt, worker_id), session_id, workload, config, started)


def _take_back(database: Database, usage: Usage, lost: Condition) -> list[Event]:
    query = select(JobRow.id, JobRow.losses, JobRow.requested_action).where(
        JobRow.status == Status.RUNNING, lost
    )
    with database.read() as tx:
        if tx.execute(query).first() is None:
            return []
    with database.write() as tx:
        events = [_lose(tx, usage, *row) for row in tx.execute(query.with_for_update()).all()]
    return [event for event in events if event]


def _lose(tx: Session, usage: Usage, job_id: UUID, losses: int, action: str) -> Event | None:
    """One more attempt, or the end of the job."""
    losses += 1
    if action == "cancel":
        return finish.cancel(tx, job_id, where=())
    if losses <= MAX_LOSSES:
        return append(tx, job_id, "requeued", {"reason": "worker_lost"}, losses=losses, **_FREE)
    usage.give_back(tx, job_id)
    return finish.fail(tx, job_id, "worker_lost", WORKER_LOST, where=())
