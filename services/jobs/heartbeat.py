"""Beside the work, a thread that renews the lease and hears what the user asks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from services.jobs.lease import Lease, LeaseLost, renew
from services.storage.database import Database
from services.storage.tables import JobRow
from services.workloads.base import Cancelled

POLL_SECONDS = 0.3
# A training function that reports stops at once; one deep inside foreign code is ended with its process.
STUCK_SECONDS = 8.0
log = logging.getLogger(__name__)


class Heartbeat:
    """As a context: beats while the block runs. `check` is free and may be called for every batch."""

    def __init__(
        self, database: Database, lease: Lease, lease_seconds: float, on_stuck: Callable[[], None]
    ) -> None:
        self._database = database
        self._lease = lease
        self._lease_seconds = lease_seconds
        self._on_stuck = on_stuck
        self._asked = select(JobRow.requested_action).where(*lease.holds)
        self._done = Event()
        self._cancelled = False
        self._lost = False
        self.pause_requested = False
        self.finish_requested = False
        self._thread = Thread(target=self._beat, name="heartbeat", daemon=True)

    def check(self) -> None:
        """Raises Cancelled or LeaseLost as soon as that is known."""
        if self._lost:
            raise LeaseLost
        if self._cancelled:
            raise Cancelled

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _beat(self) -> None:
        renewed = time.monotonic()
        cancelled_at: float | None = None
        while not self._done.wait(POLL_SECONDS) and not self._lost:
            moment = time.monotonic()
            try:
                self._look()
                if moment - renewed >= self._lease_seconds / 4:
                    self._lost = not renew(self._database, self._lease)
                    renewed = moment
            except SQLAlchemyError:
                log.warning("the database did not answer a heartbeat", exc_info=True)
            if self._cancelled:
                cancelled_at = cancelled_at or moment
                if moment - cancelled_at >= STUCK_SECONDS:
                    self._on_stuck()

    def _look(self) -> None:
        with self._database.engine.connect() as connection:  # a third of what a session costs
            action = connection.execute(self._asked).first()
        self._lost = self._lost or action is None
        self.hear(None if action is None else action[0])

    def hear(self, action: str | None) -> None:
        """Take in what the user asks for."""
        self._cancelled = action == "cancel"
        self.pause_requested = action == "pause"
        self.finish_requested = action == "finish"
