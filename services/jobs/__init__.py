"""Jobs: submitted by users, executed by worker processes, never lost."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from threading import Event as Flag
from typing import Any, Literal, Protocol
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session, defer

from services.errors import BadRequest, Conflict, Invalid, NotFound
from services.events import Event, EventBus
from services.jobs import event_log, finish, waiting
from services.jobs.records import JobRecords
from services.jobs.runner import JobRunner
from services.jobs.states import ACTIVE, FINISHED, Status
from services.jobs.views import JobView, view_of
from services.settings import Settings
from services.storage.database import Database
from services.storage.tables import JobRow, SessionRow
from services.validation import checked
from services.workloads.base import Workload

__all__ = ["JobView", "Jobs"]

MAX_LISTED = 500
WAIT_POLL_SECONDS = 1.0  # between looks at the row, should an event not be heard
ENDS = frozenset({"completed", "failed", "cancelled"})


class Counting(Protocol):
    """The side of services.plans.Plans that accepting and calling off a job needs."""

    def count(
        self,
        tx: Session,
        user_id: UUID,
        kind: Literal["training", "processing"],
        *,
        job_id: UUID | None = None,
        note: str = "",
    ) -> None: ...
    def give_back(self, tx: Session, job_id: UUID) -> None: ...


class Jobs:
    """What a user does with jobs; a job that is not the user's own does not exist."""

    def __init__(
        self,
        database: Database,
        bus: EventBus,
        plans: Counting,
        workloads: Mapping[str, Workload],
        settings: Settings,
        runner: JobRunner,
    ) -> None:
        self._database = database
        self._bus = bus
        self._plans = plans
        self._workloads = workloads
        self._settings = settings
        self._runner = runner
        self.records = JobRecords(database)

    def submit(
        self,
        user_id: UUID,
        workload_name: str,
        config: Mapping[str, Any],
        *,
        session_id: UUID | None = None,
        exclusive: bool = False,
    ) -> JobView:
        """Accept a job: checked, counted and queued in one transaction, then told to the runner.

        `exclusive`: Conflict if a job of the same workload and session is still active.
        """
        workload = self._workload(workload_name)
        valid = checked(workload.config, config, where="config", code="INVALID_CONFIG")
        job_id = uuid4()
        with self._database.write() as tx:
            if session_id is not None:
                _lock_session(tx, user_id, session_id)
                if exclusive:
                    _refuse_second(tx, session_id, workload_name)
            if workload.usage is not None:
                self._plans.count(tx, user_id, workload.usage, job_id=job_id, note=workload_name)
            tx.add(
                JobRow(
                    id=job_id,
                    user_id=user_id,
                    session_id=session_id,
                    workload=workload_name,
                    lane=workload.lane,
                    config=valid.model_dump(mode="json"),
                    status=Status.QUEUED,
                )
            )
            tx.flush()
            event = event_log.append(tx, job_id, "queued", workload.about(valid))
        self._publish(event)
        self._runner.start(job_id)
        return self.get(user_id, job_id)

    def get(self, user_id: UUID, job_id: UUID) -> JobView:
        with self._database.read() as tx:
            row = tx.scalar(select(JobRow).where(JobRow.id == job_id, JobRow.user_id == user_id))
            if row is None:
                raise _unknown(job_id)
            return view_of(row, _positions(tx, [row]).get(row.id), full=True)

    def list(
        self,
        user_id: UUID,
        *,
        session_id: UUID | None = None,
        workload: str | None = None,
        status: str | None = None,
        without: Collection[str] = (),
        limit: int = 50,
        offset: int = 0,
    ) -> list[JobView]:
        """The newest first, of all workloads but `without`; config and outcome are left to `get`."""
        if not 1 <= limit <= MAX_LISTED:
            raise BadRequest(f"limit must be from 1 to {MAX_LISTED}, not {limit}")
        if offset < 0:
            raise BadRequest(f"offset must not be negative, it is {offset}")
        query = (
            select(JobRow)
            .where(*_chosen(user_id, session_id, workload, status), JobRow.workload.not_in(without))
            .order_by(JobRow.created_at.desc(), JobRow.id)
            .options(defer(JobRow.config, raiseload=True), defer(JobRow.outcome, raiseload=True))
        )
        with self._database.read() as tx:
            rows = tx.scalars(query.limit(limit).offset(offset)).all()
            places = _positions(tx, rows)
            return [view_of(row, places.get(row.id), full=False) for row in rows]

    def count(
        self,
        user_id: UUID,
        *,
        session_id: UUID | None = None,
        workload: str | None = None,
        status: str | None = None,
    ) -> int:
        """How many jobs `list` would go through."""
        with self._database.read() as tx:
            chosen = _chosen(user_id, session_id, workload, status)
            return tx.scalar(select(func.count()).select_from(JobRow).where(*chosen)) or 0

    def latest(
        self, user_id: UUID, session_id: UUID, workload: str, *, statuses: Collection[str] | None = None
    ) -> JobView | None:
        """The newest job of a kind in a session, of these statuses."""
        query = select(JobRow.id).where(*_chosen(user_id, session_id, workload, None))
        if statuses is not None:
            query = query.where(JobRow.status.in_([Status(status) for status in statuses]))
        with self._database.read() as tx:
            job_id = tx.scalar(query.order_by(JobRow.created_at.desc(), JobRow.id).limit(1))
        return None if job_id is None else self.get(user_id, job_id)

    def cancel(self, user_id: UUID, job_id: UUID) -> JobView:
        """A waiting job ends at once; of a running one its worker is asked to stop. Twice is once."""
        with self._database.write() as tx:
            event = self._cancel(tx, user_id, job_id)
        self._publish(event)
        return self.get(user_id, job_id)

    def wait(self, user_id: UUID, job_id: UUID, timeout_seconds: float) -> JobView:
        """The job when it has finished, or as it is when the time is up."""
        changed = Flag()

        def listen(event: Event) -> None:
            if event.job_id == job_id and event.type in ENDS:
                changed.set()

        unsubscribe = self._bus.subscribe(listen)
        try:
            deadline = time.monotonic() + timeout_seconds
            while not self._is_finished(job_id):
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    break
                changed.wait(min(remaining, WAIT_POLL_SECONDS))
        finally:
            unsubscribe()
        return self.get(user_id, job_id)

    def events(
        self, user_id: UUID, job_id: UUID, after_seq: int = 0, kind: str | None = None
    ) -> Sequence[Event]:
        """What happened behind `after_seq`, in order and without holes, or what there was of one kind."""
        with self._database.read() as tx:
            self._require(tx, user_id, job_id)
            return event_log.read(tx, job_id, after_seq, kind)

    def has_active(self, tx: Session | None, session_id: UUID) -> bool:
        """Whether a job of the session waits or works, seen from within the caller's transaction if any."""
        if tx is None:
            with self._database.read() as own:
                return self.has_active(own, session_id)
        query = select(JobRow.id).where(JobRow.session_id == session_id, JobRow.status.in_(ACTIVE))
        return tx.scalar(query.limit(1)) is not None

    def _workload(self, name: str) -> Workload:
        if name not in self._workloads:
            known = ", ".join(sorted(self._workloads))
            raise Invalid(f"There is no workload {name!r}; there are: {known}", code="UNKNOWN_WORKLOAD")
        return self._workloads[name]

    def _cancel(self, tx: Session, user_id: UUID, job_id: UUID) -> Event | None:
        """Conditional updates, so that a worker that claims at the same moment is asked instead."""
        self._require(tx, user_id, job_id)
        event = finish.cancel(tx, job_id, where=(JobRow.status == Status.QUEUED,))
        if event is not None:
            if event.attempt == 0:  # never started: nothing was used
                self._plans.give_back(tx, job_id)
            return event
        asked = tx.scalar(
            update(JobRow)
            .where(JobRow.id == job_id, JobRow.status == Status.RUNNING)
            .values(requested_action="cancel")
            .returning(JobRow.id)
            .execution_options(synchronize_session=False)
        )
        status = tx.scalar(select(JobRow.status).where(JobRow.id == job_id))
        if asked is None and status != Status.CANCELLED:
            raise Conflict(f"The job is {status}; there is nothing to cancel", code="JOB_FINISHED")
        return None

    def _is_finished(self, job_id: UUID) -> bool:
        with self._database.read() as tx:
            status = tx.scalar(select(JobRow.status).where(JobRow.id == job_id))
        return status is None or status in FINISHED

    def _require(self, tx: Session, user_id: UUID, job_id: UUID) -> None:
        if tx.scalar(select(JobRow.id).where(JobRow.id == job_id, JobRow.user_id == user_id)) is None:
            raise _unknown(job_id)

    def _publish(self, event: Event | None) -> None:
        if event is not None:
            self._bus.publish(event)


def _chosen(
    user_id: UUID, session_id: UUID | None, workload: str | None, status: str | None
) -> list[ColumnElement[bool]]:
    if status is not None and status not in set(Status):
        raise BadRequest(f"status is {status!r}; it must be one of {', '.join(Status)}")
    wanted = {JobRow.session_id: session_id, JobRow.workload: workload, JobRow.status: status}
    return [
        JobRow.user_id == user_id,
        *(column == value for column, value in wanted.items() if value is not None),
    ]


def _lock_session(tx: Session, user_id: UUID, session_id: UUID) -> None:
    """The session must be the user's; locked, so that of two submits the second sees the first's job."""
    mine = select(SessionRow.id).where(SessionRow.id == session_id, SessionRow.user_id == user_id)
    if tx.scalar(mine.with_for_update()) is None:
        raise NotFound("There is no such session", code="SESSION_NOT_FOUND")


def _refuse_second(tx: Session, session_id: UUID, workload: str) -> None:
    active = tx.scalar(
        select(JobRow.id)
        .where(JobRow.session_id == session_id, JobRow.workload == workload, JobRow.status.in_(ACTIVE))
        .limit(1)
    )
    if active is not None:
        raise Conflict(
            f"A {workload} job of this session is still at work",
            code="TRAINING_IN_PROGRESS",
            suggestion="Wait for it or cancel it",
            details={"job_id": str(active)},
        )


def _positions(tx: Session, rows: Collection[JobRow]) -> dict[UUID, int]:
    """Places in the queue, looked up only for lanes in which one of these waits."""
    lanes = {row.lane for row in rows if row.status == Status.QUEUED}
    return {job: place for lane in lanes for job, place in waiting.positions(tx, lane).items()}


def _unknown(job_id: UUID) -> NotFound:
    return NotFound(f"There is no job {job_id}", code="JOB_NOT_FOUND")
