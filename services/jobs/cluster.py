"""Cluster runner: jobs wait in the table, messages through Redis wake workers on any machine."""

from __future__ import annotations

from uuid import UUID

from services.events import Event
from services.events.redis import RedisEventBus
from services.installation import identify
from services.jobs.celery import WakeUps
from services.jobs.lease import Usage
from services.jobs.reaper import Reaper
from services.jobs.watch import Watch
from services.settings import Settings
from services.storage.blobs import Blobs
from services.storage.database import Database


def channel(installation: str) -> str:
    """Where the events of an installation are told; channels are shared by all databases of a Redis."""
    return f"trainyard:{installation}:events"


class ClusterRunner:
    """services.jobs.runner.JobRunner of a web server that leaves the work to worker machines."""

    def __init__(
        self, database: Database, blobs: Blobs, bus: RedisEventBus, usage: Usage, settings: Settings
    ) -> None:
        self._database = database
        self._bus = bus
        self._settings = settings
        self._wake_ups = WakeUps(database)
        reaper = Reaper(database, blobs, usage, settings.lease_seconds)
        self._watch = Watch(reaper.sweep, settings.lease_seconds, self._tell)

    def start(self, job_id: UUID) -> None:
        self._wake_ups.send(job_id)

    def start_workers(self) -> None:
        """None here: begins to tell and to hear the others, and to watch their leases."""
        installation = identify(self._database, self._settings.data_dir)
        self._bus.start(channel(installation), listen=True)
        self._wake_ups.start(self._settings.redis_url, installation)
        self._watch.start()

    def stop(self) -> None:
        self._watch.stop()
        self._wake_ups.stop()
        self._bus.stop()

    def is_working(self) -> bool:
        """Workers come and go on other machines; a server accepts and shows jobs without any."""
        return True

    def _tell(self, event: Event) -> None:
        self._bus.publish(event)
        if event.type == "requeued":
            self.start(event.job_id)
