"""Applies a recipe to a series, and says what every step did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.care.recipe import RecipeStep, no_line_through_forecasts
from services.forecasting.care.rows import GAP_STEPS, usual_step
from services.forecasting.errors import DataError
from services.forecasting.parquet import SeriesData

MIN_ROWS = 2
MAX_ADDED = 20_000_000
Mask = NDArray[np.bool_]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def apply(recipe: Sequence[RecipeStep], series: SeriesData) -> tuple[SeriesData, list[dict[str, Any]]]:
    """The mended series, and per step its wire fields with `rows` (changed), `added` and `removed`.

    The usual step is that of the series as it was: dropping rows must not change what a gap is.
    """
    done = []
    step = usual_step(series.time)
    for each in recipe:
        before = series
        series, changed = _apply(each, series, step)
        grown = len(series.time) - len(before.time)
        done.append({**each.to_json(), "rows": changed, "added": max(grown, 0), "removed": max(-grown, 0)})
    if len(series.time) < MIN_ROWS:
        raise DataError(
            "RECIPE_LEAVES_NOTHING",
            f"The recipe leaves {len(series.time)} rows of the series; at least {MIN_ROWS} are needed",
            suggestion="Take out a drop, or choose a shorter interval",
            details={"field": "recipe", "rows": len(series.time), "minimum": MIN_ROWS},
        )
    return series, done


def sentence(step: dict[str, Any]) -> str:
    """One line for a log."""
    counts = [f"{step['rows']} rows touched"]
    counts += [f"{step[name]} {name}" for name in ("added", "removed") if step[name]]
    return f"{step['action']} from {step['from']} to {step['to']}: {', '.join(counts)}"


def _apply(step: RecipeStep, series: SeriesData, usual: int) -> tuple[SeriesData, int]:
    start, end = _ns(step.start), _ns(step.end)
    if step.action == "drop":
        kept = ~_within(series.time, start, end)
        issued = None if series.issued is None else series.issued[kept]
        return SeriesData(series.time[kept], series.value[kept], issued), int((~kept).sum())
    if step.action == "clip":
        return _clip(step, series, _within(series.time, start, end))
    if step.action == "mark_missing":
        filled, added = _with_absent_rows(series, start, end, usual, None)
        inside = _within(filled.time, start, end)
        changed = int((inside & np.isfinite(filled.value)).sum()) + added
        value = np.where(inside, np.nan, filled.value)
        return SeriesData(filled.time, value, series.issued), changed
    if series.issued is not None:
        raise no_line_through_forecasts("recipe")
    return _interpolate(series, start, end, usual, step.max_rows or 1)


def _clip(step: RecipeStep, series: SeriesData, inside: Mask) -> tuple[SeriesData, int]:
    value = series.value.copy()
    value[inside] = np.clip(value[inside], step.low, step.high)
    changed = (value != series.value) & np.isfinite(series.value)
    return SeriesData(series.time, value, series.issued), int(changed.sum())


def _interpolate(
    series: SeriesData, start: int, end: int, usual: int, max_rows: int
) -> tuple[SeriesData, int]:
    """Holes are runs of missing rows, absent ones counted with them; longer ones stay as they were."""
    filled, _ = _with_absent_rows(series, start, end, usual, max_rows)
    known = np.isfinite(filled.value)
    if not known.any():
        return series, 0
    chosen = _short_holes(known, max_rows) & _within(filled.time, start, end)
    value = filled.value.copy()
    value[chosen] = _on_the_line(filled.time, filled.value, known, np.flatnonzero(chosen))
    kept = chosen | np.isin(filled.time, series.time, assume_unique=True)
    return SeriesData(filled.time[kept], value[kept]), int(chosen.sum())


def _short_holes(known: Mask, max_rows: int) -> Mask:
    """Rows of runs without a value, of at most `max_rows`, that have a value on both sides."""
    edges = np.diff(np.concatenate([[True], known, [True]]).astype(np.int8))
    first, after = np.flatnonzero(edges == -1), np.flatnonzero(edges == 1)
    short = (after - first <= max_rows) & (first > 0) & (after < len(known))
    marks = np.zeros(len(known) + 1, dtype=np.int64)
    marks[first[short]] += 1
    marks[after[short]] -= 1
    return np.asarray(np.cumsum(marks)[:-1] > 0)


def _on_the_line(
    time: NDArray[np.int64], value: NDArray[np.float64], known: Mask, at: NDArray[np.int64]
) -> NDArray[np.float64]:
    rows = np.flatnonzero(known)
    right = np.searchsorted(rows, at)
    left, right = rows[right - 1], rows[right]
    share = (time[at] - time[left]) / (time[right] - time[left])
    return np.asarray(value[left] + (value[right] - value[left]) * share)


def _with_absent_rows(
    series: SeriesData, start: int, end: int, usual: int, max_rows: int | None
) -> tuple[SeriesData, int]:
    """Rows without a value where the interval lacks some, one usual step after the other.

    Of forecasts every issue has times of its own, so that none is absent.
    """
    if series.issued is not None:
        return series, 0
    distance = np.diff(series.time)
    gap = (distance > GAP_STEPS * usual) & (series.time[1:] > start) & (series.time[:-1] < end)
    absent = np.rint(distance / usual).astype(np.int64) - 1
    if max_rows is not None:
        gap &= absent <= max_rows
    before = np.flatnonzero(gap)
    counts = np.maximum(absent[before], 1)
    _refuse_too_many(int(counts.sum()))
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    width = distance[before] // (counts + 1)  # a gap that is no whole number of steps is cut evenly
    added = np.repeat(series.time[before], counts) + place * np.repeat(width, counts)
    added = added[_within(added, start, end)]
    if not added.size:
        return series, 0
    time = np.concatenate([series.time, added])
    value = np.concatenate([series.value, np.full(len(added), np.nan)])
    order = np.argsort(time, kind="stable")
    return SeriesData(time[order], value[order]), len(added)


def _refuse_too_many(rows: int) -> None:
    if rows > MAX_ADDED:
        raise DataError(
            "RECIPE_TOO_LARGE",
            f"The gaps of the interval lack {rows} rows at the usual step; at most {MAX_ADDED} are put in",
            suggestion="Choose a shorter interval, or use drop",
            details={"field": "recipe", "rows": rows, "limit": MAX_ADDED},
        )


def _within(time: NDArray[np.int64], start: int, end: int) -> Mask:
    return np.asarray((time >= start) & (time <= end))


def _ns(value: datetime) -> int:
    return (value - EPOCH) // timedelta(microseconds=1) * 1000
