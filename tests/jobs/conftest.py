"""A place to work without a web server: database, users, services, and workers where a test wants them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from services import workloads
from services.events import Event, EventBus
from services.jobs import Jobs, JobView
from services.jobs.execute import Workplace, execute
from services.jobs.lease import Claim, claim
from services.jobs.local import LocalRunner
from services.plans import Plans
from services.settings import Settings
from services.storage.blobs.disk import DiskBlobs
from services.storage.database import Database
from services.storage.tables import SessionRow, UsageEventRow, UserRow

TOYS = "tests.toy_workloads"
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
        return Jobs(self.database, self.bus, self.plans, self.workloads, self.settings, runner)

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
        limits = {"lease_seconds": self.settings.lease_seconds, "jobs_per_user": self.settings.jobs_per_user}
        return claim(self.database, lane, worker_id, **{**limits, **more})

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
            end_process=lambda: None,
        )
        execute(claimed, place)

    def told(self, job_id: UUID) -> list[str]:
        return [event.type for event in self.heard if event.job_id == job_id]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = Settings.from_env(
        {
            "DATA_DIR": str(tmp_path / "data"),
            "TRAINYARD_WORKERS": "1",
            "TRAINYARD_LEASE_SECONDS": "2",
            "TRAINYARD_EXTRA_WORKLOADS": TOYS,
            "TRAINYARD_LOG_LEVEL": "warning",
        }
    )
    database = Database(settings.database_url)
    database.migrate()
    yield House(settings, database)
    database.close()


@pytest.fixture
def runner(house: House) -> Iterator[LocalRunner]:
    """Real worker processes; they start cold, since toys need nothing heavy."""
    runner = LocalRunner(house.database, house.bus, house.plans, house.settings, warm=False)
    runner.start_workers()
    yield runner
    runner.stop()


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
