"""Requests that have reached this server and may still bring bytes of an upload."""

from __future__ import annotations

import time
from collections import Counter
from threading import Condition

HEAD_START_SECONDS = 0.1  # for requests that came before, whose first line a busy server has not read yet


class Arrivals:
    """A request is known from its first line on, long before it holds the lock of the upload's writer.

    So whoever asks for the offset because he was cut off is not told one that his own last bytes change.
    """

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._changed = Condition()

    def begin(self, upload_id: str) -> None:
        with self._changed:
            self._open[upload_id] += 1

    def end(self, upload_id: str) -> None:
        with self._changed:
            self._open[upload_id] -= 1
            if not self._open[upload_id]:
                del self._open[upload_id]
                self._changed.notify_all()

    def await_none(self, upload_id: str, seconds: float) -> float:
        """Until none is open, but no longer than so many seconds; how many of them are left."""
        time.sleep(HEAD_START_SECONDS)
        deadline = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(lambda: upload_id not in self._open, seconds)
        return max(0.0, deadline - time.monotonic())
