"""A thread that looks after the leases: calls a sweep again and again and tells what it changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Event as Flag
from threading import Thread

from sqlalchemy.exc import SQLAlchemyError

from services.events import Event

log = logging.getLogger(__name__)


class Watch:
    """Any number may watch the same jobs: each is taken back once, by whoever sees it first."""

    def __init__(
        self, sweep: Callable[[], Sequence[Event]], lease_seconds: float, tell: Callable[[Event], None]
    ) -> None:
        self._sweep = sweep
        self._pause = min(1.0, lease_seconds / 3)
        self._tell = tell
        self._stopping = Flag()
        self._thread = Thread(target=self._keep_watching, name="lease reaper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _keep_watching(self) -> None:
        while not self._stopping.wait(self._pause):
            try:
                events = self._sweep()
            except SQLAlchemyError:
                log.exception("the database did not answer the lease reaper")
                continue
            for event in events:
                self._tell(event)
