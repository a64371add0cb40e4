"""The kinds of device: what each says of itself, and how it is made ready for a training.

torch is imported by those that need it when they need it: a machine without GPU describes itself without.
"""

from __future__ import annotations

import os
import platform
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from services.devices.names import CPU, MPS

MEGABYTE = 2**20
GIGABYTE = 2**30
MOST_THREADS = 8  # more bring small networks nothing


class Kind(Protocol):
    """One device; `name` is torch's word for it."""

    name: str

    def info(self) -> dict[str, Any]: ...
    def memory(self) -> dict[str, float] | None: ...
    def limit(self, fraction: float) -> None: ...
    def clear_cache(self) -> None: ...
    def optimize(self, *, deterministic: bool) -> None: ...


def torch_module() -> Any:
    return import_module("torch")


class Cpu:
    """The processor; its memory is the machine's."""

    name = CPU

    def __init__(self, torch: Any = None) -> None:
        self._torch = torch

    def info(self) -> dict[str, Any]:
        import psutil

        memory = psutil.virtual_memory()
        logical = psutil.cpu_count(logical=True) or 1
        return {
            "type": CPU,
            "name": _processor(),
            "device_id": 0,
            "physical_cores": psutil.cpu_count(logical=False) or logical,
            "logical_cores": logical,
            "total_memory": memory.total,
            "total_memory_gb": round(memory.total / GIGABYTE, 2),
            "available_memory_gb": round(memory.available / GIGABYTE, 2),
            "device_count": 1,
            "supports_mixed_precision": False,
        }

    def memory(self) -> dict[str, float]:
        import psutil

        memory = psutil.virtual_memory()
        return {
            "used_mb": round(memory.used / MEGABYTE, 1),
            "available_mb": round(memory.available / MEGABYTE, 1),
            "total_mb": round(memory.total / MEGABYTE, 1),
            "percent": memory.percent,
        }

    def limit(self, fraction: float) -> None:
        """Memory of the machine is nothing a process may be capped at."""

    def clear_cache(self) -> None:
        """There is no cache."""

    def optimize(self, *, deterministic: bool) -> None:
        """Never more threads than torch has now: that is this worker's share of the cores."""
        torch = self._torch or torch_module()
        torch.set_num_threads(min(torch.get_num_threads(), MOST_THREADS))
        torch.use_deterministic_algorithms(deterministic)


class Cuda:
    """One NVIDIA GPU; its memory is what this process took of it."""

    def __init__(self, torch: Any, index: int) -> None:
        self.name = f"cuda:{index}"
        self._torch = torch
        self._index = index

    def info(self) -> dict[str, Any]:
        properties = self._torch.cuda.get_device_properties(self._index)
        return {
            "type": "cuda",
            "name": properties.name,
            "device_id": self._index,
            "compute_capability": f"{properties.major}.{properties.minor}",
            "total_memory": properties.total_memory,
            "total_memory_gb": round(properties.total_memory / GIGABYTE, 2),
            "multiprocessor_count": properties.multi_processor_count,
            "device_count": self._torch.cuda.device_count(),
            "cuda_version": self._torch.version.cuda,
            "supports_mixed_precision": True,
        }

    def memory(self) -> dict[str, float]:
        cuda = self._torch.cuda
        counted = {
            "allocated_mb": cuda.memory_allocated(self._index),
            "cached_mb": cuda.memory_reserved(self._index),
            "max_allocated_mb": cuda.max_memory_allocated(self._index),
            "total_mb": cuda.get_device_properties(self._index).total_memory,
        }
        return {name: round(count / MEGABYTE, 1) for name, count in counted.items()}

    def limit(self, fraction: float) -> None:
        self._torch.cuda.set_per_process_memory_fraction(fraction, self._index)

    def clear_cache(self) -> None:
        self._torch.cuda.empty_cache()

    def optimize(self, *, deterministic: bool) -> None:
        if deterministic:
            # Without this cuBLAS refuses to be deterministic; it is read when cuBLAS is first used.
            os.putenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        self._torch.backends.cudnn.benchmark = not deterministic
        self._torch.backends.cudnn.deterministic = deterministic
        self._torch.use_deterministic_algorithms(deterministic)


class Mps:
    """The GPU of an Apple computer, which does not tell of its memory."""

    name = MPS

    def __init__(self, torch: Any) -> None:
        self._torch = torch

    def info(self) -> dict[str, Any]:
        return {
            "type": MPS,
            "name": f"Apple GPU ({platform.machine()})",
            "device_id": 0,
            "total_memory": None,
            "total_memory_gb": None,
            "device_count": 1,
            "supports_mixed_precision": False,
        }

    def memory(self) -> None:
        return None

    def limit(self, fraction: float) -> None:
        """Its memory is shared with the processor."""

    def clear_cache(self) -> None:
        """Only CUDA keeps what was freed."""

    def optimize(self, *, deterministic: bool) -> None:
        self._torch.use_deterministic_algorithms(deterministic)


def _processor() -> str:
    """The processor as its maker calls it, as far as the system tells."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8", errors="replace").splitlines() if listing.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.lower().startswith("model name"))
    return next((model for model in models if model), "") or platform.processor() or platform.machine()
