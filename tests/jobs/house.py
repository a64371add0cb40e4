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
from services.jobs import Jobs, JobView
from services.jobs.execute import Workplace, execute
from services.jobs.lease import Claim, Place, claim
from services.jobs.local import LocalRunner
from services.plans import Plans
from services.settings import Settings
from services.storage.blobs.disk import DiskBlobs
from services.storage.database import Database
from services.storage.tables import SessionRow, UsageEventRow, UserRow

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
    bus: EventBus = field(default_factory=EventBus)
    heard: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.plans = Plans(self.database)
        self.blobs = DiskBlobs(self.settings.data_dir / "blobs")
        self.workloads = workloads.load(self.settings.extra_workloads)
        self.bus.subscribe(self.heard.append)
        self.user = self.add_user()

    def jobs(self, runner: Any = None) -> Jobs:
        runner = runner or NoRunner()
        return Jobs(self.database, self.bus, self.plans, self.workloads, self.settings, runner, self.blobs)

    def runner(self) -> LocalRunner:
        return LocalRunner(self.database, self.blobs, self.bus, self.plans, self.settings, warm=False)

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
            return tx.scalar(query.where(UsageEventRow.user_id == user_id)) or 0

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
        return [event.type for event in self.heard if event.job_id == job_id]

    def blobs_of(self, job_id: UUID) -> list[str]:
        return list(self.blobs.list(f"jobs/{job_id}/"))

    def assert_told_as_stored(self, job_id: UUID) -> None:
        """What was published is what is stored: in order, each once, no number left out."""
        stored = self.jobs().events(self.user, job_id)
        assert [event.seq for event in stored] == list(range(1, len(stored) + 1))
        assert [event for event in self.heard if event.job_id == job_id] == stored


def until(condition: Callable[[], T], seconds: float = 15.0) -> T:
    """Poll until the condition holds; returns what it gave."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited {seconds} s in vain")


def finished(jobs: Jobs, user: UUID, job: JobView, seconds: float = 20.0) -> JobView:
    ended = jobs.wait(user, job.id, seconds)
    assert ended.finished_at is not None, f"the job is still {ended.status}"
    return ended
