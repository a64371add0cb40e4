"""Looks in a new dataset for what should not be there: answers among the inputs, holidays on wrong days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.forecasting.calendar import CalendarSpec
from services.forecasting.columns import Column
from services.forecasting.holidays import holidays
from services.forecasting.local_time import to_clock
from services.forecasting.notes import Note
from services.forecasting.windows import HOUR, FeatureSpec, Times, Values, current_values, values_at

SAMPLES = 500  # looked at, evenly spaced
INPUT_STEPS, OUTPUT_STEPS = 64, 256  # at most, evenly spaced; a shift of any length meets one of each
# Correlation of one input value with the change of an output since the reference time. Real inputs stay
# below: a change of solar power follows irradiance with some 0.95.
COPY, NEAR = 0.9999, 0.98
NOISE = 1e-9  # a variance below this share of the whole is rounding
SAME = 1e-9
DAY = 24 * HOUR
SHIFTED = 0.8  # share of days off that fit once the days are shifted


@dataclass(frozen=True)
class Side:
    """A series, its column, and the instants of its window relative to the reference time (ns)."""

    series: FeatureSpec
    column: Column
    offsets: Times


@dataclass(frozen=True)
class _Seen:
    """Some windows: values (n, steps) and their offsets (ns)."""

    values: Values
    offsets: Times


def find_leaks(
    inputs: Sequence[Side], outputs: Sequence[Side], references: Times, index: Times
) -> list[Note]:
    """Notes on inputs that hold, or nearly hold, the future of an output; `index`: complete references."""
    chosen = index[np.unique(np.linspace(0, len(index) - 1, SAMPLES).astype(np.int64))]
    if len(chosen) < 3:
        return []
    found = []
    for output in outputs:
        target = _thinned(output, chosen, OUTPUT_STEPS)
        now = current_values(output.series, references[chosen], None)
        for each in inputs:
            note = _compare(
                each, output, _thinned(each, chosen, INPUT_STEPS), target, now, references[chosen]
            )
            found += [note] if note is not None else []
    return found


def shifted_holidays(series: FeatureSpec, calendar: Sequence[CalendarSpec], zone: str) -> Note | None:
    """Said of an input of two values that marks the holidays of the session's country a day off."""
    country = next((spec.country for spec in calendar if spec.component == "H" and spec.country), None)
    numbers = np.unique(series.value[np.isfinite(series.value)])
    if country is None or len(numbers) != 2:
        return None
    days = to_clock(series.time, zone) // DAY
    found, which = np.unique(days, return_inverse=True)
    share = np.bincount(which, weights=series.value == numbers[1]) / np.bincount(which)
    marked = set(found[share >= 0.5].tolist())
    first, last = int(days[0]), int(days[-1])
    years = {int(np.datetime64(day, "D").astype("datetime64[Y]").astype(int)) + 1970 for day in (first, last)}
    free = {
        int(np.datetime64(day).astype(int))
        for year in range(min(years), max(years) + 1)
        for day in holidays(country, year)
    }
    fit = {shift: _overlap(marked, free, first, last, shift) for shift in (0, 1, -1)}
    best = max(fit, key=lambda shift: fit[shift])
    if best == 0 or fit[best] < SHIFTED or fit[best] <= fit[0]:
        return None
    when = "tomorrow" if best > 0 else "yesterday"
    return Note(
        "HOLIDAYS_SHIFTED",
        f"The input {series.name!r} marks on every day whether {when} is a holiday of {country}: its "
        "times seem to be a day off",
        {"feature": series.name, "days": best, "fit": round(fit[best], 4)},
    )


def _overlap(marked: set[int], free: set[int], first: int, last: int, shift: int) -> float:
    """Share of days that are marked and free among those that are either; day t against day t + shift."""
    moved = {day - shift for day in free if first <= day - shift <= last}
    return len(marked & moved) / len(marked | moved) if marked | moved else 0.0


def _thinned(side: Side, index: Times, most: int) -> _Seen:
    steps = np.unique(np.linspace(0, len(side.offsets) - 1, most).astype(np.int64))
    return _Seen(side.column.windows(index)[:, steps], side.offsets[steps])


def _compare(source: Side, output: Side, x: _Seen, y: _Seen, now: Values, references: Times) -> Note | None:
    """How well one input value tells the change of the output since the reference time, at its best steps.

    The past of the output itself is left out: it is known, and in a periodic series it tells all.
    """
    correlation = _explained(x.values, y.values, now)
    correlation[:, y.offsets <= 0] = 0.0
    own = _is_own(output.series, x, references) & (x.offsets <= 0)
    correlation[own] = 0.0
    k, h = np.unravel_index(int(np.argmax(correlation)), correlation.shape)
    value, at, of = float(correlation[k, h]), int(x.offsets[k]), int(y.offsets[h])
    if value < NEAR:
        return None
    names = source.series.name, output.series.name
    details = {
        "feature": names[0],
        "output": names[1],
        "input_hours": at / HOUR,
        "output_hours": of / HOUR,
        "correlation": round(value, 6),
    }
    said = f"the input {names[0]!r} at {at / HOUR:+g} h"
    if value < COPY:
        text = f"{said} tells almost all ({value:.4f}) of the output {names[1]!r} at {of / HOUR:+g} h"
        return Note("NEAR_PERFECT_INPUT", f"Too good to be true? T{text[1:]}", details)
    if at == of:
        text = f"{said} is the output {names[1]!r} of the same instant: the answer stands among the inputs"
        return Note("OUTPUT_AMONG_INPUTS", f"T{text[1:]}", details)
    text = f"{said} is the output {names[1]!r} at {of / HOUR:+g} h: its times seem to be shifted"
    return Note("INPUT_IS_FUTURE_OUTPUT", f"T{text[1:]}", details)


def _explained(x: Values, y: Values, now: Values) -> NDArray[np.float64]:
    """|correlation| (steps of x, steps of y) once the output's value at the reference time is taken out."""
    known = np.isfinite(now)
    base, _ = np.linalg.qr(np.column_stack([np.ones(known.sum()), now[known] - now[known].mean()]))
    left, right = (_residual(values[known], base) for values in (x, y))
    return np.abs(left.T @ right)


def _residual(values: Values, base: Values) -> Values:
    """Columns of length one without what the base explains; zero where nothing is left."""
    centred = values - values.mean(axis=0)
    left = centred - base @ (base.T @ centred)
    size, whole = np.linalg.norm(left, axis=0), np.linalg.norm(centred, axis=0)
    real = size > np.sqrt(NOISE) * whole
    return np.where(real, left / np.where(real, size, 1.0), 0.0)


def _is_own(output: FeatureSpec, x: _Seen, references: Times) -> NDArray[np.bool_]:
    """Per step of an input whether it is the output's series at that very instant."""
    at = references[:, None] + x.offsets
    there = values_at(output, at.ravel(), 0, None).reshape(at.shape)
    same = np.abs(there - x.values) <= SAME * (np.abs(there) + np.abs(x.values))
    known = np.isfinite(there)
    return np.asarray((same & known).sum(axis=0) >= 0.95 * np.maximum(known.sum(axis=0), 1))
