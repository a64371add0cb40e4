"""Slows down guessing: after ten wrong passwords in five minutes an address waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from services.errors import TooManyRequests

FAILURES = 10
WINDOW = timedelta(minutes=5)
MAX_ADDRESSES = 10_000


class Throttle:
    """Failures per address, newest last; kept in memory, a restart forgives."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failures: dict[str, deque[datetime]] = {}

    def check(self, address: str) -> None:
        with self._lock:
            failures = self._recent(address)
            if len(failures) < FAILURES:
                return
            wait = failures[0] + WINDOW - self._clock()
        seconds = max(1, round(wait.total_seconds()))
        raise TooManyRequests(
            "Too many wrong passwords for this address",
            code="TOO_MANY_ATTEMPTS",
            suggestion=f"Try again in {seconds} s",
            details={"retry_after_seconds": seconds},
        )

    def failed(self, address: str) -> None:
        with self._lock:
            if len(self._failures) >= MAX_ADDRESSES:
                self._failures.pop(next(iter(self._failures)))
            self._failures.setdefault(address, deque(maxlen=FAILURES)).append(self._clock())

    def succeeded(self, address: str) -> None:
        with self._lock:
            self._failures.pop(address, None)

    def _recent(self, address: str) -> deque[datetime]:
        failures = self._failures.get(address, deque())
        while failures and failures[0] < self._clock() - WINDOW:
            failures.popleft()
        return failures
