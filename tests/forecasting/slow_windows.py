"""Windows as one writes them first: plain loops over samples and steps, from the words of the rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import isnan, nan
from statistics import fmean, median
from typing import Any
from zoneinfo import ZoneInfo

from services.forecasting.dataset import FeatureSpec, WindowSpec

MINUTE = 60 * 10**9
HOUR = 60 * MINUTE
Row = tuple[int, float]
Window = list[float]


def limit_of(series: FeatureSpec, steps: WindowSpec) -> float:
    if steps.max_gap_minutes is not None:
        return steps.max_gap_minutes * MINUTE
    times = sorted(set(series.time.tolist()))
    return 3 * median(b - a for a, b in pairwise(times))


def instants(start: float, end: float, n: int) -> list[int]:
    """Relative to the reference time (ns); one step is the end, a fraction of a nanosecond is cut."""
    begin, last = round(start * HOUR), round(end * HOUR)
    return [last] if n == 1 else [begin + k * ((last - begin) // (n - 1)) for k in range(n)]


def known_rows(series: FeatureSpec, reference: int) -> list[Row]:
    """Rows as one reference time sees them: of forecasts the newest issue of every instant."""
    if series.issued is None:
        return list(zip(series.time.tolist(), series.value.tolist(), strict=True))
    newest: dict[int, tuple[int, float]] = {}
    for time, issued, value in zip(
        series.time.tolist(), series.issued.tolist(), series.value.tolist(), strict=True
    ):
        newest.setdefault(time, (-(10**30), nan))
        if issued <= reference and not isnan(value) and issued >= newest[time][0]:
            newest[time] = (issued, value)
    return [(time, value) for time, (_, value) in sorted(newest.items())]


def line(rows: list[Row], at: int, limit: float) -> float:
    before = [row for row in rows if row[0] <= at]
    after = [row for row in rows if row[0] >= at]
    if not before or not after:
        return nan
    (t0, v0), (t1, v1) = before[-1], after[0]
    if t0 == t1:
        return v0
    return nan if t1 - t0 > limit else v0 + (v1 - v0) * float(Fraction(at - t0, t1 - t0))


def nearest(rows: list[Row], at: int, limit: float) -> float:
    before = [row for row in rows if row[0] <= at]
    after = [row for row in rows if row[0] >= at]
    if not before or not after:
        return nan
    if before[-1][0] == at:
        return before[-1][1]
    if after[0][0] - before[-1][0] > limit:
        return nan
    return after[0][1] if after[0][0] - at < at - before[-1][0] else before[-1][1]


def mean(rows: list[Row], at: int, limit: float, step: int, *, strict: bool) -> float:
    """Of the numbers in (at - step, at]; `strict`: all must be there (forecasts)."""
    times = [time for time, _ in rows]
    usual = median(b - a for a, b in pairwise(times)) if len(times) > 1 else 0
    if at - step < times[0] - usual or at > times[-1]:
        return nan
    ends = [(a, b) for a, b in pairwise(times) if b - a > limit]
    if any(at - step < b <= at or a < at < b for a, b in ends):
        return nan
    inside = [value for time, value in rows if at - step < time <= at]
    if not inside:
        return line(rows, at, limit)
    numbers = [value for value in inside if not isnan(value)]
    if not numbers or (strict and len(numbers) < len(inside)):
        return nan
    return fmean(numbers)


def value(series: FeatureSpec, rows: list[Row], at: int, step: int, limit: float) -> float:
    if series.method == "nearest":
        return nearest(rows, at, limit)
    if series.method == "mean" and step > 0:
        return mean(rows, at, limit, step, strict=series.issued is not None)
    return line(rows, at, limit)


def held(series: FeatureSpec, rows: list[Row], at: int, step: int, limit: float, reference: int) -> float:
    """As `value`, without any row after the reference time: between it and the newest row that row counts."""
    before = [row for row in rows if row[0] <= reference]
    if not before or rows[0][0] > at:
        return nan
    age = at - before[-1][0]
    width = step if series.method == "mean" else 0
    if age > 0 and age >= width:
        return before[-1][1] if age <= limit else nan
    return value(series, rows, at, step, limit)


def input_window(series: FeatureSpec, steps: WindowSpec, reference: int) -> Window:
    n, limit = steps.input_steps, limit_of(series, steps)
    rows = known_rows(series, reference)
    if series.form == "current":
        known = [row for row in rows if row[0] <= reference and not isnan(row[1])]
        fresh = known and reference - known[-1][0] <= limit
        return [known[-1][1] if fresh else nan] * n
    ahead = instants(series.start_hours, series.end_hours, n)
    step = ahead[1] - ahead[0] if n > 1 else 0
    if series.window_mean:
        return [_whole_mean(series, rows, reference)] * n
    read: Callable[..., float] = value
    if series.form == "historical" and ahead[-1] <= 0:
        return [held(series, rows, reference + each, step, limit, reference) for each in ahead]
    return [read(series, rows, reference + each, step, limit) for each in ahead]


def output_window(series: FeatureSpec, steps: WindowSpec, reference: int) -> Window:
    n, limit = steps.output_steps, limit_of(series, steps)
    rows = known_rows(series, reference)
    if series.window_mean:
        return [_whole_mean(series, rows, reference)] * n
    ahead = instants(series.start_hours, series.end_hours, n)
    step = ahead[1] - ahead[0] if n > 1 else 0
    return [value(series, rows, reference + each, step, limit) for each in ahead]


def _whole_mean(series: FeatureSpec, rows: list[Row], reference: int) -> float:
    begin, end = (reference + round(hours * HOUR) for hours in (series.start_hours, series.end_hours))
    if begin < rows[0][0] or end > rows[-1][0]:
        return nan
    inside = [number for time, number in rows if begin <= time <= end]
    numbers = [number for number in inside if not isnan(number)]
    if not numbers or (series.issued is not None and len(numbers) < len(inside)):
        return nan
    return fmean(numbers)


def lag_window(
    series: FeatureSpec, lag: str, output: FeatureSpec, steps: WindowSpec, reference: int
) -> Window:
    """The series at the instants of the horizon, moved back period by period until it is known."""
    out = instants(output.start_hours, output.end_hours, steps.output_steps)
    n, limit = steps.input_steps, limit_of(series, steps)
    step = (out[-1] - out[0]) // (n - 1) if n > 1 else 0
    ahead = [out[-1]] if n == 1 else [out[0] + k * step for k in range(n)]
    rows = known_rows(series, reference)
    found = [lagged(reference + each, reference, lag, steps.timezone) for each in ahead]
    return [held(series, rows, each, step, limit, reference) for each in found]


LENGTHS = {"PT24H": timedelta(hours=24), "PT90M": timedelta(minutes=90)}
DAYS = {"P1D": 1, "P7D": 7, "P1W": 7}


def lagged(at: int, reference: int, lag: str, zone: str) -> int:
    moment, seen = (datetime.fromtimestamp(each // 10**9, UTC) for each in (at, reference))
    rest = at % 10**9
    periods = 1
    while True:
        if lag in LENGTHS:
            found = moment - periods * LENGTHS[lag]
        else:
            clock = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            earlier = clock - timedelta(days=periods * DAYS[lag])
            found = earlier.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
        if found <= seen:
            return round(found.timestamp()) * 10**9 + rest
        periods += 1


def samples(inputs: list[FeatureSpec], outputs: list[FeatureSpec], steps: WindowSpec) -> dict[int, Any]:
    """Reference time -> (input windows by column, output windows by column), where all are complete."""
    every = [(each, steps.input_steps) for each in inputs] + [(each, steps.output_steps) for each in outputs]
    low, high = -(10**30), 10**30
    for each, n in every:
        ahead = [0] if each.form == "current" else instants(each.start_hours, each.end_hours, n)
        low = max(low, min(each.time.tolist()) - ahead[0])
        high = min(high, max(each.time.tolist()) - ahead[-1])
        if each.issued is not None:
            low = max(low, min(each.issued.tolist()))
    offset, stride = round(steps.offset_minutes * MINUTE), round(steps.stride_minutes * MINUTE)
    reference = offset + -(-(low - offset) // stride) * stride
    found = {}
    while reference <= high:
        x = [input_window(each, steps, reference) for each in inputs]
        x += [lag_window(each, lag, outputs[0], steps, reference) for each in inputs for lag in each.lags]
        y = [output_window(each, steps, reference) for each in outputs]
        if not any(isnan(number) for window in x + y for number in window):
            found[reference] = (x, y)
        reference += stride
    return found
