"""Windows around reference times: which instants they hold, and their values by interpolation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import gcd, isfinite
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from services.forecasting.errors import DataError
from services.forecasting.local_time import time_zone
from services.forecasting.units import HOUR as HOUR
from services.forecasting.units import MINUTE as MINUTE

Times = NDArray[np.int64]  # nanoseconds since 1970, UTC
Values = NDArray[np.float64]
Read = Callable[[Times], Values]  # places of rows -> their values
Method = Literal["linear", "mean", "nearest"]
Form = Literal["historical", "forecasts", "current"]
Arithmetic = Literal["honest", "compat"]

# A gap counts as one when it is longer than this many usual steps, unless a limit is given.
USUAL_STEPS = 3


@dataclass(frozen=True)
class WindowSpec:
    """How many steps, and where the reference times lie; limits are in minutes."""

    input_steps: int
    output_steps: int
    stride_minutes: float
    offset_minutes: float = 0.0
    timezone: str = "UTC"
    max_gap_minutes: float | None = None

    def __post_init__(self) -> None:
        for name, steps in (("eingabe", self.input_steps), ("ausgabe", self.output_steps)):
            if steps < 1:
                raise _invalid(name, f"{name} must be at least 1 step, not {steps}")
        if not isfinite(self.stride_minutes) or round(self.stride_minutes * MINUTE) <= 0:
            text = f"zeitschrittweite must be more than 0 minutes, not {self.stride_minutes}"
            raise _invalid("zeitschrittweite", text)
        if not isfinite(self.offset_minutes):
            raise _invalid("offset", f"offset must be a number of minutes, not {self.offset_minutes}")
        if self.max_gap_minutes is not None and not self.max_gap_minutes > 0:
            text = f"max_gap_minutes must be more than 0, not {self.max_gap_minutes}"
            raise _invalid("max_gap_minutes", text)
        time_zone(self.timezone)

    @property
    def stride(self) -> int:
        return round(self.stride_minutes * MINUTE)

    @property
    def offset(self) -> int:
        return round(self.offset_minutes * MINUTE)


def _invalid(field_name: str, text: str) -> DataError:
    return DataError("INVALID_ZEITSCHRITTE", text, details={"field": field_name})


@dataclass(frozen=True)
class FeatureSpec:
    """A series and what a sample takes of it; NaN in `value` means missing.

    `form` historical: a window of measurements. forecasts: a window of the newest forecasts issued
    (`issued`, ns) by the reference time; `time` then repeats, ordered by time and issue. current: the
    newest measurement by the reference time in every step.
    """

    name: str
    time: Times = field(repr=False)
    value: Values = field(repr=False)
    start_hours: float
    end_hours: float
    method: Method = "linear"
    window_mean: bool = False
    scale: bool = True
    scale_min: float = 0.0
    scale_max: float = 1.0
    form: Form = "historical"
    issued: Times | None = field(default=None, repr=False)
    lags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grid:
    """The instants of a window relative to its reference time: start, then equal steps (ns).

    `step_minutes` names the step in tables: as it was meant, before it was cut to nanoseconds.
    """

    start: int
    step: int
    steps: int
    step_minutes: float = 0.0

    @property
    def end(self) -> int:
        return self.start + self.step * (self.steps - 1)

    @property
    def offsets(self) -> Times:
        return self.start + self.step * np.arange(self.steps, dtype=np.int64)


def grid(
    name: str, start_hours: float, end_hours: float, steps: int, arithmetic: Arithmetic = "honest"
) -> Grid:
    """A window of one step holds its end: the newest past value, or the far end of the horizon.

    A step that is no whole number of nanoseconds is cut, so that no window ends after its end; the
    historical arithmetic rounds it.
    """
    if not (isfinite(start_hours) and isfinite(end_hours)):
        raise DataError(
            "INVALID_WINDOW",
            f"The window of {name!r} needs two numbers of hours, not {start_hours} and {end_hours}",
            details={"field": "zeithorizontStart", "feature": name},
        )
    start, end = round(start_hours * HOUR), round(end_hours * HOUR)
    if start > end or (start == end and steps > 1):
        raise DataError(
            "INVALID_WINDOW",
            f"The window of {name!r} must start before it ends, not {start_hours} h to {end_hours} h",
            suggestion="Set zeithorizontStart below zeithorizontEnd",
            details={"field": "zeithorizontStart", "feature": name},
        )
    if steps == 1:
        return Grid(end, 0, 1, 0.0)
    if arithmetic == "compat":
        named = (end_hours - start_hours) * 60 / (steps - 1)
        return Grid(start, round((end - start) / (steps - 1)), steps, named)
    return Grid(start, (end - start) // (steps - 1), steps, (end - start) / (steps - 1) / MINUTE)


def gap_limit(series: FeatureSpec, max_gap_minutes: float | None, arithmetic: Arithmetic) -> int | None:
    """Longest distance of two rows (ns) that is bridged; the historical arithmetic bridges everything."""
    if arithmetic == "compat":
        return None
    if max_gap_minutes is not None:
        return round(max_gap_minutes * MINUTE)
    time = series.time if series.issued is None else np.unique(series.time)
    return USUAL_STEPS * usual_step(time)


def usual_step(time: Times) -> int:
    """The median distance of two rows (ns); 0 for a single row."""
    return int(np.median(np.diff(time))) if len(time) > 1 else 0


def values_at(series: FeatureSpec, at: Times, step: int, limit: int | None) -> Values:
    """The series at these instants by its method; NaN where it says nothing."""
    if series.method == "mean" and step > 0:
        return _means(series.time, series.value, at, step, limit)
    between = nearest if series.method == "nearest" else line
    return between(series.time, lambda rows: series.value[rows], at, limit)


def interpolate(time: Times, value: Values, at: Times, limit: int | None) -> Values:
    """The row at the instant, or the straight line between its neighbours (A.4); NaN rows are barriers."""
    return line(time, lambda rows: value[rows], at, limit)


def line(time: Times, read: Read, at: Times, limit: int | None) -> Values:
    """`interpolate` of rows whose values are looked up."""
    right = np.searchsorted(time, at, side="left")
    inside = (right < len(time)) & (at >= time[0])
    right = np.minimum(right, len(time) - 1)
    left = np.where(time[right] == at, right, np.maximum(right - 1, 0))
    distance = time[right] - time[left]
    share = (at - time[left]) / np.where(distance == 0, 1, distance)
    before, after = read(left), read(right)
    result = np.where(left == right, after, before + (after - before) * share)
    outside = ~inside if limit is None else ~inside | (distance > limit)
    result[outside] = np.nan
    return np.asarray(result)


def nearest(time: Times, read: Read, at: Times, limit: int | None) -> Values:
    """The row closest in time, the earlier of two; only between the first and the last row."""
    right = np.minimum(np.searchsorted(time, at, side="left"), len(time) - 1)
    left = np.maximum(right - 1, 0)
    chosen = np.where(time[right] - at < at - time[left], right, left)
    chosen = np.where(time[right] == at, right, chosen)
    result = np.array(read(chosen), dtype=np.float64)
    wrong = (at < time[0]) | (at > time[-1])
    if limit is not None:
        wrong |= (time[right] - time[left] > limit) & (time[right] != at)
    result[wrong] = np.nan
    return result


def _means(time: Times, value: Values, at: Times, step: int, limit: int | None) -> Values:
    """The mean of the numbers in (instant - step, instant]; where rows are wider apart, the line between.

    NaN where the file does not cover the whole interval, or a gap beyond the limit lies in it.
    """
    first = np.searchsorted(time, at - step, side="right")
    last = np.searchsorted(time, at, side="right")
    result = _mean_between(value, first, last)
    sparse = first == last
    result[sparse] = interpolate(time, value, at[sparse], limit)
    wrong = (at - step < time[0] - usual_step(time)) | (at > time[-1])
    if limit is not None:
        wrong |= gaps_within(time, at, first, last, limit)
    result[wrong] = np.nan
    return result


def gaps_within(time: Times, at: Times, first: Times, last: Times, limit: int) -> NDArray[np.bool_]:
    """Whether a gap longer than the limit ends or stands open in (…, at], whose rows are first..last-1."""
    long = np.concatenate([[False], np.diff(time) > limit, [False]])
    before = np.concatenate([[0], np.cumsum(long)])
    open_at_end = long[last] & (at > time[np.maximum(last - 1, 0)])
    return np.asarray((before[last] - before[first] > 0) | open_at_end)


def window_means(series: FeatureSpec, references: Times, window: Grid, arithmetic: Arithmetic) -> Values:
    """One mean per reference over its whole window; NaN where there is none.

    The historical arithmetic leaves the last row out and takes what there is before the file begins.
    """
    begin, end = references + window.start, references + window.end
    first = np.searchsorted(series.time, begin, side="left")
    last = np.searchsorted(series.time, end, side="right")
    if arithmetic == "compat":
        result = _mean_between(series.value, first, np.maximum(last - 1, 0))
        result[last == 0] = np.nan
        return result
    result = _mean_between(series.value, first, last)
    result[(begin < series.time[0]) | (end > series.time[-1])] = np.nan
    return result


def current_values(series: FeatureSpec, references: Times, limit: int | None) -> Values:
    """The newest number not after each reference time; NaN where it is older than the limit."""
    known = np.flatnonzero(np.isfinite(series.value))
    place = np.searchsorted(series.time[known], references, side="right") - 1
    result = np.full(len(references), np.nan)
    found = place >= 0
    rows = known[place[found]]
    result[found] = series.value[rows]
    if limit is not None:
        result[np.flatnonzero(found)[references[found] - series.time[rows] > limit]] = np.nan
    return result


def _mean_between(value: Values, first: Times, last: Times) -> Values:
    """Means of the numbers among rows first..last-1; summed about the middle, which keeps the digits."""
    numeric = np.isfinite(value)
    middle = float(np.mean(value[numeric])) if numeric.any() else 0.0
    sums = np.concatenate([[0.0], np.cumsum(np.where(numeric, value - middle, 0.0))])
    counts = np.concatenate([[0], np.cumsum(numeric)])
    last = np.maximum(last, first)
    count = counts[last] - counts[first]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((sums[last] - sums[first]) / count + middle)


def reference_times(
    features: list[tuple[FeatureSpec, Grid]], n_inputs: int, spec: WindowSpec, arithmetic: Arithmetic
) -> Times:
    """Every instant at which a forecast could be made; incomplete ones are dropped later."""
    if arithmetic == "compat":
        return _historical_references([series for series, _ in features[:n_inputs]], spec)
    low = max(earliest_reference(series, window) for series, window in features)
    high = min(int(series.time[-1]) - window.end for series, window in features)
    first = spec.offset + -(-(low - spec.offset) // spec.stride) * spec.stride
    return _arange(first, high, spec.stride)


def earliest_reference(series: FeatureSpec, window: Grid) -> int:
    """Where its window begins with its rows, and a first forecast has been issued."""
    first = int(series.time[0]) - window.start
    return first if series.issued is None else max(first, int(series.issued.min()))


def _historical_references(inputs: list[FeatureSpec], spec: WindowSpec) -> Times:
    """From the hour before the first input row, in steps, up to the earliest last row (A.3)."""
    start = min(int(series.time[0]) for series in inputs)
    end = min(int(series.time[-1]) for series in inputs)
    first = start // HOUR * HOUR - HOUR + spec.offset
    if first < start:
        first += -(-(start - first) // spec.stride) * spec.stride
    return _arange(first, end, spec.stride)


MAX_REFERENCES = 20_000_000


def _arange(first: int, last: int, stride: int) -> Times:
    count = max(0, (last - first) // stride + 1)
    if count > MAX_REFERENCES:
        raise DataError(
            "TOO_MANY_SAMPLES",
            f"zeitschrittweite gives {count} reference times; at most {MAX_REFERENCES} are taken",
            suggestion="Use a wider zeitschrittweite",
            details={"field": "zeitschrittweite", "limit": MAX_REFERENCES},
        )
    return first + stride * np.arange(count, dtype=np.int64)


REGULAR_PART = 2**18


def is_regular(time: Times, first: int, step: int, points: int) -> bool:
    """Whether these are just the instants first, first + step, …; in parts, to need no copy of them."""
    if len(time) != points or time[0] != first or time[-1] != first + step * (points - 1):
        return False
    parts = range(0, points, REGULAR_PART)
    return all((np.diff(time[start : start + REGULAR_PART + 1]) == step).all() for start in parts)


def lattice_step(window: Grid, stride: int) -> int:
    """The widest step that meets every instant of every window."""
    return gcd(window.step, stride) if window.step else stride
