"""Hours that are missing or double where the clocks of a zone were changed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from services.forecasting.care.finding import Finding, Found, stamp, step
from services.forecasting.care.recipe import RecipeStep
from services.forecasting.care.rows import GAP_STEPS, Rows, Times
from services.forecasting.local_time import offset_changes


def clock_changes(rows: Rows, repeated: Times, zones: Sequence[str]) -> Found:
    """`repeated` are the instants (ns) that the file had more than once.

    Two ways lead to such hours. The times are of a local clock but were read as UTC: then the hour that
    the clock skipped is missing and the hour that it showed twice is double, on the days of the change.
    Or they were turned into UTC and the second pass of the double hour was never written: then the hour
    after (or before) the change is missing in UTC.
    """
    found: dict[tuple[int, int], Finding] = {}
    for zone in zones:
        for change, before, after in offset_changes(zone, int(rows.time[0]), int(rows.time[-1])):
            for each in (
                _read_as_utc(rows, repeated, zone, change, before, after),
                _lost_pass(rows, zone, change, before, after),
            ):
                if each is not None:
                    found.setdefault((each.start, each.end), each)
    return Found("clock_change", len(found), list(found.values()))


def _read_as_utc(
    rows: Rows, repeated: Times, zone: str, change: int, before: int, after: int
) -> Finding | None:
    first, last = sorted((change + before, change + after))  # on the clock of the zone
    if after > before:
        if not _is_absent(rows, first, last):
            return None
        what, fix = "is missing", _filling(rows, first, last)
    else:
        inside = repeated[(repeated >= first) & (repeated < last)]
        if len(inside) < max(1, (last - first) // rows.step // 2):
            return None
        what, fix = "is double", step("mark_missing", first, last - 1)
    return _finding(
        rows,
        first,
        last,
        fix,
        f"The hour from {stamp(first)} {what} on the day when the clocks of {zone} were changed: the times "
        f"look like that clock, not like UTC. Import the file with importOptions.timezone {zone!r}.",
    )


def _lost_pass(rows: Rows, zone: str, change: int, before: int, after: int) -> Finding | None:
    """Rows of one clock hour that belong to the pass that was not written."""
    width = abs(after - before)
    for first in (change, change - width):
        if _is_absent(rows, first, first + width):
            last = first + width
            return _finding(
                rows,
                first,
                last,
                _filling(rows, first, last),
                f"The hour from {stamp(first)} is missing where the clocks of {zone} were changed: "
                "the hour that comes twice was probably written once.",
            )
    return None


def _is_absent(rows: Rows, first: int, last: int) -> bool:
    """No row from `first` up to `last`, and rows close to both."""
    low, high = np.searchsorted(rows.time, [first, last])
    if low != high or low == 0 or high == len(rows.time) or last - first < rows.step:
        return False
    near = GAP_STEPS * rows.step
    return bool(first - rows.time[low - 1] <= near and rows.time[high] - last <= near)


def _filling(rows: Rows, first: int, last: int) -> RecipeStep:
    return step("interpolate", first, last - rows.step, max_rows=_count(rows, first, last))


def _count(rows: Rows, first: int, last: int) -> int:
    return max(1, (last - first) // rows.step)


def _finding(rows: Rows, first: int, last: int, fix: RecipeStep, text: str) -> Finding:
    count = _count(rows, first, last)
    return Finding(
        kind="clock_change",
        start=first,
        end=max(first, last - rows.step),
        rows=count,
        size=float(count),
        unit="rows",
        severity="medium",
        message=text,
        score=float(count),
        fix=fix,
    )
