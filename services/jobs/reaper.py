"""A thread that takes back the jobs of workers that fell silent, wherever those worked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event as Flag
from threading import Thread

from sqlalchemy.exc import SQLAlchemyError

from services.events import Event
from services.jobs.lease import Usage, reap
from services.storage.database import Database

log = logging.getLogger(__name__)


class Reaper:
    """Any number may watch the same jobs: each is taken back once, by whoever sees it first."""

    def __init__(
        self, database: Database, usage: Usage, lease_seconds: float, tell: Callable[[Event], None]
    ) -> None:
        self._database = database
        self._usage = usage
        self._pause = min(1.0, lease_seconds / 3)
        self._tell = tell
        self._stopping = Flag()
        self._thread = Thread(target=self._watch, name="lease reaper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(self._pause):
            try:
                events = reap(self._database, self._usage)
            except SQLAlchemyError:
                log.exception("the database did not answer the lease reaper")
                continue
            for event in events:
                self._tell(event)
