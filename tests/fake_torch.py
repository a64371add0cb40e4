"""Stands in for the torch module where a test needs GPUs that this machine does not have."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

MEGABYTE = 2**20


class FakeTorch:
    """As much of torch as devices use; `calls` keeps what was changed, in order."""

    def __init__(self, gpus: int = 0, *, mps: bool = False, threads: int = 4) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.memory_reads = 0
        self.allocated = 100 * MEGABYTE
        self.threads = threads
        self.version = SimpleNamespace(cuda="12.8" if gpus else None)
        self.backends = SimpleNamespace(
            mps=SimpleNamespace(is_available=lambda: mps),
            cudnn=SimpleNamespace(benchmark=False, deterministic=False),
        )
        self.cuda = SimpleNamespace(
            is_available=lambda: gpus > 0,
            device_count=lambda: gpus,
            get_device_properties=self._properties,
            memory_allocated=self._allocated,
            memory_reserved=lambda index: 2 * self.allocated,
            max_memory_allocated=lambda index: 3 * self.allocated,
            set_per_process_memory_fraction=lambda share, index: self.calls.append(("limit", share, index)),
            empty_cache=lambda: self.calls.append(("empty_cache",)),
        )

    def device(self, name: str) -> str:
        return f"device {name}"

    def get_num_threads(self) -> int:
        return self.threads

    def set_num_threads(self, threads: int) -> None:
        self.threads = threads

    def use_deterministic_algorithms(self, wanted: bool) -> None:
        self.calls.append(("deterministic", wanted))

    def _allocated(self, index: int) -> int:
        self.memory_reads += 1
        return self.allocated

    def _properties(self, index: int) -> SimpleNamespace:
        return SimpleNamespace(
            name=f"Fake H200 {index}",
            major=9,
            minor=0,
            total_memory=140 * 2**30,
            multi_processor_count=132,
        )
