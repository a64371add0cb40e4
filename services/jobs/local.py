"""Embedded runner: worker processes kept alive by background threads of the server."""

from __future__ import annotations

import logging
import shutil
from uuid import UUID

from services.events import Event, EventBus
from services.installation import identify
from services.jobs.crew import Crew
from services.jobs.lease import Usage
from services.jobs.reaper import Reaper
from services.jobs.watch import Watch
from services.settings import Settings
from services.storage.blobs import Blobs
from services.storage.database import Database

log = logging.getLogger(__name__)


class LocalRunner:
    """services.jobs.runner.JobRunner: settings.workers training processes and one for small jobs."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        bus: EventBus,
        usage: Usage,
        settings: Settings,
    ) -> None:
        self._database = database
        self._settings = settings
        self._bus = bus
        self._crew = Crew(database, usage, settings, self._tell)
        reaper = Reaper(database, blobs, usage, settings.lease_seconds, self._crew.end)
        self._watch = Watch(reaper.sweep, settings.lease_seconds, self._tell)

    def start(self, job_id: UUID) -> None:
        self._crew.wake()

    def start_workers(self) -> None:
        if not self._database.is_sqlite:  # whose file lies in the folder anyway
            identify(self._database, self._settings.data_dir)
        lanes = ["training"] * self._settings.workers
        if lanes:
            lanes.append("interactive")
            shutil.rmtree(self._settings.data_dir / "work", ignore_errors=True)  # what killed workers left
        else:
            log.warning("TRAINYARD_WORKERS is 0: this server accepts jobs, but none will run here")
        self._crew.start(lanes)
        self._watch.start()

    def stop(self) -> None:
        self._watch.stop()
        self._crew.stop()

    def is_working(self) -> bool:
        return bool(self._crew.pids()) or self._settings.workers == 0

    def pids(self) -> dict[str, int]:
        """The living workers and their processes."""
        return self._crew.pids()

    def _tell(self, event: Event) -> None:
        self._bus.publish(event)
        if event.type == "requeued":
            self._crew.wake()
