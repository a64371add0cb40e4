"""Findings of rows that are not there, and of rows that hold no number."""

from __future__ import annotations

from typing import Literal

import numpy as np

from services.forecasting.care.finding import Finding, Found, Severity, stamp, step, worst
from services.forecasting.care.rows import DAY, GAP_STEPS, HOUR, Mask, Rows, Times, runs_of

FILLED = 2 * HOUR  # a line across up to two hours is closer to the truth than leaving out all windows
FILLED_ROWS = 3
WHAT: dict[Literal["gap", "missing"], str] = {"gap": "are absent", "missing": "hold no number"}


def gaps(rows: Rows, told: list[Finding]) -> Found:
    """Where two rows are further apart than 1.5 usual steps; clock changes are told elsewhere."""
    place = np.flatnonzero(np.diff(rows.time) > GAP_STEPS * rows.step)
    place = place[_untold(rows.time[place], told)]
    before, after = rows.time[place], rows.time[place + 1]
    absent = np.maximum(1, np.rint((after - before) / rows.step).astype(np.int64) - 1)
    return _holes("gap", rows, before, after, absent)


def missing(rows: Rows) -> Found:
    """Runs of rows without a number."""
    first, last = runs_of(~np.isfinite(rows.value))
    padded = np.concatenate([[rows.time[0] - rows.step], rows.time, [rows.time[-1] + rows.step]])
    return _holes("missing", rows, padded[first], padded[last + 2], last - first + 1)


def _untold(before: Times, told: list[Finding]) -> Mask:
    free = np.ones(len(before), dtype=bool)
    for each in told:
        free &= (before >= each.end) | (before < each.start - (each.end - each.start) - 1)
    return free


def _holes(kind: Literal["gap", "missing"], rows: Rows, before: Times, after: Times, count: Times) -> Found:
    """`before` and `after` are the instants of the rows around a hole; the finding lies between them."""
    listed = [_hole(kind, rows, int(before[i]), int(after[i]), int(count[i])) for i in worst(after - before)]
    return Found(kind, len(before), listed)


def _hole(kind: Literal["gap", "missing"], rows: Rows, before: int, after: int, count: int) -> Finding:
    start, end = before + rows.step, max(before + rows.step, after - rows.step)
    length = after - before
    short = count <= FILLED_ROWS or length <= FILLED + rows.step
    severity: Severity = "low" if short else "medium" if length <= DAY else "high"
    way = "a straight line can fill them" if short else "windows that touch them are left out"
    return Finding(
        kind=kind,
        start=start,
        end=end,
        rows=count,
        size=float(count),
        unit="rows",
        severity=severity,
        message=f"{count} rows {WHAT[kind]} from {stamp(start)} to {stamp(end)}; {way}.",
        score=float(length),
        fix=step("interpolate", start, end, max_rows=count) if short else step("mark_missing", start, end),
    )
