"""Work that is done again and again in the background for as long as there is some."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from threading import Event as Flag
from threading import Lock, Thread

from sqlalchemy.exc import SQLAlchemyError

AFTER_A_FAULT_SECONDS = 2.0
log = logging.getLogger(__name__)


class Rounds:
    """One thread (a green one under eventlet) that exists only while there is work."""

    def __init__(self, name: str, work: Callable[[], float | None]) -> None:
        """`work` returns after how many seconds it wants to be called again; None: not before `wake`."""
        self._name = name
        self._work = work
        self._woken = Flag()
        self._lock = Lock()
        self._running = False

    def wake(self) -> None:
        """Work now; a round that has begun is followed by another."""
        with self._lock:
            self._woken.set()
            if self._running:
                return
            self._running = True
        Thread(target=self._go, name=self._name, daemon=True).start()

    def _go(self) -> None:
        with ExitStack() as undo:
            undo.callback(self._broke)
            while True:
                self._woken.clear()
                pause = self._round()
                if pause is not None:
                    self._woken.wait(pause)
                elif self._is_over():
                    undo.pop_all()
                    return

    def _broke(self) -> None:
        """By a fault of ours: the next call of `wake` begins anew."""
        with self._lock:
            self._running = False

    def _round(self) -> float | None:
        try:
            return self._work()
        except SQLAlchemyError:
            log.exception("the database did not answer %s", self._name)
            return AFTER_A_FAULT_SECONDS

    def _is_over(self) -> bool:
        with self._lock:
            self._running = self._woken.is_set()
            return not self._running
