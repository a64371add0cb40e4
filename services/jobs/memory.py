"""How much memory a worker holds, looked up at most once a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cache

from services.devices.device import here
from services.devices.names import CPU

EVERY_SECONDS = 1.0
MEGABYTE = 2**20
Sample = Mapping[str, float]


def process_memory() -> dict[str, float]:
    """What this process holds of the machine's memory."""
    import psutil  # not in the web process, which reads what workers wrote

    return {
        "allocated_mb": round(psutil.Process().memory_info().rss / MEGABYTE, 1),
        "total_mb": round(psutil.virtual_memory().total / MEGABYTE, 1),
    }


class MemorySamples:
    """The last sample, taken anew when it is a second old; `measure` is another one on a GPU."""

    def __init__(
        self,
        measure: Callable[[], Sample | None] = process_memory,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._measure, self._clock = measure, clock
        self._sample: Sample | None = None
        self._taken = float("-inf")

    def __call__(self) -> Sample | None:
        if self._clock() - self._taken >= EVERY_SECONDS:
            self._sample, self._taken = self._measure(), self._clock()
        return self._sample


@cache
def memory_on(device: str) -> MemorySamples:
    """What a job on this device holds: of a GPU that tells it the GPU's memory, else the machine's.

    One for all jobs of this process, so that many short ones look no oftener than a long one.
    """
    if device == CPU:
        return MemorySamples()
    return MemorySamples(lambda: here().get_memory_usage() or process_memory())
