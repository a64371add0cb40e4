"""Level shifts: days after which a series stays higher or lower than before, all at once."""

from __future__ import annotations

import numpy as np

from services.forecasting.care.finding import Finding, Found, graded, stamp, step
from services.forecasting.care.rows import DAY, HOUR, Mask, Rows, Times, Values

SIDE = 14  # days for which a shift must last, before and after
LASTING = 0.6  # share of the sudden change that must be left over these days
SHARP = 2  # days next to the shift that are compared: weather needs longer to change a level
LIMIT = 6.0  # robust standard deviations of all differences between two days and the two before
WEEK = 168
MIN_DAYS = 5 * SIDE
FULL_DAY = 0.5
MAD_TO_SIGMA = 1.4826


def level_shifts(rows: Rows, left_out: Mask) -> Found:
    """Differences of medians before and after, in robust units of how the series changes anyway."""
    days, level, course = _daily(rows, left_out)
    if len(level) < MIN_DAYS:
        return Found("level_shift", 0, [])
    change = _jumps(level, SIDE)
    near = _jumps(level, SHARP)
    spread = MAD_TO_SIGMA * float(np.nanmedian(np.abs(near)))
    score = np.abs(near) / max(LIMIT * spread, 1e-12 * float(np.nanmax(np.abs(level))), 1e-300)
    lasting = np.sign(near) * change >= LASTING * np.abs(near)
    score = np.where(lasting & np.isfinite(score), score, 0.0)
    listed = [
        _finding(rows, _first_row(rows, left_out, course, int(days[i])), float(change[i]), float(score[i]))
        for i in _peaks(score)
    ]
    return Found("level_shift", len(listed), listed)


def _daily(rows: Rows, left_out: Mask) -> tuple[Times, Values, Values]:
    """Start of every day from the first to the last (ns), its mean without the mean course over the week,
    so that weekends and days with gaps compare with others, and that course (168,).

    A day is NaN where half of it is missing. Summed up by hours first: there are few of them.
    """
    if not rows.hour.size or rows.step > DAY:
        return np.empty(0, dtype=np.int64), np.empty(0), np.zeros(WEEK)
    first = int(rows.hour[0]) // 24 * 24
    hours = -(-(int(rows.hour[-1]) + 1 - first) // 24) * 24
    place, out = rows.hour - first, np.flatnonzero(left_out)
    counts = np.bincount(place, minlength=hours) - np.bincount(place[out], minlength=hours)
    sums = np.bincount(place, weights=rows.number, minlength=hours)
    sums -= np.bincount(place[out], weights=rows.number[out], minlength=hours)
    of_week = (first + np.arange(hours)) % WEEK
    weekly = np.bincount(of_week, weights=counts, minlength=WEEK)
    course = np.bincount(of_week, weights=sums, minlength=WEEK) / np.maximum(weekly, 1)
    by_day = (sums - course[of_week] * counts).reshape(-1, 24).sum(axis=1)
    rows_of_day = counts.reshape(-1, 24).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.where(rows_of_day >= FULL_DAY * (DAY / rows.step), by_day / rows_of_day, np.nan)
    return (first // 24 + np.arange(len(level))) * DAY, level, course


def _jumps(level: Values, side: int) -> Values:
    """Median of the `side` days from each day on, minus that of the days before; NaN near the ends."""
    padded = np.full(len(level) + 2 * side, np.nan)
    padded[side:-side] = level
    around = np.lib.stride_tricks.sliding_window_view(padded, side)
    enough = np.isfinite(around).sum(axis=1) > side / 2
    middle = np.full(len(around), np.nan)
    middle[enough] = np.nanmedian(around[enough], axis=1)
    return np.asarray(middle[side : side + len(level)] - middle[: len(level)])


def _peaks(score: Values) -> list[int]:
    """The largest first; others within two weeks of it are the same shift."""
    left = score.copy()
    found = []
    while left.max() > 1.0:
        place = int(np.argmax(left))
        found.append(place)
        left[max(0, place - SIDE + 1) : place + SIDE] = 0.0
    return found


def _finding(rows: Rows, start: int, change: float, score: float) -> Finding:
    older = int(np.searchsorted(rows.time, start))
    newer = len(rows.time) - older
    drop = older > 0 and newer >= older  # the newer part must be enough to learn from
    return Finding(
        kind="level_shift",
        start=start,
        end=start,
        rows=newer,
        size=change,
        unit="value",
        severity=graded(score),
        message=f"From {stamp(start)} on the level is {abs(change):g} {'higher' if change > 0 else 'lower'} "
        "than before. If the older part no longer holds, leave it out.",
        score=score,
        fix=step("drop", int(rows.time[0]), int(rows.time[older - 1])) if drop else None,
    )


def _first_row(rows: Rows, left_out: Mask, course: Values, day: int) -> int:
    """Where within two days of the shift the rows before and after differ most: the corner of the sum of
    distances to the middle between the two levels."""
    low, high = np.searchsorted(rows.hour, [(day - 2 * DAY) // HOUR, (day + 2 * DAY) // HOUR])
    place = low + np.flatnonzero(~left_out[low:high])
    part = rows.number[place] - course[rows.hour[place] % WEEK]
    half = len(part) // 2
    if half < 2:
        return day
    middle = (np.median(part[: half // 2 + 1]) + np.median(part[-(half // 2 + 1) :])) / 2
    distance = np.cumsum(part - middle)
    corner = int(np.argmax(np.abs(distance[:-1]))) + 1
    return int(rows.time[rows.known[place[corner]]])
