"""A long series as the few points that draw the same line: per bucket of time its least and its greatest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.forecasting.care.rows import GAP_STEPS, usual_step
from services.forecasting.parquet import SeriesData

Times = NDArray[np.int64]
Values = NDArray[np.float64]
BLOCK = 512


@dataclass(frozen=True)
class Line:
    """Points to be joined, NaN where the line breaks; `bucket` is their width in ns, 0 for whole points.

    `found` is the number of rows that the points stand for.
    """

    time: Times
    value: Values
    bucket: int
    found: int


@dataclass(frozen=True)
class Drawable:
    """A series with what every zoom of it needs, so that none looks at all rows again.

    Rows without a value neither are the least nor the greatest of a bucket: `low` is +inf there, `high`
    -inf. Of every block of rows the place of its least and its greatest is known.
    """

    time: Times
    value: Values
    step: int
    low: Values
    high: Values
    least: Times
    greatest: Times

    @classmethod
    def of(cls, series: SeriesData) -> Drawable:
        """Of forecasts, the one issued last for each time."""
        time, value = series.time, series.value
        if series.issued is not None:
            last = np.append(np.diff(time) > 0, True)
            time, value = time[last], value[last]
        known = np.isfinite(value)
        low = value if known.all() else np.where(known, value, np.inf)
        high = value if known.all() else np.where(known, value, -np.inf)
        step = usual_step(time)
        return cls(time, value, step, low, high, _by_block(low, np.argmin), _by_block(high, np.argmax))

    @property
    def size_bytes(self) -> int:
        different = {id(each): each.nbytes for each in (self.time, self.value, self.low, self.high)}
        return sum(different.values())

    def line(self, start: int, end: int, points: int) -> Line:
        """What lies between two instants, both included, in about so many points; breaks come on top."""
        first = int(np.searchsorted(self.time, start, side="left"))
        after = int(np.searchsorted(self.time, end, side="right"))
        if after - first <= points:
            return self._whole(first, after)
        return self._buckets(first, after, points)

    def _whole(self, first: int, after: int) -> Line:
        time, value = self.time[first:after], self.value[first:after]
        gap = np.flatnonzero(np.diff(time) > GAP_STEPS * self.step)
        middle = time[gap] + self.step
        return Line(np.insert(time, gap + 1, middle), np.insert(value, gap + 1, np.nan), 0, after - first)

    def _buckets(self, first: int, after: int, points: int) -> Line:
        """Two points per bucket in the order of time, and the ends of the stretch as they are.

        A bucket is at least as wide as a usual step, so that only a gap leaves one empty.
        """
        start, end = int(self.time[first]), int(self.time[after - 1])
        count = max(1, (points - 2) // 2)
        width = max(-(-(end - start + 1) // count), self.step)
        edges = np.arange(start, end + width + 1, width)
        bounds = np.clip(np.searchsorted(self.time, edges, side="left"), first, after)
        parts = list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))
        picked = [place for begin, stop in parts for place in self._extremes(begin, stop)]
        rows = np.array(picked, dtype=np.int64)
        empty = np.repeat(np.array([begin == stop for begin, stop in parts]), 2)
        time, value = self.time[np.minimum(rows, after - 1)], self.value[np.minimum(rows, after - 1)]
        middles = np.repeat(edges[:-1] + width // 2, 2)
        time, value = np.where(empty, middles, time), np.where(empty, np.nan, value)
        time = np.concatenate([[start], time, [end]])
        value = np.concatenate([[self.value[first]], value, [self.value[after - 1]]])
        kept = np.append(True, np.diff(time) > 0)
        return Line(time[kept], value[kept], width, after - first)

    def _extremes(self, begin: int, stop: int) -> tuple[int, int]:
        """Places of the least and the greatest row, the earlier first; twice one where none has a value."""
        least = _place(self.low, self.least, begin, stop, np.argmin)
        greatest = _place(self.high, self.greatest, begin, stop, np.argmax)
        return (least, greatest) if least <= greatest else (greatest, least)


def _by_block(values: Values, which: Callable[..., NDArray[np.intp]]) -> Times:
    """The place of the extreme of every full block."""
    full = len(values) // BLOCK * BLOCK
    inner = which(values[:full].reshape(-1, BLOCK), axis=1)
    return np.asarray(inner + np.arange(0, full, BLOCK), dtype=np.int64)


def _place(values: Values, blocks: Times, begin: int, stop: int, which: Callable[..., np.intp]) -> int:
    """Of the rows from `begin` to before `stop`; whole blocks in between are known already."""
    first, last = -(-begin // BLOCK), stop // BLOCK
    if begin >= stop:
        return begin
    if first >= last:
        return begin + int(which(values[begin:stop]))
    within = blocks[first:last]
    found = [int(within[which(values[within])])]
    if begin < first * BLOCK:
        found.append(begin + int(which(values[begin : first * BLOCK])))
    if last * BLOCK < stop:
        found.append(last * BLOCK + int(which(values[last * BLOCK : stop])))
    return found[int(which(values[found]))]
