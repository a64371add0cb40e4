"""Leases: how a worker gets a job, keeps it, and loses it when it falls silent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Table, bindparam, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from services.events import Event
from services.jobs import checkpoints, finish, waiting
from services.jobs.event_log import ANYWAY, Condition, Guard, append
from services.jobs.states import Status
from services.plans.subscribed import parallel_jobs
from services.storage.database import Database
from services.storage.job_tables import AttemptRow
from services.storage.tables import JobEventRow, JobRow, MetricRow, now

MAX_LOSSES = 1  # a job that got no further is started again once; what kills two workers is the job itself
WORKER_LOST = {
    "code": "WORKER_LOST",
    "error": "The process that worked on this job ended twice, most likely for lack of memory",
    "suggestion": "Use less data, fewer steps or a smaller model; the run was not counted",
}


_JOBS: Table = JobRow.metadata.tables[JobRow.__tablename__]
_HELD = (
    _JOBS.c.id == bindparam("held_job"),
    _JOBS.c.status == Status.RUNNING,
    _JOBS.c.attempt == bindparam("held_attempt"),
    _JOBS.c.worker_id == bindparam("holder"),
)
ASKED = select(_JOBS.c.requested_action).where(*_HELD)  # with the values of a lease's guard, as the next
LOCK_LEASE = update(_JOBS).where(*_HELD).values(attempt=_JOBS.c.attempt).returning(_JOBS.c.id)
_RENEW = update(_JOBS).where(*_HELD).values(beats=_JOBS.c.beats + 1).returning(_JOBS.c.id)
_WAITS = (_JOBS.c.status == Status.QUEUED,)
_NEXT_ATTEMPT = _JOBS.c.attempt + 1
_FIRST_START = func.coalesce(_JOBS.c.started_at, bindparam("start", type_=_JOBS.c.started_at.type))
_BEGIN = insert(AttemptRow.metadata.tables[AttemptRow.__tablename__])
_ABOUT = select(JobEventRow.data).where(JobEventRow.job_id == JobRow.id, JobEventRow.seq == 1)
_TAKEN = select(
    JobRow.session_id,
    JobRow.workload,
    JobRow.config,
    JobRow.config_hash,
    JobRow.active_seconds,
    JobRow.started_at,
    JobRow.progress,
    JobRow.counts,
    JobRow.requested_action,
    _ABOUT.scalar_subquery().label("about"),
).where(JobRow.id == bindparam("job"))
# built once: a short job costs not much more than the statements around it
_RUNNING = select(func.count()).where(JobRow.status == Status.RUNNING, JobRow.lane == "training")
_RUNNING_ON = _RUNNING.where(JobRow.host == bindparam("host"), JobRow.device == bindparam("device"))
_RUNNING_OF = _RUNNING.where(JobRow.user_id == bindparam("user"))
# One claim at a time: two that counted the jobs of a user or a device together would both find room.
_ALONE = select(func.pg_advisory_xact_lock(0x7C1A1B))


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

    @cached_property
    def holds(self) -> Guard:
        values = {"held_job": self.job_id, "held_attempt": self.attempt, "holder": self.worker_id}
        return Guard(_HELD, values)


@dataclass(frozen=True)
class Place:
    """Who claims, and for which device; `limit` is how many trainings the device may carry, 0 any number."""

    worker_id: str
    lane: str
    host: str = "localhost"
    device: str = "cpu"
    limit: int = 0

    @property
    def answers_to(self) -> tuple[str, ...]:
        """The device requests it can serve: cuda:1 is also a cuda."""
        return "auto", self.device.partition(":")[0], self.device


@dataclass(frozen=True)
class Claim:
    """A job in the hands of a worker."""

    lease: Lease
    session_id: UUID | None
    workload: str
    config: dict[str, Any]
    config_hash: str
    device: str
    active_seconds: float  # worked on in earlier attempts
    began: datetime  # its first attempt
    progress: dict[str, Any] | None  # from where it goes on
    counts: dict[str, int] | None
    asked: str  # requested_action, as an earlier attempt left it
    started: Event


def claim(database: Database, place: Place, *, jobs_per_user: int) -> Claim | None:
    """Take the next job of the lane; None if nothing may be started now."""
    devices = place.answers_to if place.lane == "training" else None
    while True:
        with database.read() as tx:  # looking costs no write lock, and taking is conditional anyway
            candidates = waiting.heads(tx, place.lane, devices)
        if not candidates:
            return None
        overtaken = False
        with database.write() as tx:
            if place.lane == "training":
                if not database.is_sqlite:  # which lets one writer at a time in anyway
                    tx.execute(_ALONE)
                if not _device_has_room(tx, place):
                    return None
            for job_id, user_id in candidates:
                if place.lane == "training" and not _user_has_room(tx, user_id, jobs_per_user):
                    continue
                taken = _take(tx, job_id, place)
                if taken:
                    return taken
                overtaken = True  # by another worker: behind this job there may be the next
        if not overtaken:
            return None


def renew(database: Database, lease: Lease) -> bool:
    """Say that the worker is alive; False if the job is no longer its own."""
    with database.write() as tx:
        return tx.connection().execute(_RENEW, lease.holds.values).one_or_none() is not None


def release(database: Database, lease: Lease) -> Event | None:
    """Put the job back because its worker is asked to stop; the job is not to blame."""
    with database.write() as tx:
        action = tx.scalar(ASKED, lease.holds.values)
        if action == "cancel":
            return finish.cancel(tx, lease.job_id, where=lease.holds)
        return _requeue(tx, lease.job_id, "stopped", where=lease.holds)


class Held(NamedTuple):
    """A lease as it stands in its row, and how often it was renewed."""

    job_id: UUID
    attempt: int
    beats: int


class SilenceWatch:
    """Finds the leases that are no longer renewed, by this process's own steady clock.

    Only whether the count of beats changes is looked at, so it does not matter what time any machine
    believes it is, nor when somebody sets a clock.
    """

    def __init__(self, lease_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._since: dict[Held, float] = {}

    def silent(self, held: Iterable[Held]) -> list[Held]:
        moment = self._clock()
        self._since = {each: self._since.get(each, moment) for each in held}
        return [each for each, since in self._since.items() if moment - since > self._lease_seconds]


def reap(
    database: Database, usage: Usage, watch: SilenceWatch, end: Callable[[str], None] | None = None
) -> list[Event]:
    """Take back every job whose worker has been silent for longer than its lease.

    `end` is told the worker first: who keeps it ends it, since a process that was stopped in the middle of
    a transaction holds the database for as long as it exists.
    """
    columns = (JobRow.id, JobRow.attempt, JobRow.beats, JobRow.worker_id)
    with database.read() as tx:
        rows = tx.execute(select(*columns).where(JobRow.status == Status.RUNNING)).all()
    holders = {Held(job, attempt, beats): worker for job, attempt, beats, worker in rows}
    silent = watch.silent(holders)
    if not silent:
        return []
    for held in silent:
        worker = holders[held]
        if end is not None and worker is not None:
            end(worker)
    return _take_back(database, usage, tuple_(JobRow.id, JobRow.attempt, JobRow.beats).in_(silent))


def take_back(database: Database, usage: Usage, worker_id: str) -> list[Event]:
    """Take back whatever a worker held that is known to be dead."""
    return _take_back(database, usage, JobRow.worker_id == worker_id)


def _device_has_room(tx: Session, place: Place) -> bool:
    here = {"host": place.host, "device": place.device}
    return place.limit == 0 or (tx.scalar(_RUNNING_ON, here) or 0) < place.limit


def _user_has_room(tx: Session, user_id: UUID, jobs_per_user: int) -> bool:
    """Within what the installation allows everybody, and the plan this one; more jobs wait."""
    allowed = parallel_jobs(tx, user_id)
    limit = jobs_per_user if allowed is None else min(jobs_per_user, allowed)
    return _running_of(tx, user_id) < limit


def _running_of(tx: Session, user_id: UUID) -> int:
    return tx.connection().scalar(_RUNNING_OF, {"user": user_id}) or 0


def _take(tx: Session, job_id: UUID, place: Place) -> Claim | None:
    connection = tx.connection()
    row = connection.execute(_TAKEN, {"job": job_id}).one_or_none()
    if row is None:
        return None
    moment = now()
    started = append(
        tx,
        job_id,
        "started",
        {**(row.about or {}), "device": place.device},
        where=Guard(_WAITS, {"start": moment}),
        status=Status.RUNNING,
        attempt=_NEXT_ATTEMPT,
        beats=0,
        worker_id=place.worker_id,
        host=place.host,
        device=place.device,
        started_at=_FIRST_START,
    )
    if started is None:
        return None
    number = started.attempt
    attempt = {
        "job_id": job_id,
        "attempt": number,
        "worker_id": place.worker_id,
        "host": place.host,
        "device": place.device,
        "started_at": moment,
        "cursor": _cursor(tx, job_id, number, row.counts),
    }
    connection.execute(_BEGIN, attempt)
    return Claim(
        lease=Lease(job_id, number, place.worker_id),
        session_id=row.session_id,
        workload=row.workload,
        config=row.config,
        config_hash=row.config_hash,
        device=place.device,
        active_seconds=row.active_seconds,
        began=row.started_at or moment,
        progress=row.progress,
        counts=row.counts,
        asked=row.requested_action,
        started=started,
    )


def _cursor(tx: Session, job_id: UUID, attempt: int, counts: dict[str, Any] | None) -> int:
    """Up to which metric point the earlier attempts still count; tasks are never done twice."""
    if attempt == 1:
        return 0
    if counts is not None:
        return tx.scalar(select(func.max(MetricRow.id)).where(MetricRow.job_id == job_id)) or 0
    newest = checkpoints.newest(tx, job_id)
    return newest.cursor if newest else 0


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
        return finish.cancel(tx, job_id, where=ANYWAY)
    if losses <= MAX_LOSSES:
        return _requeue(tx, job_id, "worker_lost", losses=losses)
    usage.give_back(tx, job_id)
    return finish.fail(tx, job_id, "worker_lost", WORKER_LOST, where=ANYWAY)


def _requeue(
    tx: Session, job_id: UUID, reason: str, *, where: Guard = ANYWAY, **changes: Any
) -> Event | None:
    """Back into the queue, to go on from the newest checkpoint where there is one."""
    newest = checkpoints.newest(tx, job_id)
    asked, counts, told = tx.execute(
        select(JobRow.requested_action, JobRow.counts, JobRow.progress).where(JobRow.id == job_id)
    ).one()
    data = {"reason": reason, "from_step": newest.step if newest else None}
    if counts is None:
        changes["progress"] = checkpoints.progress_from(newest, told)
    if asked == "pause" and (newest or counts is not None):  # it has stopped, and can go on later
        return finish.pause(tx, job_id, data, where=where, phase=None, **changes)
    return finish.end_attempt(
        tx,
        job_id,
        "requeued",
        data,
        where,
        status=Status.QUEUED,
        phase=None,
        requested_action=asked,
        **changes,
    )
