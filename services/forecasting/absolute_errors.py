"""Mean absolute errors by step and by window, over a few samples at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
# Values per chunk of samples: what is computed of it stays in the cache of a core.
CHUNK = 1 << 16


def chunks(n: int, steps: int) -> Iterator[slice]:
    """Slices of n samples that hold some CHUNK values each."""
    size = max(1, CHUNK // max(1, steps))
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def by_step(y: Array, p: Array) -> Array:
    """Mean |y - p| of (samples, steps) per step; NaN without samples."""
    if len(y) == 0:
        return np.full(y.shape[1], np.nan)
    total = np.zeros(y.shape[1])
    for rows in chunks(*y.shape):
        total += np.abs(y[rows] - p[rows]).sum(axis=0)
    return np.asarray(total / len(y))


def by_window(y: Array, p: Array) -> Array:
    """Mean |y - p| of (samples, steps) per sample."""
    found = np.empty(len(y))
    for rows in chunks(*y.shape):
        found[rows] = np.abs(y[rows] - p[rows]).mean(axis=1)
    return found


def chosen(values: Array, rows: NDArray[np.bool_]) -> Array:
    """These rows; nothing is copied where that is all of them."""
    return values if rows.all() else values[rows]
