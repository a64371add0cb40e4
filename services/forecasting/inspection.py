"""Everything that is noted on a new dataset: foresight, leaks, copies, holidays a day off."""

from __future__ import annotations

from collections.abc import Sequence

from services.forecasting.calendar import CalendarSpec
from services.forecasting.columns import Column
from services.forecasting.forms import foresight, hindsight
from services.forecasting.leaks import Side, find_leaks, shifted_holidays
from services.forecasting.notes import Note
from services.forecasting.repeats import repeated_rows
from services.forecasting.windows import FeatureSpec, Grid, Times

Windowed = Sequence[tuple[FeatureSpec, Grid, Column]]


def inspect(
    inputs: Windowed,
    outputs: Windowed,
    calendar: Sequence[CalendarSpec],
    zone: str,
    references: Times,
    index: Times,
) -> list[Note]:
    """`references` of the whole grid, `index` those with complete windows."""
    found: list[Note | None] = []
    for series, _, _ in inputs:
        found += [foresight(series), hindsight(series), shifted_holidays(series, calendar, zone)]
    sides = [
        [Side(each, column, window.offsets) for each, window, column in part] for part in (inputs, outputs)
    ]
    found += find_leaks(sides[0], sides[1], references, index)
    found += [repeated_rows(series) for series, _, _ in outputs]
    return [note for note in found if note is not None]
