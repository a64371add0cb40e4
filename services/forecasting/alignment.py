"""Features laid on one grid of reference times, and which of these have all their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.forecasting.calendar import ORDER, CalendarSpec
from services.forecasting.columns import Column, Constant, columns_of
from services.forecasting.forms import (
    column_of,
    horizon_of,
    lag_column,
    lag_reaches,
    reach_of,
    refuse_form_of_output,
    window_of,
)
from services.forecasting.lag_names import lag_name
from services.forecasting.lags import read_lags
from services.forecasting.refusals import no_room, no_samples, refuse_missing_roles
from services.forecasting.sources import CalendarSource
from services.forecasting.windows import (
    Arithmetic,
    FeatureSpec,
    Grid,
    Times,
    WindowSpec,
    gap_limit,
    grid,
    reference_times,
)

Windowed = list[tuple[FeatureSpec, Grid]]
Report = Callable[[float, float], None]


@dataclass(frozen=True)
class Aligned:
    """The columns that come from files, at all reference times; `index` are the places of complete ones."""

    series: Windowed  # inputs first
    n_inputs: int
    horizon: Grid
    references: Times
    columns: list[Column]  # one per series
    lagged: list[tuple[FeatureSpec, str, Column]]  # series, name of the lag's column, its values
    index: NDArray[np.int64]
    dropped: dict[str, int]  # references by the first feature that is incomplete


class Completeness:
    """Which references have all their values so far, and by which feature the others fell out."""

    def __init__(self, references: int) -> None:
        self._complete = np.ones(references, dtype=bool)
        self.dropped: dict[str, int] = {}

    def add(self, name: str, column: Column) -> None:
        found = column.complete(len(self._complete))
        self.dropped[name] = self.dropped.get(name, 0) + int((self._complete & ~found).sum())
        self._complete &= found

    def index(self) -> NDArray[np.int64]:
        """The places of the complete ones, at least one."""
        index = np.flatnonzero(self._complete)
        if len(index) == 0:
            raise no_samples(len(self._complete), self.dropped)
        return index


def align(
    inputs: Sequence[FeatureSpec],
    outputs: Sequence[FeatureSpec],
    windows: WindowSpec,
    arithmetic: Arithmetic,
    report: Report = lambda _current, _total: None,
) -> Aligned:
    """Cut all series at every reference time; the calendar, which is never incomplete, is left out."""
    series = windowed(inputs, outputs, windows, arithmetic)
    references = reference_times(series, len(inputs), windows, arithmetic)
    if len(references) == 0:
        raise no_room(series)
    horizon = horizon_of([window for _, window in series[len(inputs) :]], windows.input_steps)
    whole = Completeness(len(references))
    columns: list[Column] = []
    lagged: list[tuple[FeatureSpec, str, Column]] = []
    for done, (each, window) in enumerate(series, start=1):
        is_input = done <= len(inputs)
        columns.append(column_of(each, window, references, windows, arithmetic, is_input=is_input))
        whole.add(each.name, columns[-1])
        for lag in read_lags(each.lags):
            column = lag_column(each, lag, horizon, references, windows, arithmetic)
            lagged.append((each, lag_name(each.name, lag.text), column))
            whole.add(lagged[-1][1], column)
        report(done, len(series) + 1)
    index, dropped = whole.index(), {name: count for name, count in whole.dropped.items() if count}
    return Aligned(series, len(inputs), horizon, references, columns, lagged, index, dropped)


def reach_of_samples(cut: Aligned, windows: WindowSpec, arithmetic: Arithmetic) -> tuple[int, int]:
    """How far before and after the reference time a sample looks."""
    starts, ends = [0], [0]
    for each, window in cut.series:
        start, end = reach_of(each, window, gap_limit(each, windows.max_gap_minutes, arithmetic))
        starts += [start, *lag_reaches(each, cut.horizon, cut.references, windows)]
        ends.append(end)
    return min(starts), max(ends)


def windowed(
    inputs: Sequence[FeatureSpec],
    outputs: Sequence[FeatureSpec],
    windows: WindowSpec,
    arithmetic: Arithmetic,
) -> Windowed:
    """The series with their windows, inputs first."""
    refuse_missing_roles(inputs, outputs)
    for each in outputs:
        refuse_form_of_output(each)
    return [(each, window_of(each, windows.input_steps, arithmetic)) for each in inputs] + [
        (each, window_of(each, windows.output_steps, arithmetic)) for each in outputs
    ]


def in_order(calendar: Sequence[CalendarSpec]) -> list[CalendarSpec]:
    """As their columns stand: year, month, week, day, holidays."""
    return sorted(calendar, key=lambda spec: ORDER.index(spec.component))


def calendar_window(spec: CalendarSpec, steps: int, arithmetic: Arithmetic) -> Grid:
    """The instants of a component; without a window of its own the reference time alone."""
    if not spec.per_step:
        return Grid(0, 0, steps)
    return grid(spec.component, spec.start_hours, spec.end_hours, steps, arithmetic)


def calendar_columns(
    spec: CalendarSpec, references: Times, windows: WindowSpec, arithmetic: Arithmetic
) -> list[Column]:
    source = CalendarSource(spec, windows.timezone, arithmetic)
    if not spec.per_step:
        return [Constant(values, windows.input_steps) for values in source.values_at(references, references)]
    window = calendar_window(spec, windows.input_steps, arithmetic)
    return columns_of(source, references, window, windows.stride)
