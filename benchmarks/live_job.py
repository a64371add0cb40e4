"""A job in a database on disk, claimed in this process, whose reports are timed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import BaseModel

from services.events import EventBus
from services.jobs.heartbeat import Heartbeat
from services.jobs.lease import claim
from services.jobs.progress import Progress
from services.jobs.run import JobRun
from services.storage.blobs.disk import DiskBlobs
from services.storage.database import Database
from services.storage.tables import JobRow, UserRow


class Empty(BaseModel):
    """The config of a job that this process works on itself."""


class LiveReport:
    """services.forecasting.models.base.Report into a real run; knows what that cost.

    Counted from the first report on, so that compiling a network is no part of it.
    """

    def __init__(self, run: JobRun) -> None:
        self._run = run
        self.reset()

    def reset(self) -> None:
        self._begun: float | None = None
        self._ended = 0.0
        self._spent = 0.0
        self.count = 0

    def __call__(self, current: float, total: float, **more: Any) -> None:
        self._begun = time.process_time() if self._begun is None else self._begun
        before = time.thread_time()
        self._run.report(phase="train", current=current, total=total, **more)
        self._spent += time.thread_time() - before
        self._ended = time.process_time()
        self.count += 1

    def ms_each(self) -> float:
        return round(self._spent / max(1, self.count) * 1e3, 2)

    def share(self) -> float:
        """CPU of the reports, in the thread that makes them, relative to all CPU of the training."""
        return round(self._spent / max(self._ended - (self._begun or 0.0), 1e-9), 4)


@contextmanager
def live_report() -> Iterator[LiveReport]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database(f"sqlite:///{folder / 'trainyard.db'}")
        database.migrate()
        user = UserRow(id=uuid4(), email="benchmark@example.org", password_hash="x")
        with database.write() as tx:
            tx.add(user)
            tx.flush()
            tx.add(JobRow(id=uuid4(), user_id=user.id, workload="none", lane="training", config={}))
        claimed = claim(database, "training", "benchmark", lease_seconds=60.0, jobs_per_user=1)
        assert claimed is not None
        with Heartbeat(database, claimed.lease, 60.0, lambda: None) as heartbeat:
            yield LiveReport(
                JobRun(
                    claimed,
                    database,
                    DiskBlobs(folder / "blobs"),
                    EventBus().publish,
                    heartbeat,
                    Progress(),
                    about={},
                    workdir=folder,
                    cache_dir=folder,
                )
            )
        database.close()
