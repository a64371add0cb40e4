"""Runs of one value that are longer than this series knows at these hours of the day."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.forecasting.care.finding import Finding, Found, graded, stamp, step, worst
from services.forecasting.care.rows import GAP_STEPS, Mask, Rows, Times, Values, runs_of

MIN_ROWS = 5
USUAL_RUNS = 10  # as many other runs of this value, at least half as surprising, make a run usual
PRIOR = 2.0
CERTAIN = 100.0


def flatlines(rows: Rows, left_out: Mask) -> Found:
    """How surprising a run is: the sum of -ln p over its rows, p the share of rows at that hour of the day
    that stayed at their value when they had not moved in the row before, counted without the run itself.
    A photovoltaic plant stays at zero every night (p near 1) and never at noon. A run is a finding when
    its surprise exceeds ln(100 n): less than one in a hundred series of n rows has one by chance.
    """
    number, time = rows.number, rows.time[rows.known]
    if len(number) < 2 * MIN_ROWS:
        return Found("flatline", 0, [])
    still = (number[1:] == number[:-1]) & (np.diff(time) <= GAP_STEPS * rows.step)
    still &= ~left_out[1:]
    first, last = runs_of(still)
    last = last + 1  # the run ends with the row after its last comparison
    long = last - first + 1 >= MIN_ROWS
    first, last = first[long], last[long]
    surprise = _surprise(still, rows.hour[1:], first, last)
    limit = float(np.log(CERTAIN * len(number)))
    chosen = surprise > limit
    chosen &= ~_usual(number[first], surprise)
    first, last, score = first[chosen], last[chosen], surprise[chosen] / limit
    listed = [_finding(rows, int(first[i]), int(last[i]), float(score[i])) for i in worst(score)]
    return Found("flatline", len(first), listed)


def _surprise(still: Mask, hour: NDArray[np.int64], first: Times, last: Times) -> Values:
    """Per run, with its own rows taken out of the counts."""
    after_still = np.concatenate([[False], still[:-1]])
    asked, stayed = _by_hour(hour[after_still]), _by_hour(hour[after_still & still])
    all_rows, all_still = _by_hour(hour), _by_hour(hour[still])
    own = _hours_of_runs(hour, first + 1, last)  # comparison i stands between rows i and i + 1
    plain = (all_still - own + 1) / (all_rows - own + 24)
    chance = (stayed - own + PRIOR * plain) / (asked - own + PRIOR)
    return np.asarray((-np.log(np.clip(chance, 1e-9, 1.0)) * own).sum(axis=1))


def _by_hour(hour: NDArray[np.int64]) -> NDArray[np.int64]:
    """(24,) how many of these hours since 1970 are the first, second, ... of a day."""
    return np.bincount(hour % 24, minlength=24)


def _hours_of_runs(hour: NDArray[np.int64], first: Times, last: Times) -> NDArray[np.int64]:
    """(runs, 24): how many comparisons of each run, without its first, fall into each hour of the day."""
    length = last - first
    run = np.repeat(np.arange(len(first)), length)
    place = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length) + np.repeat(first, length)
    return np.bincount(run * 24 + hour[place] % 24, minlength=24 * len(first)).reshape(len(first), 24)


def _usual(value: Values, surprise: Values) -> Mask:
    """Whether the value often stays in this way: calm air, a heating that is off."""
    order = np.lexsort((surprise, value))
    ordered_value, ordered = value[order], surprise[order]
    starts = np.flatnonzero(np.diff(ordered_value, prepend=np.nan) != 0)
    ends = np.append(starts[1:], len(order))
    group = np.searchsorted(starts, np.arange(len(order)), side="right") - 1
    rank = np.maximum(ends[group] - 1 - USUAL_RUNS, starts[group])
    enough = ends[group] - starts[group] > USUAL_RUNS
    result = np.zeros(len(order), dtype=bool)
    result[order] = enough & (2 * ordered[rank] >= ordered)
    return result


def _finding(rows: Rows, first: int, last: int, score: float) -> Finding:
    start, end = int(rows.time[rows.known[first]]), int(rows.time[rows.known[last]])
    count = last - first + 1
    return Finding(
        kind="flatline",
        start=start,
        end=end,
        rows=count,
        size=float(count),
        unit="rows",
        severity=graded(score),
        message=f"The value stays at {rows.number[first]:g} for {count} rows from {stamp(start)} to "
        f"{stamp(end)}, longer than it does at these hours otherwise.",
        score=score,
        fix=step("mark_missing", start, end),
    )
