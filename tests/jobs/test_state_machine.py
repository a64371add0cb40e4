"""Jobs under everything that users, workers and bad luck can do to them, in random order.

The engine is the real one, on a real database; only the worker processes are threads that go one step at a
time, so that every interleaving can be reached and told again.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Condition, Thread
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pydantic import BaseModel

from services.errors import Conflict
from services.events import Event
from services.jobs import execute as execution
from services.jobs.heartbeat import Heartbeat
from services.jobs.lease import Claim, SilenceWatch, reap, release, take_back
from services.jobs.states import ATTEMPT_ENDS, FINISHED, Status, may_move
from services.settings import Settings
from services.storage.database import Database
from services.storage.job_tables import AttemptRow
from services.storage.tables import JobRow
from services.workloads.base import Run, Workload
from tests.databases import DATABASES
from tests.jobs.house import House

EPOCHS = 4
LEASE_SECONDS = 2.0
SECONDS = 10.0  # no step takes as long; a test that hangs fails
MOVED_TO = {
    "queued": Status.QUEUED,
    "started": Status.RUNNING,
    "paused": Status.PAUSED,
    "resumed": Status.QUEUED,
    "requeued": Status.QUEUED,
    "completed": Status.COMPLETED,
    "failed": Status.FAILED,
    "cancelled": Status.CANCELLED,
}


class Stepped(BaseModel):
    bad: bool = False


class Gate:
    """Where a training function waits for the test; the test waits until it stands there again or is gone."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._allowed = 0
        self._waiting = False
        self.over = False

    def wait(self) -> None:
        with self._changed:
            self._waiting = True
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self._allowed > 0, 6 * SECONDS)
            self._allowed -= 1
            self._waiting = False

    def let(self, steps: int = 1) -> None:
        for _ in range(steps):
            with self._changed:
                if self.over:
                    return
                self._allowed += 1
                self._waiting = False
                self._changed.notify_all()
            self.settle()

    def settle(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._waiting or self.over, SECONDS)

    def end(self) -> None:
        with self._changed:
            self.over = True
            self._changed.notify_all()


GATES: dict[str, Gate] = {}


def train(run: Run, config: Stepped) -> Mapping[str, Any]:
    """Each epoch depends on the one before; `bad` ends in a fault of the platform."""
    gate = GATES[run.workdir.name]
    found = run.load_checkpoint("data")
    history = json.loads((found.last / "history.json").read_text()) if found else []
    while len(history) < EPOCHS:
        gate.wait()
        if history and run.finish_requested:
            run.finished_early("enough")
            break
        history.append(3 * (history[-1] if history else 1) + len(history))
        epoch = len(history)
        run.report(
            phase="train", current=epoch, total=EPOCHS, epoch=epoch, metrics={"loss": float(history[-1])}
        )
        run.checkpoint(
            lambda folder: (folder / "history.json").write_text(json.dumps(history)) and None,
            step=epoch,
            epoch=epoch,
            fingerprint="data",
        )
    gate.wait()
    if config.bad:
        raise KeyError("a fault of the platform")
    return {"history": history}


class Pulse(Heartbeat):
    """Looks whenever it is asked instead of every moment, and lives as long as its worker does."""

    def __enter__(self) -> Pulse:
        return self

    def __exit__(self, *_raised: object) -> None: ...

    def check(self) -> None:
        self._look()
        super().check()


class Worker:
    """A worker with one job in its hands."""

    def __init__(self, house: House, claim: Claim) -> None:
        self.claim = claim
        self.name = f"{claim.lease.job_id}-{claim.lease.attempt}"
        self.gate = GATES[self.name] = Gate()
        self.asleep = False
        self.thread = Thread(target=self._work, args=(house,), daemon=True)
        self.thread.start()
        self.gate.settle()

    def _work(self, house: House) -> None:
        try:
            house.work(self.claim)
        finally:
            self.gate.end()


@cache
def empty_database() -> Path:
    path = Path(tempfile.mkdtemp()) / "empty.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


class JobLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(empty_database(), self.folder / "trainyard.db")
        chosen = Settings.from_env(
            {
                "DATA_DIR": str(self.folder),
                "TRAINYARD_CHECKPOINT_SECONDS": "0",
                "TRAINYARD_LEASE_SECONDS": str(LEASE_SECONDS),
                "TRAINYARD_JOBS_PER_USER": "3",
            }
        )
        self.house = House(chosen, Database(chosen.database_url))
        can = dict.fromkeys(("resumable", "finishable"), lambda _config: True)
        about: Any = {"usage": "training", **can}
        stepped = Workload(name="stepped", config=Stepped, train=f"{__name__}:train", **about)
        self.house.workloads["stepped"] = stepped
        self.jobs = self.house.jobs()
        self.workers: list[Worker] = []
        self.sleepers: list[Worker] = []
        self.claims = 0
        self.seconds = 0.0
        self.watch = SilenceWatch(LEASE_SECONDS, lambda: self.seconds)
        self.final: dict[UUID, tuple[str, int]] = {}
        self.doomed: set[UUID] = set()  # of which a cancel was accepted

    def teardown(self) -> None:
        for worker in (*self.workers, *self.sleepers):
            worker.gate.let(EPOCHS + 2)
            worker.thread.join(SECONDS)
        self.check_everything()
        self.house.database.close()
        DATABASES.forget(self.folder)
        shutil.rmtree(self.folder)

    def pick(self, draw: int, *statuses: Status) -> UUID | None:
        """One of the jobs in such a status."""
        found = [job.id for job in self.jobs.list(self.house.user) if not statuses or job.status in statuses]
        return found[draw % len(found)] if found else None

    def tell(self, events: list[Event]) -> None:
        for event in events:
            self.house.bus.publish(event)

    @precondition(lambda self: self.jobs.count(self.house.user) < 4)
    @rule(bad=st.booleans())
    def submit(self, bad: bool) -> None:
        assert self.jobs.submit(self.house.user, "stepped", {"bad": bad}).status == "queued"

    @rule()
    def claim(self) -> None:
        self.claims += 1
        claimed = self.house.claim(f"worker-{self.claims}")
        if claimed is not None:
            self.workers.append(Worker(self.house, claimed))

    @precondition(lambda self: self.workers)
    @rule(draw=st.integers(0, 99), steps=st.sampled_from([1, 1, 2, EPOCHS + 2]))
    def step(self, draw: int, steps: int) -> None:
        worker = self.workers[draw % len(self.workers)]
        worker.gate.let(steps)
        if worker.gate.over:
            worker.thread.join(SECONDS)
            self.workers.remove(worker)

    @rule(draw=st.integers(0, 99), action=st.sampled_from(["pause", "resume", "finish", "cancel", "retry"]))
    def ask(self, draw: int, action: str) -> None:
        """Whatever is asked, it is done or refused with what may be asked instead."""
        job_id = self.pick(draw)
        if job_id is None:
            return
        before = self.jobs.get(self.house.user, job_id)
        try:
            after = getattr(self.jobs, action)(self.house.user, job_id)
        except Conflict as error:
            assert error.code in {"invalid_transition", "NO_CHECKPOINT"}
            assert action not in before.allowed or error.code == "NO_CHECKPOINT"
            return
        if action == "retry":
            self.final.pop(job_id, None)
            self.doomed.discard(job_id)
        if action == "cancel":
            self.doomed.add(job_id)
        assert action in before.allowed or (before.status, action) in {
            ("paused", "pause"),
            ("cancelled", "cancel"),
        }
        if before.status == "running":
            assert after.status == "running"
            assert after.requested_action in {action, "cancel"}

    @precondition(lambda self: self.workers)
    @rule(draw=st.integers(0, 99))
    def kill(self, draw: int) -> None:
        """The process dies and its keeper notices; what it was about to do is never done."""
        worker = self.workers.pop(draw % len(self.workers))
        self.sleepers.append(worker)
        self.tell(take_back(self.house.database, self.house.plans, worker.claim.lease.worker_id))

    @precondition(lambda self: self.workers)
    @rule(draw=st.integers(0, 99))
    def fall_asleep(self, draw: int) -> None:
        """It is stopped for longer than its lease; the others stay awake."""
        worker = self.workers.pop(draw % len(self.workers))
        self.sleepers.append(worker)
        self.tell(list(reap(self.house.database, self.house.plans, self.watch)))
        self.seconds += LEASE_SECONDS + 0.1
        for other in self.workers:
            self.house.execute(
                "update training_jobs set beats = beats + 1 where worker_id = :id",
                id=other.claim.lease.worker_id,
            )
        self.tell(reap(self.house.database, self.house.plans, self.watch))
        after = self.jobs.get(self.house.user, worker.claim.lease.job_id)
        assert after.status != "running" or after.attempt > worker.claim.lease.attempt

    @precondition(lambda self: self.sleepers)
    @rule(draw=st.integers(0, 99))
    def wake(self, draw: int) -> None:
        """Who lost the lease may go on as long as it likes: nothing of it is seen."""
        worker = self.sleepers.pop(draw % len(self.sleepers))
        before = self.rows()
        worker.gate.let(EPOCHS + 2)
        worker.thread.join(SECONDS)
        assert not worker.thread.is_alive()
        assert self.rows() == before

    @precondition(lambda self: self.workers)
    @rule(draw=st.integers(0, 99))
    def stop_politely(self, draw: int) -> None:
        """Its machine is switched off in order; the job goes back and nobody is blamed."""
        worker = self.workers.pop(draw % len(self.workers))
        self.sleepers.append(worker)
        event = release(self.house.database, worker.claim.lease)
        assert event is not None
        self.tell([event])

    def rows(self) -> list[Any]:
        with self.house.database.read() as tx:
            return [tuple(row) for row in tx.connection().exec_driver_sql(ROWS)]

    @invariant()
    def check_everything(self) -> None:
        with self.house.database.read() as tx:
            rows = list(tx.query(JobRow))
            attempts = {(row.job_id, row.attempt): row for row in tx.query(AttemptRow)}
        for row in rows:
            self.check_events(row, attempts)
            if row.status in FINISHED:
                state = (row.status, row.last_seq)
                assert self.final.setdefault(row.id, state) == state, "what has ended stays as it ended"
            if row.status == Status.COMPLETED:
                assert row.outcome is not None
                history = row.outcome["history"]
                assert history == [3, 10, 32, 99][: len(history)]
                assert (len(history) < EPOCHS) <= (row.reason == "stopped_by_user")
                asked = {event.type for event in self.jobs.events(self.house.user, row.id)}
                assert row.reason is None or "finish_requested" in asked, "nobody else ends it early"
            assert (row.worker_id is not None) == (row.status == Status.RUNNING)
            if row.id in self.doomed:
                assert row.status in {"running", "cancelled", "failed"}, "a cancel is never forgotten"

    def check_events(self, row: JobRow, attempts: Mapping[tuple[UUID, int], AttemptRow]) -> None:
        events = self.jobs.events(self.house.user, row.id)
        assert [event.seq for event in events] == list(range(1, row.last_seq + 1)), "no hole, no double"
        status: Status | None = None
        ended: set[int] = set()
        for event in events:
            began = event.type == "started"
            assert event.attempt not in ended or not began
            if event.type in ATTEMPT_ENDS and status == Status.RUNNING:
                assert event.attempt not in ended, "an attempt ends once"
                ended.add(event.attempt)
            elif event.type in {"metrics", "checkpoint", "progress"}:
                assert status == Status.RUNNING and event.attempt not in ended, "only the holder writes"
            if event.type in MOVED_TO:
                end = MOVED_TO[event.type]
                assert status is None or may_move(status, end), f"{status} to {end}"
                status = end
        assert status == row.status
        open_ones = set(range(1, row.attempt + 1)) - ended
        assert open_ones == ({row.attempt} if row.status == Status.RUNNING else set())
        for number in range(1, row.attempt + 1):
            assert (attempts[row.id, number].ended is not None) == (number in ended)


ROWS = """
select cast(id as text), status, attempt, last_seq, cast(progress as text), outcome from training_jobs
union all select cast(id as text), key, attempt, step, cast(value as text), null from training_metrics
union all select cast(id as text), kind, attempt, step, sha256, null from job_checkpoints
union all select cast(id as text), name, attempt, 0, sha256, null from artifacts
"""


@pytest.fixture(autouse=True)
def pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "Heartbeat", Pulse)


TestJobLife = JobLife.TestCase
TestJobLife.settings = settings(
    max_examples=30,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
