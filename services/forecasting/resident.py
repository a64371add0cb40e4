"""Memory-mapped arrays that were read once from end to end: their pages need not stay in memory."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray


def release(values: NDArray[Any]) -> None:
    """Let go of the pages of a mapped file; they are read again when they are needed again."""
    base: Any = values
    while isinstance(base, np.ndarray):
        base = base.base
    advice = getattr(mmap, "MADV_DONTNEED", None)  # not on Windows
    if isinstance(base, mmap.mmap) and advice is not None and not values.flags.writeable:
        base.madvise(advice)
