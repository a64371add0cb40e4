"""A series made ready for the checks: its usual step, and the rows that hold numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.forecasting.parquet import SeriesData

HOUR = 3600 * 10**9
DAY = 24 * HOUR
GAP_STEPS = 1.5  # rows further apart than this many usual steps have a gap between them
SAMPLED = 1000
Times = NDArray[np.int64]
Values = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """`time` and `value` of the n rows; `known` are the k rows that hold numbers, `number` their values.

    `hour` (k,) counts whole hours since 1970 (UTC); `step` is the most frequent distance of rows in ns.
    """

    time: Times
    value: Values
    step: int
    known: Times
    number: Values
    hour: NDArray[np.int64]

    @classmethod
    def of(cls, series: SeriesData) -> Rows:
        """Of forecasts, the newest issue of every time."""
        time, value = series.time, series.value
        if series.issued is not None:
            newest = np.diff(time, append=time[-1] + 1) != 0
            time, value = time[newest], value[newest]
        known = np.flatnonzero(np.isfinite(value))
        if len(known) == len(value):  # nothing to copy
            return cls(time, value, usual_step(time), known, value, time // HOUR)
        return cls(time, value, usual_step(time), known, value[known], time[known] // HOUR)


def usual_step(time: Times) -> int:
    """The most frequent distance of two rows (ns), the shortest of several."""
    if len(time) < 2:
        return 0
    distance = np.diff(time)
    likely = np.median(distance[:: len(distance) // SAMPLED + 1])
    if 2 * np.count_nonzero(distance == likely) > len(distance):  # the quick way for regular series
        return int(likely)
    steps, counts = np.unique(distance, return_counts=True)
    return int(steps[np.argmax(counts)])


def runs_of(mask: Mask) -> tuple[Times, Times]:
    """First and last place of every run of True."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
