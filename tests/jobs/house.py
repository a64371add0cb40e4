"""A place to work without a web server: database, users, services, and workers where a test wants them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import func, select, text

from services import workloads
from services.events import Event, EventBus
from services.events.redis import RedisEventBus
from services.jobs import Jobs, JobView
from services.jobs.cluster import ClusterRunner
from services.jobs.execute import Workplace, execute
from services.jobs.lease import Claim, Place, claim
from services.jobs.local import LocalRunner
from services.plans import Plans
from services.settings import Settings
from services.storage.blobs.disk import DiskBlobs
from services.storage.database import Database
from services.storage.tables import JobEventRow, JobRow, SessionRow, UsageEventRow, UserRow
from tests.clusters import Worker

T = TypeVar("T")


class NoRunner:
    """services.jobs.runner.JobRunner that lets jobs wait; tests claim them by hand."""

    def __init__(self) -> None:
        self.started: list[UUID] = []

    def start(self, job_id: UUID) -> None:
        self.started.append(job_id)

    def start_workers(self) -> None: ...

    def stop(self) -> None: ...


@dataclass
class House:
    """Everything a server has but the web."""

    settings: Settings
    database: Database
    bus: EventBus = field(init=False)
    heard: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.in_cluster = self.settings.job_runner == "celery"
        self.bus = RedisEventBus(self.settings.redis_url) if self.in_cluster else EventBus()
        self.plans = Plans(self.database)
        self.blobs = DiskBlobs(self.settings.data_dir / "blobs")
        self.workloads = workloads.load(self.settings.extra_workloads)
        self.bus.subscribe(self.heard.append)
        self.user = self.add_user()

    def jobs(self, runner: Any = None) -> Jobs:
        runner = runner or NoRunner()
        return Jobs(self.database, self.bus, self.plans, self.workloads, self.settings, runner, self.blobs)

    def runner(self) -> Any:
        """What executes jobs: processes of this one, or a worker machine of a cluster."""
        if self.in_cluster:
            return ClusterOfOne(self)
        return LocalRunner(self.database, self.blobs, self.bus, self.plans, self.settings)

    def add_user(self) -> UUID:
        user = UserRow(id=uuid4(), email=f"{uuid4().hex}@example.org", password_hash="x")
        with self.database.write() as tx:
            tx.add(user)
            tx.flush()
            self.plans.subscribe(tx, user.id)
        return user.id

    def add_session(self, user_id: UUID) -> UUID:
        row = SessionRow(id=uuid4(), user_id=user_id)
        with self.database.write() as tx:
            tx.add(row)
        return row.id

    def used(self, user_id: UUID) -> int:
        with self.database.read() as tx:
            query = select(func.coalesce(func.sum(UsageEventRow.quantity), 0))
            jobs = UsageEventRow.user_id == user_id, UsageEventRow.kind != "compute"
            return tx.scalar(query.where(*jobs)) or 0

    def claim(self, worker_id: str = "by-hand", lane: str = "training", **more: Any) -> Claim | None:
        jobs_per_user = more.pop("jobs_per_user", self.settings.jobs_per_user)
        return claim(self.database, Place(worker_id, lane, **more), jobs_per_user=jobs_per_user)

    def work(self, claimed: Claim | None) -> None:
        """Do in this process what a worker does."""
        assert claimed is not None
        place = Workplace(
            database=self.database,
            blobs=self.blobs,
            usage=self.plans,
            workloads=self.workloads,
            publish=self.bus.publish,
            work_dir=self.settings.data_dir / "work",
            cache_dir=self.settings.data_dir / "cache",
            lease_seconds=self.settings.lease_seconds,
            checkpoint_seconds=self.settings.checkpoint_seconds,
            end_process=lambda: None,
        )
        execute(claimed, place)

    def execute(self, statement: str, **values: Any) -> None:
        """What only somebody with access to the database could do."""
        with self.database.write() as tx:
            tx.execute(text(statement), values)

    def told(self, job_id: UUID) -> list[str]:
        return [event.type for event in self.heard_of(job_id)]

    def heard_of(self, job_id: UUID) -> list[Event]:
        """After a moment: news follows its row. Of several tellers in any order, which feeds put right."""
        with self.database.read() as tx:
            stored = tx.scalar(select(JobRow.last_seq).where(JobRow.id == job_id)) or 0
        until(lambda: sum(event.job_id == job_id for event in self.heard) >= stored)
        return sorted((e for e in self.heard if e.job_id == job_id), key=lambda event: event.seq)

    def blobs_of(self, job_id: UUID) -> list[str]:
        return list(self.blobs.list(f"jobs/{job_id}/"))

    def assert_told_as_stored(self, job_id: UUID) -> None:
        """What was published is what is stored: in order, each once, no number left out."""
        stored = self.jobs().events(self.user, job_id)
        assert [event.seq for event in stored] == list(range(1, len(stored) + 1))
        assert self.heard_of(job_id) == stored


class ClusterOfOne(ClusterRunner):
    """The runner of a server with one worker machine beside it."""

    def __init__(self, house: House) -> None:
        assert isinstance(house.bus, RedisEventBus)
        super().__init__(house.database, house.blobs, house.bus, house.plans, house.settings)
        self._machine = Worker(f"machine-{uuid4().hex[:6]}", house.settings.data_dir, house.settings.to_env())
        self._house = house

    def start_workers(self) -> None:
        super().start_workers()
        self._machine.start()
        until(self._machine.is_complete, 30)

    def stop(self) -> None:
        self._machine.stop()
        until(lambda: len(self._house.heard) >= self._stored())  # what the machine said at its end
        super().stop()

    def pids(self) -> dict[str, int]:
        return self._machine.working()

    def _stored(self) -> int:
        with self._house.database.read() as tx:
            return tx.scalar(select(func.count()).select_from(JobEventRow)) or 0


def until(condition: Callable[[], T], seconds: float = 40.0) -> T:
    """Poll until the condition holds; returns what it gave."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited {seconds} s in vain")


def finished(jobs: Jobs, user: UUID, job: JobView, seconds: float = 60.0) -> JobView:
    ended = jobs.wait(user, job.id, seconds)
    assert ended.finished_at is not None, f"the job is still {ended.status}"
    return ended
