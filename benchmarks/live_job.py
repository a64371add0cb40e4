"""A job in a database on disk, claimed in this process, whose reports and checkpoints are timed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import BaseModel

from services.events import EventBus
from services.forecasting.models.checkpoints import Save
from services.jobs.heartbeat import Heartbeat
from services.jobs.lease import Place, claim
from services.jobs.memory import MemorySamples
from services.jobs.progress import Progress
from services.jobs.run import JobRun
from services.settings import Settings
from services.storage.blobs.disk import DiskBlobs
from services.storage.database import Database
from services.storage.tables import JobRow, UserRow


class Empty(BaseModel):
    """The config of a job that this process works on itself."""


@dataclass
class Spent:
    """What calls cost the thread that makes them."""

    count: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0

    @contextmanager
    def measured(self) -> Iterator[None]:
        cpu, wall = time.thread_time(), time.monotonic()
        try:
            yield
        finally:
            self.count += 1
            self.cpu_seconds += time.thread_time() - cpu
            self.wall_seconds += time.monotonic() - wall

    def ms_each(self) -> float:
        return round(self.wall_seconds / max(1, self.count) * 1e3, 2)


class LiveReport:
    """services.forecasting.models.base.Report into a real run; knows what that cost.

    Counted from the first report on, so that compiling a network is no part of it.
    """

    def __init__(self, run: JobRun) -> None:
        self.run = run
        self.reset()

    def reset(self) -> None:
        self._begun: tuple[float, float] | None = None
        self._ended = 0.0, 0.0
        self.spent = Spent()

    def __call__(self, current: float, total: float, **more: Any) -> None:
        self._begun = self._begun or (time.process_time(), time.monotonic())
        with self.spent.measured():
            self.run.report(phase="train", current=current, total=total, **more)
        self._ended = time.process_time(), time.monotonic()

    def cpu_and_wall(self) -> tuple[float, float]:
        """Seconds from the first report to the end of the last."""
        begun = self._begun or self._ended
        return max(self._ended[0] - begun[0], 1e-9), max(self._ended[1] - begun[1], 1e-9)

    def share(self) -> float:
        """CPU of the reports, in the thread that makes them, relative to all CPU of the training."""
        return round(self.spent.cpu_seconds / self.cpu_and_wall()[0], 4)


class LiveCheckpoints:
    """services.forecasting.models.checkpoints.Checkpoints of a real run; knows what taking them cost."""

    def __init__(self, run: JobRun) -> None:
        self._run = run
        self.offered, self.taken = Spent(), Spent()

    def last(self) -> Path | None:
        return None

    def finish_asked(self) -> bool:
        return self._run.finish_requested

    def offer(self, save: Save, *, step: int, epoch: int | None = None, best: Save | None = None) -> None:
        wanted = []

        def noted(folder: Path) -> None:
            wanted.append(folder)
            save(folder)

        call = Spent()
        with call.measured():
            self._run.checkpoint(noted, step=step, epoch=epoch, best=best)
        kind = self.taken if wanted else self.offered
        kind.count += 1
        kind.cpu_seconds += call.cpu_seconds
        kind.wall_seconds += call.wall_seconds


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
            about = {
                "workload": "none",
                "lane": "training",
                "config": {},
                "config_hash": "",
                "resumable": True,
            }
            tx.add(JobRow(id=uuid4(), user_id=user.id, **about))
        claimed = claim(database, Place("benchmark", "training"), jobs_per_user=1)
        assert claimed is not None
        settings = Settings.from_env({"DATA_DIR": name})
        with Heartbeat(database, claimed.lease, settings.lease_seconds, lambda: None) as heartbeat:
            yield LiveReport(
                JobRun(
                    claimed,
                    database,
                    DiskBlobs(folder / "blobs"),
                    EventBus().publish,
                    heartbeat,
                    Progress(memory=MemorySamples()),
                    about={},
                    workdir=folder / "work",
                    cache_dir=folder,
                    checkpoint_seconds=settings.checkpoint_seconds,
                )
            )
        database.close()
