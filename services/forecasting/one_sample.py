"""One sample taken apart: instants and values of every feature, and where each value comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from services.forecasting.alignment import calendar_columns, calendar_window, in_order
from services.forecasting.calendar import CalendarSpec, names_of
from services.forecasting.columns import Column, Held
from services.forecasting.forms import column_of, horizon_of, lag_column, window_of
from services.forecasting.lag_names import lag_name
from services.forecasting.lags import read_lags
from services.forecasting.units import HOUR
from services.forecasting.windows import Arithmetic, FeatureSpec, Grid, Times, Values, WindowSpec

Role = Literal["input", "lag", "calendar", "output"]
Origin = Literal[
    "measured",
    "interpolated",
    "nearest",
    "mean",
    "current",
    "forecast",
    "held",
    "calendar",
    "given",
    "missing",
]
FIRST = np.zeros(1, dtype=np.int64)


@dataclass(frozen=True)
class Strip:
    """A column of one sample; NaN where there is no value, and its origin is then `missing`."""

    name: str
    role: Role
    series: int | None  # which of the inputs or outputs it comes from
    instants: Times
    values: Values
    origins: list[Origin]


def sample_at(
    reference: int,
    inputs: Sequence[FeatureSpec],
    outputs: Sequence[FeatureSpec],
    calendar: Sequence[CalendarSpec],
    windows: WindowSpec,
    arithmetic: Arithmetic,
) -> list[Strip]:
    """The columns of a dataset at this one instant, by the same code and in their order: series, lags,
    calendar, outputs. An output whose rows end before its window is cut too: its values are missing."""
    at = np.array([reference], dtype=np.int64)
    grids = [window_of(each, windows.output_steps, arithmetic) for each in outputs]
    horizon = horizon_of(grids, windows.input_steps)
    strips = [
        _of_series(
            each, i, window_of(each, windows.input_steps, arithmetic), at, windows, arithmetic, "input"
        )
        for i, each in enumerate(inputs)
    ]
    for i, each in enumerate(inputs):
        strips += _of_lags(each, i, horizon, at, windows, arithmetic)
    for spec in in_order(calendar):
        strips += _of_calendar(spec, at, windows, arithmetic)
    return strips + [
        _of_series(each, i, window, at, windows, arithmetic, "output")
        for i, (each, window) in enumerate(zip(outputs, grids, strict=True))
    ]


def newest_reference(inputs: Sequence[FeatureSpec], windows: WindowSpec, arithmetic: Arithmetic) -> int:
    """The last reference time of the grid at which every measured past is known to its end."""
    grids = [window_of(each, windows.input_steps, arithmetic) for each in inputs]
    ends = [_last_number(each) - window.end for each, window in zip(inputs, grids, strict=True)]
    known = [
        end
        for each, window, end in zip(inputs, grids, ends, strict=True)
        if window.end <= 0 and each.issued is None
    ]
    hour = min(int(each.time[0]) for each in inputs) // HOUR * HOUR
    anchor = windows.offset + (hour - HOUR if arithmetic == "compat" else 0)
    return (min(known or ends) - anchor) // windows.stride * windows.stride + anchor


def _last_number(series: FeatureSpec) -> int:
    known = np.flatnonzero(np.isfinite(series.value))
    return int(series.time[known[-1]] if len(known) else series.time[-1])


def _of_series(
    series: FeatureSpec,
    place: int,
    window: Grid,
    at: Times,
    windows: WindowSpec,
    arithmetic: Arithmetic,
    role: Literal["input", "output"],
) -> Strip:
    column = column_of(series, window, at, windows, arithmetic, is_input=role == "input")
    instants = at[0] + window.offsets
    values = column.windows(FIRST)[0]
    return Strip(
        series.name, role, place, instants, values, _origins(series, column, instants, values, window)
    )


def _of_lags(
    series: FeatureSpec, place: int, horizon: Grid, at: Times, windows: WindowSpec, arithmetic: Arithmetic
) -> list[Strip]:
    """With the instants at which the values were measured."""
    strips = []
    for lag in read_lags(series.lags):
        column = lag_column(series, lag, horizon, at, windows, arithmetic)
        seen = at[0] + horizon.offsets
        instants = lag.instants(seen, np.broadcast_to(at, seen.shape), windows.timezone)
        values = column.windows(FIRST)[0]
        origins = _origins(series, column, instants, values, horizon)
        strips.append(Strip(lag_name(series.name, lag.text), "lag", place, instants, values, origins))
    return strips


def _of_calendar(spec: CalendarSpec, at: Times, windows: WindowSpec, arithmetic: Arithmetic) -> list[Strip]:
    columns = calendar_columns(spec, at, windows, arithmetic)
    instants = at[0] + calendar_window(spec, windows.input_steps, arithmetic).offsets
    origins: list[Origin] = ["calendar"] * windows.input_steps
    return [
        Strip(name, "calendar", None, instants, column.windows(FIRST)[0], origins)
        for name, column in zip(names_of(spec), columns, strict=True)
    ]


def _origins(
    series: FeatureSpec, column: Column, instants: Times, values: Values, window: Grid
) -> list[Origin]:
    usual = _usual_origin(series, window)
    is_row = np.isin(instants, series.time) if usual in ("interpolated", "nearest") else np.array([False])
    held = column.held_steps(FIRST)[0] if isinstance(column, Held) else np.array([False])
    return [
        _origin(bool(finite), bool(of_held), bool(of_row), usual)
        for finite, of_held, of_row in zip(
            np.isfinite(values), _spread(held, values), _spread(is_row, values), strict=True
        )
    ]


def _origin(finite: bool, held: bool, is_row: bool, usual: Origin) -> Origin:
    if not finite:
        return "missing"
    return "held" if held else "measured" if is_row else usual


def _usual_origin(series: FeatureSpec, window: Grid) -> Origin:
    """Of a value that is neither missing, nor held, nor a row of the file."""
    if series.form == "current":
        return "current"
    if series.form == "forecasts":
        return "forecast"
    if series.window_mean or (series.method == "mean" and window.step > 0):
        return "mean"
    return "nearest" if series.method == "nearest" else "interpolated"


def _spread(mask: NDArray[np.bool_], values: Values) -> NDArray[np.bool_]:
    return np.broadcast_to(mask, values.shape)
