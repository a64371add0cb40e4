"""The names of devices: what may be asked for, and which asked-for name a device answers to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.local_training.errors import DeviceDetectionError

AUTO = "auto"
CPU = "cpu"
MPS = "mps"
CUDA = "cuda"
NAMES_IN_WORDS = "auto, cpu, mps, cuda or one GPU such as cuda:0"
_NAME = re.compile(r"auto|cpu|mps|cuda(:(0|[1-9][0-9]{0,2}))?")


def is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def answering(request: str, present: Sequence[str]) -> list[str]:
    """The devices among `present` (best first) that a request means, never none.

    "auto" means those of the best kind, "cuda" every GPU. What is not there is an error, not the CPU.
    """
    if not is_name(request):
        raise DeviceDetectionError(f"{request!r} is no device; use {NAMES_IN_WORDS}", code="UNKNOWN_DEVICE")
    kind = _kind(present[0]) if request == AUTO else request
    found = [name for name in present if name == kind or _kind(name) == kind]
    if not found:
        raise DeviceDetectionError(f"There is no device {request} here; there is {', '.join(present)}")
    return found


def _kind(name: str) -> str:
    return name.partition(":")[0]
