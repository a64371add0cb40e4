"""Forecasts that were issued again and again: for an instant, the newest one known at a reference time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.forecasting.windows import (
    FeatureSpec,
    Grid,
    Method,
    Read,
    Times,
    Values,
    gaps_within,
    line,
    nearest,
)


@dataclass(frozen=True)
class Vintages:
    """One entry of `key` and `value` per forecast that holds a number; an empty one is no forecast.

    `key` is the place of the target instant in `time`, times the number of issue times, plus the place
    of the issue time in `issued`: ascending, so that one binary search finds the newest known forecast.
    """

    time: Times  # the target instants, each once, ascending
    issued: Times  # the issue times, each once, ascending
    key: Times
    value: Values

    @classmethod
    def of(cls, series: FeatureSpec) -> Vintages:
        assert series.issued is not None, "a series of forecasts knows when they were issued"
        time, place = np.unique(series.time, return_inverse=True)
        issued, rank = np.unique(series.issued, return_inverse=True)
        key = place.astype(np.int64) * len(issued) + rank
        known = np.isfinite(series.value)
        return cls(time, issued, key[known], series.value[known])

    def newest(self, place: Times, seen_from: Times) -> Values:
        """Per entry: the newest forecast for this place of `time` issued at or before the instant."""
        result = np.full(len(place), np.nan)
        first = place * len(self.issued)
        rank = np.searchsorted(self.issued, seen_from, side="right")
        found = np.searchsorted(self.key, first + rank, side="left") - 1
        known = (found >= 0) & (self.key[np.maximum(found, 0)] >= first) if len(self.key) else found >= 0
        result[known] = self.value[found[known]]
        return result

    def values_at(self, at: Times, seen_from: Times, method: Method, step: int, limit: int | None) -> Values:
        """As `windows.values_at` reads measurements, with what was known at each reference time."""

        def read(place: Times) -> Values:
            return self.newest(place, seen_from)

        if method == "mean" and step > 0:
            return self._means(at, seen_from, step, limit, read)
        return (nearest if method == "nearest" else line)(self.time, read, at, limit)

    def window_means(self, references: Times, window: Grid) -> Values:
        """One mean per reference over its whole window; NaN where the forecasts do not reach so far."""
        begin, end = references + window.start, references + window.end
        first = np.searchsorted(self.time, begin, side="left")
        last = np.searchsorted(self.time, end, side="right")
        result = self._mean_between(first, last, references)
        result[(begin < self.time[0]) | (end > self.time[-1])] = np.nan
        return result

    def _means(self, at: Times, seen_from: Times, step: int, limit: int | None, read: Read) -> Values:
        first = np.searchsorted(self.time, at - step, side="right")
        last = np.searchsorted(self.time, at, side="right")
        result = np.where(
            first == last, line(self.time, read, at, limit), self._mean_between(first, last, seen_from)
        )
        usual = int(np.median(np.diff(self.time))) if len(self.time) > 1 else 0
        wrong = (at - step < self.time[0] - usual) | (at > self.time[-1])
        if limit is not None:
            wrong |= gaps_within(self.time, at, first, last, limit)
        result[wrong] = np.nan
        return np.asarray(result)

    def _mean_between(self, first: Times, last: Times, seen_from: Times) -> Values:
        """Means over the target instants first..last-1; NaN where for one of them nothing was issued."""
        total = np.zeros(len(first))
        for k in range(int(np.max(last - first, initial=0))):
            inside = first + k < last
            total[inside] += self.newest(first[inside] + k, seen_from[inside])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(total / (last - first))
