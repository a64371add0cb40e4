"""Beside the work, a thread that renews the lease and hears what the user asks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Condition, Lock, Thread
from types import TracebackType

from sqlalchemy.exc import SQLAlchemyError

from services.jobs.lease import ASKED, Lease, LeaseLost, renew
from services.storage.database import Database
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
        self._ending = Lock()
        self._ended = False
        self._cancelled_at: float | None = None
        self._lost = False
        self._renewed = 0.0
        self.pause_requested = False
        self.finish_requested = False

    def check(self) -> None:
        """Raises Cancelled or LeaseLost as soon as that is known."""
        if self._lost:
            raise LeaseLost
        if self._cancelled_at is not None:
            raise Cancelled

    def __enter__(self) -> Heartbeat:
        self._renewed = time.monotonic()
        _PULSE.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._ending:  # never while the process is being ended for the sake of this job
            self._ended = True
        _PULSE.remove(self)

    def beat(self) -> None:
        """Look what is asked, renew when it is time, and end a process that does not listen."""
        moment = time.monotonic()
        try:
            self._look()
            if not self._lost and moment - self._renewed >= self._lease_seconds / 4:
                self._lost = not renew(self._database, self._lease)
                self._renewed = moment
        except SQLAlchemyError:
            log.warning("the database did not answer a heartbeat", exc_info=True)
        if self._cancelled_at is not None and moment - self._cancelled_at >= STUCK_SECONDS:
            with self._ending:
                if not self._ended:
                    self._on_stuck()

    def _look(self) -> None:
        with self._database.engine.connect() as connection:  # a third of what a session costs
            action = connection.execute(ASKED, self._lease.holds.values).scalar()
        self._lost = self._lost or action is None
        self.hear(action)

    def hear(self, action: str | None) -> None:
        """Take in what the user asks for."""
        if action == "cancel" and self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
        self.pause_requested = action == "pause"
        self.finish_requested = action == "finish"


class _Pulse:
    """One thread for all jobs of this process: to start and to join one costs more than a short job."""

    def __init__(self) -> None:
        self._beating: list[Heartbeat] = []
        self._changed = Condition()
        self._thread: Thread | None = None

    def add(self, heartbeat: Heartbeat) -> None:
        with self._changed:
            self._beating.append(heartbeat)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="heartbeat", daemon=True)
                self._thread.start()
            self._changed.notify()

    def remove(self, heartbeat: Heartbeat) -> None:
        with self._changed:
            self._beating.remove(heartbeat)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._beating:
                    self._changed.wait()
            time.sleep(POLL_SECONDS)
            with self._changed:
                beating = list(self._beating)
            for each in beating:
                each.beat()


_PULSE = _Pulse()
