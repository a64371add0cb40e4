"""The device that a process trains on: chosen once, described, measured, made ready."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any

from services.devices.detection import devices
from services.devices.kinds import Cpu, Kind, torch_module
from services.devices.names import AUTO, CPU, answering
from services.local_training.errors import DeviceDetectionError

if TYPE_CHECKING:
    import torch as torch_types

MEMORY_FRACTION = 0.8  # of a GPU; the rest is left to its driver, its display and its neighbours
SAMPLE_SECONDS = 1.0


class DeviceManager:
    """`request`: auto, cpu, mps, cuda or cuda:1; what is not there raises DeviceDetectionError.

    Making one caps the process at `memory_fraction` of a GPU's memory (None: no cap), once and for all;
    reading changes nothing. torch is not imported for the CPU until `device` or
    `optimize_for_training` needs it.
    """

    def __init__(
        self,
        request: str = AUTO,
        *,
        deterministic: bool = False,
        memory_fraction: float | None = MEMORY_FRACTION,
        torch: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.deterministic = deterministic
        self._torch = torch
        self._kind = _chosen(request, torch)
        self._clock = clock
        self._lock = Lock()
        self._sampled_at = float("-inf")
        self._sample: dict[str, float] | None = None
        if memory_fraction is not None:
            self._kind.limit(memory_fraction)

    @property
    def name(self) -> str:
        """Such as "cpu", "mps", "cuda:0"."""
        return self._kind.name

    @property
    def device(self) -> torch_types.device:
        device: torch_types.device = (self._torch or torch_module()).device(self.name)
        return device

    @property
    def device_info(self) -> dict[str, Any]:
        return self._kind.info()

    def get_memory_usage(self) -> dict[str, float] | None:
        """Megabytes, measured at most once a second however often it is asked; None where none is told."""
        with self._lock:
            moment = self._clock()
            if moment - self._sampled_at >= SAMPLE_SECONDS:
                self._sample, self._sampled_at = self._kind.memory(), moment
            return None if self._sample is None else dict(self._sample)

    def clear_cache(self) -> None:
        self._kind.clear_cache()

    def optimize_for_training(self) -> None:
        """Fastest kernels, or with `deterministic` the same result every time; at most 8 CPU threads."""
        self._kind.optimize(deterministic=self.deterministic)


_settled: list[DeviceManager] = []
_settling = Lock()


def settle(request: str, *, sharers: int = 1) -> DeviceManager:
    """Called once by a worker process: what everything in it computes on from now on.

    `sharers`: processes that use the same device; each may take its part of the memory.
    """
    with _settling:
        if _settled:
            raise DeviceDetectionError(f"This process works on {_settled[0].name} already", code="SETTLED")
        _settled.append(DeviceManager(request, memory_fraction=MEMORY_FRACTION / sharers))
        return _settled[0]


def here() -> DeviceManager:
    """The one device of this worker process."""
    if not _settled:
        raise DeviceDetectionError("No device was chosen for this process", code="NOT_SETTLED")
    return _settled[0]


def _chosen(request: str, torch: Any) -> Kind:
    if request == CPU:
        return Cpu(torch)
    found = devices(torch)
    return found[answering(request, list(found))[0]]
