"""How the values in the samples are distributed: as a whole, by part of the split, by hour, by weekday."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from services.forecasting.alignment import (
    Aligned,
    align,
    calendar_columns,
    calendar_window,
    in_order,
    reach_of_samples,
)
from services.forecasting.calendar import CalendarSpec, names_of
from services.forecasting.columns import Column
from services.forecasting.distribution import distribution
from services.forecasting.local_time import to_clock
from services.forecasting.split import PARTS, SplitSpec, historical_split, honest_split
from services.forecasting.units import HOUR
from services.forecasting.windows import Arithmetic, FeatureSpec, Times, WindowSpec

By = Literal["all", "split", "hour", "weekday"]
Role = Literal["input", "lag", "calendar", "output"]
Indices = NDArray[np.int64]
# As many as the pictures of a dataset show; of those by time fewer, for each value is put into a group.
MAX_SAMPLES, MAX_DEALT = 2000, 1000
MAX_VALUES = 200_000  # of a variable
WEEKDAYS, HOURS = [str(day) for day in range(7)], [str(hour) for hour in range(24)]
SEED = 0


@dataclass(frozen=True)
class Variable:
    name: str
    role: Role
    series: int | None  # which of the inputs or outputs
    column: Column
    offsets: Times  # from the reference time to its steps


@dataclass(frozen=True)
class Spreads:
    """`samples` is how many were looked at in each group, of how many."""

    groups: list[str]
    samples: int
    of_samples: int
    variables: list[tuple[Variable, list[dict[str, Any]]]]


def spreads(
    inputs: Sequence[FeatureSpec],
    outputs: Sequence[FeatureSpec],
    calendar: Sequence[CalendarSpec],
    windows: WindowSpec,
    arithmetic: Arithmetic,
    split: SplitSpec,
    by: By,
) -> Spreads:
    """Original units; hours and weekdays are those of the local clock at the instant of the value."""
    cut = align(inputs, outputs, windows, arithmetic)
    found = variables_of(cut, calendar, windows, arithmetic)
    names, rows = _rows(cut, windows, arithmetic, split, by)
    told = []
    for each in found:
        groups = (
            _by_part(each, rows) if by in ("all", "split") else _by_clock(each, cut, rows[0], windows, by)
        )
        told.append((each, [distribution(values) for values in groups]))
    return Spreads(names, sum(map(len, rows)), len(cut.index), told)


def variables_of(
    cut: Aligned, calendar: Sequence[CalendarSpec], windows: WindowSpec, arithmetic: Arithmetic
) -> list[Variable]:
    """In the order of the columns: inputs, lags, calendar, outputs."""
    of_series = [
        Variable(
            series.name,
            "input" if place < cut.n_inputs else "output",
            place if place < cut.n_inputs else place - cut.n_inputs,
            column,
            window.offsets,
        )
        for place, ((series, window), column) in enumerate(zip(cut.series, cut.columns, strict=True))
    ]
    files = [series for series, _ in cut.series[: cut.n_inputs]]
    lags = [
        Variable(
            name,
            "lag",
            next(i for i, each in enumerate(files) if each is series),
            column,
            cut.horizon.offsets,
        )
        for series, name, column in cut.lagged
    ]
    times = [
        Variable(
            name, "calendar", None, column, calendar_window(spec, windows.input_steps, arithmetic).offsets
        )
        for spec in in_order(calendar)
        for name, column in zip(
            names_of(spec), calendar_columns(spec, cut.references, windows, arithmetic), strict=True
        )
    ]
    return [*of_series[: cut.n_inputs], *lags, *times, *of_series[cut.n_inputs :]]


def _rows(
    cut: Aligned, windows: WindowSpec, arithmetic: Arithmetic, split: SplitSpec, by: By
) -> tuple[list[str], list[Indices]]:
    """Names of the groups, and places on the grid of the samples to look at: per part, or for all."""
    steps = max(windows.input_steps, windows.output_steps)
    most = max(1, min(MAX_SAMPLES if by == "all" else MAX_DEALT, MAX_VALUES // steps))
    if by == "all":
        return ["all"], [cut.index[_evenly(len(cut.index), most)]]
    if by == "split":
        references = cut.references[cut.index]
        reach = reach_of_samples(cut, windows, arithmetic)
        parts = (
            historical_split(len(references), split)
            if arithmetic == "compat"
            else honest_split(references, reach, split)
        )
        of_parts = [np.sort(getattr(parts, name)) for name in PARTS]
        return list(PARTS), [cut.index[rows[_evenly(len(rows), most)]] for rows in of_parts]
    # in equal steps they would always meet the same hours
    chosen = np.random.default_rng(SEED).permutation(len(cut.index))[:most]
    return (HOURS if by == "hour" else WEEKDAYS), [cut.index[np.sort(chosen)]]


def _evenly(count: int, most: int) -> Indices:
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def _by_part(variable: Variable, rows: Sequence[Indices]) -> Iterator[NDArray[np.float64]]:
    for part in rows:
        yield variable.column.windows(part) if len(part) else np.empty(0)


def _by_clock(
    variable: Variable, cut: Aligned, rows: Indices, windows: WindowSpec, by: By
) -> Iterator[NDArray[np.float64]]:
    values = variable.column.windows(rows).ravel()
    instants = (cut.references[rows][:, None] + variable.offsets).ravel()
    hours = to_clock(instants, windows.timezone) // HOUR
    # 1970-01-01 was a Thursday; days begin with Monday here
    group, count = (hours % 24, 24) if by == "hour" else ((hours // 24 + 3) % 7, 7)
    order = np.argsort(group, kind="stable")
    borders = np.searchsorted(group[order], np.arange(count + 1))
    for first, last in pairwise(borders):
        yield values[order[first:last]]
