"""Jobs: submitted by users, executed by worker processes, never lost."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from threading import Event as Flag
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from services import access
from services.access import shown_jobs
from services.errors import BadRequest, Invalid
from services.events import Event, EventBus
from services.file_blobs import delete_unnamed
from services.jobs import admission, control, event_log, waiting
from services.jobs.admission import Counting, JobOptions
from services.jobs.records import JobRecords
from services.jobs.runner import JobRunner
from services.jobs.selection import Selection, ordered
from services.jobs.states import ACTIVE, FINISHED, Action, Status
from services.jobs.views import JobView, view_of
from services.settings import Settings
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import JobRow
from services.validation import checked
from services.workloads.base import Workload

__all__ = ["JobOptions", "JobView", "Jobs", "Selection"]

ALL = Selection()
MAX_LISTED = 500
WAIT_POLL_SECONDS = 1.0  # between looks at the row, should an event not be heard
FROM_THE_BEGINNING = "It had stored no state yet, so it begins at its beginning"
ENDS = frozenset({"completed", "failed", "cancelled"})


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
        blobs: Blobs,
    ) -> None:
        self._database = database
        self._blobs = blobs
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
        options: JobOptions | None = None,
    ) -> JobView:
        """Accept a job: checked, counted and queued in one transaction, then told to the runner.

        `exclusive`: Conflict if a job of the same workload and session is still active. A second request
        with the same idempotency key gives the job of the first.
        """
        options = options or JobOptions()
        access.require_session_for_key(session_id)
        workload = self._workload(workload_name)
        valid = checked(workload.config, config, where="config", code="INVALID_CONFIG")
        plain = valid.model_dump(mode="json")
        job_id = uuid4()
        with self._database.write() as tx:
            earlier = admission.asked_before(tx, user_id, options)
            if earlier is not None:
                return replace(self._view(tx, earlier), replayed=True)
            if session_id is not None:
                admission.lock_session(tx, user_id, session_id)
                if exclusive:
                    admission.refuse_second(tx, session_id, workload_name)
            if workload.usage is not None:
                self._plans.count(tx, user_id, workload.usage, job_id=job_id, note=workload_name)
            tx.add(
                JobRow(
                    id=job_id,
                    user_id=user_id,
                    session_id=session_id,
                    restart_of=options.restart_of,
                    idempotency_key=options.idempotency_key,
                    request_hash=options.request_hash,
                    name=options.name,
                    notes=options.notes,
                    tags=list(options.tags),
                    priority=options.priority,
                    device_request=options.device,
                    workload=workload_name,
                    lane=workload.lane,
                    config=plain,
                    config_hash=_hash(plain),
                    resumable=workload.resumable(valid),
                    finishable=workload.finishable(valid),
                    exclusive=exclusive,
                    status=Status.PENDING if options.draft else Status.QUEUED,
                )
            )
            tx.flush()
            kind = "created" if options.draft else "queued"
            event = event_log.append(tx, job_id, kind, workload.about(valid))
        self._publish(event)
        if not options.draft:
            self._runner.start(job_id)
        return self.get(user_id, job_id)

    def asked_before(self, user_id: UUID, options: JobOptions) -> JobView | None:
        """The job of an earlier request with the same key, before anything of the new one is checked."""
        with self._database.read() as tx:
            row = admission.asked_before(tx, user_id, options, lock=False)
            return None if row is None else replace(self._view(tx, row), replayed=True)

    def get(self, user_id: UUID, job_id: UUID) -> JobView:
        with self._database.read() as tx:
            return self._view(tx, self._row(tx, user_id, job_id))

    def list(
        self,
        user_id: UUID,
        selection: Selection = ALL,
        *,
        limit: int = 50,
        offset: int = 0,
        oldest_first: bool = False,
    ) -> list[JobView]:
        """The newest first; config and outcome are left to `get`."""
        if not 1 <= limit <= MAX_LISTED:
            raise BadRequest(f"limit must be from 1 to {MAX_LISTED}, not {limit}")
        if offset < 0:
            raise BadRequest(f"offset must not be negative, it is {offset}")
        query = ordered(select(JobRow).where(*selection.where(user_id)), oldest_first=oldest_first).options(
            defer(JobRow.config, raiseload=True), defer(JobRow.outcome, raiseload=True)
        )
        with self._database.read() as tx:
            rows = tx.scalars(query.limit(limit).offset(offset)).all()
            places, may = _positions(tx, rows), control.allowed_of(tx, rows)
            return [view_of(row, places.get(row.id), may[row.id], full=False) for row in rows]

    def count(self, user_id: UUID, selection: Selection = ALL) -> int:
        """How many jobs `list` would go through."""
        with self._database.read() as tx:
            return tx.scalar(select(func.count()).select_from(JobRow).where(*selection.where(user_id))) or 0

    def latest(
        self, user_id: UUID, session_id: UUID, workload: str, *, statuses: Collection[str] | None = None
    ) -> JobView | None:
        """The newest job of a kind in a session, of these statuses."""
        query = select(JobRow.id).where(*Selection(session_id=session_id, workload=workload).where(user_id))
        if statuses is not None:
            query = query.where(JobRow.status.in_([Status(status) for status in statuses]))
        with self._database.read() as tx:
            job_id = tx.scalar(query.order_by(JobRow.created_at.desc(), JobRow.id).limit(1))
        return None if job_id is None else self.get(user_id, job_id)

    def start_draft(self, user_id: UUID, job_id: UUID) -> JobView:
        """Queue a job that was created as a draft."""
        return self._act(user_id, job_id, Action.SUBMIT, control.submit)

    def pause(self, user_id: UUID, job_id: UUID) -> JobView:
        """A waiting job stops at once; a working one after its next checkpoint. Twice is once."""
        return self._act(user_id, job_id, Action.PAUSE, control.pause, done=Status.PAUSED)

    def resume(self, user_id: UUID, job_id: UUID) -> JobView:
        """Go on where a paused job stopped."""
        return self._act(user_id, job_id, Action.RESUME, partial(control.resume, blobs=self._blobs))

    def finish(self, user_id: UUID, job_id: UUID) -> JobView:
        """A working training ends with its best state as soon as it has one, and is evaluated as usual."""
        return self._act(user_id, job_id, Action.FINISH, control.finish_now)

    def cancel(self, user_id: UUID, job_id: UUID) -> JobView:
        """A waiting job ends at once; of a running one its worker is asked to stop. Twice is once."""

        return self._act(user_id, job_id, Action.CANCEL, self._call_off, done=Status.CANCELLED)

    def retry(self, user_id: UUID, job_id: UUID) -> JobView:
        """Do again what failed of an ended job, or go on from its newest checkpoint."""

        def work(tx: Session, row: JobRow) -> Event | None:
            usage = self._workload(row.workload).usage
            if usage is not None and not self._plans.is_counted(tx, row.id):
                self._plans.count(tx, user_id, usage, job_id=row.id, note=f"{row.workload}, again")
            self._refuse_where_exclusive(tx, row)
            return control.retry(tx, row, self._blobs)

        return self._act(user_id, job_id, Action.RETRY, work)

    def restart(self, user_id: UUID, job_id: UUID, key: str | None = None) -> JobView:
        """A new job with everything the ended one was asked for; asked twice with one key, one new job."""
        again = JobOptions(idempotency_key=key, request_hash=_hash({"restart": str(job_id)}))
        earlier = self.asked_before(user_id, again)
        if earlier is not None:
            return earlier
        with self._database.read() as tx:
            row = self._row(tx, user_id, job_id)
            control.require(tx, row, Action.RESTART)
        options = replace(
            again,
            name=row.name,
            notes=row.notes,
            tags=tuple(row.tags),
            priority=row.priority,
            device=row.device_request,
            restart_of=row.id,
        )
        return self.submit(
            user_id,
            row.workload,
            row.config,
            session_id=row.session_id,
            exclusive=row.exclusive,
            options=options,
        )

    def change(self, user_id: UUID, job_id: UUID, changes: Mapping[str, Any]) -> JobView:
        """Other `name`, `notes`, `tags` or `priority` (0 high, 1 normal, 2 low)."""
        with self._database.write() as tx:
            self._row(tx, user_id, job_id)
            said = dict(changes)
            if "priority" in said:
                said["priority"] = waiting.PRIORITIES[said["priority"]]
            event = event_log.append(tx, job_id, "changed", said, **changes)
        self._publish(event)
        return self.get(user_id, job_id)

    def delete(self, user_id: UUID, job_id: UUID) -> JobView | None:
        """Forget a job and all it left; one that works is cancelled first, and shown until it is gone."""
        with self._database.read() as tx:
            self._row(tx, user_id, job_id)
        left = control.blobs_of(self._blobs, job_id)
        with self._database.write() as tx:
            row = self._row(tx, user_id, job_id, hold=True)
            gone = control.remove(tx, row)
            asked = None if gone else control.ask_to_delete(tx, row)
            if gone and row.attempt == 0 and row.status != Status.CANCELLED:
                self._plans.give_back(tx, job_id)
        self._publish(gone or asked)
        if gone is None:
            return self.get(user_id, job_id)
        delete_unnamed(self._database, self._blobs, left)
        return None

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
        self,
        user_id: UUID,
        job_id: UUID,
        after_seq: int = 0,
        kind: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Event]:
        """What happened behind `after_seq`, in order and without holes, or what there was of one kind."""
        with self._database.read() as tx:
            self._require(tx, user_id, job_id)
            return event_log.read(tx, job_id, after_seq, kind, limit)

    def has_active(self, tx: Session | None, session_id: UUID) -> bool:
        """Whether a job of the session waits or works, seen from within the caller's transaction if any."""
        if tx is None:
            with self._database.read() as own:
                return self.has_active(own, session_id)
        query = select(JobRow.id).where(JobRow.session_id == session_id, JobRow.status.in_(ACTIVE))
        return tx.scalar(query.limit(1)) is not None

    def cancel_all(self, tx: Session, session_id: UUID) -> Sequence[Event]:
        """Cancel what waits, works or is paused in a session; to be published when `tx` is committed."""
        query = select(JobRow).where(JobRow.session_id == session_id, JobRow.status.not_in(FINISHED))
        return [event for row in tx.scalars(query).all() if (event := self._call_off(tx, row)) is not None]

    def publish(self, events: Sequence[Event]) -> None:
        for event in events:
            self._publish(event)

    def _call_off(self, tx: Session, row: JobRow) -> Event | None:
        event = control.cancel(tx, row)
        if event is not None and event.type == "cancelled" and event.attempt == 0:
            self._plans.give_back(tx, row.id)  # never started: nothing was used
        return event

    def _workload(self, name: str) -> Workload:
        if name not in self._workloads:
            known = ", ".join(sorted(self._workloads))
            raise Invalid(f"There is no workload {name!r}; there are: {known}", code="UNKNOWN_WORKLOAD")
        return self._workloads[name]

    def _act(
        self,
        user_id: UUID,
        job_id: UUID,
        action: Action,
        work: Callable[[Session, JobRow], Event | None],
        done: Status | None = None,
    ) -> JobView:
        """`done`: the status in which there is nothing left to do."""
        with self._database.write() as tx:
            row = self._row(tx, user_id, job_id, hold=True)
            event = None
            if row.status != done:
                control.require(tx, row, action)
                event = work(tx, row)
        self._publish(event)
        view = self.get(user_id, job_id)
        if view.status == Status.QUEUED:
            self._runner.start(job_id)
        anew = event is not None and event.data.get("from_the_beginning")
        return replace(view, notice=FROM_THE_BEGINNING) if anew else view

    def _refuse_where_exclusive(self, tx: Session, row: JobRow) -> None:
        if row.session_id is not None and row.exclusive:
            admission.refuse_second(tx, row.session_id, row.workload)

    def _row(self, tx: Session, user_id: UUID, job_id: UUID, *, hold: bool = False) -> JobRow:
        """`hold`: what it says stays true until `tx` ends; SQLite has let nobody else write anyway."""
        query = select(JobRow).where(JobRow.id == job_id, *shown_jobs(user_id))
        row = tx.scalar(query.with_for_update(key_share=True) if hold else query)
        if row is None:
            raise access.job_refusal(tx, user_id, job_id)
        return row

    def _view(self, tx: Session, row: JobRow) -> JobView:
        place, may = _positions(tx, [row]).get(row.id), control.allowed_of(tx, [row])[row.id]
        return view_of(row, place, may, full=True)

    def _is_finished(self, job_id: UUID) -> bool:
        with self._database.read() as tx:
            status = tx.scalar(select(JobRow.status).where(JobRow.id == job_id))
        return status is None or status in FINISHED

    def _require(self, tx: Session, user_id: UUID, job_id: UUID) -> None:
        if tx.scalar(select(JobRow.id).where(JobRow.id == job_id, *shown_jobs(user_id))) is None:
            raise access.job_refusal(tx, user_id, job_id)

    def _publish(self, event: Event | None) -> None:
        if event is not None:
            self._bus.publish(event)


def _hash(config: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def _positions(tx: Session, rows: Collection[JobRow]) -> dict[UUID, int]:
    """Places in the queue, looked up only for lanes in which one of these waits."""
    lanes = {row.lane for row in rows if row.status == Status.QUEUED}
    return {job: place for lane in lanes for job, place in waiting.positions(tx, lane).items()}
