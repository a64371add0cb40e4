"""What a sample takes of a series, by its form: a window, its mean, known forecasts, or the current value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from services.forecasting.columns import Column, Computed, Constant, columns_of, held, lag_column_of
from services.forecasting.errors import DataError
from services.forecasting.lags import Lag, read_lags
from services.forecasting.notes import Note
from services.forecasting.sources import ForecastSource, LagSource, SeriesSource
from services.forecasting.vintages import Vintages
from services.forecasting.windows import (
    Arithmetic,
    FeatureSpec,
    Grid,
    Times,
    WindowSpec,
    current_values,
    gap_limit,
    grid,
    window_means,
)


def window_of(series: FeatureSpec, steps: int, arithmetic: Arithmetic) -> Grid:
    """The instants of the feature's window; a current value has only the reference time."""
    _refuse_disorder(series)
    if series.form == "current":
        return Grid(0, 0, steps, 0.0)
    return grid(series.name, series.start_hours, series.end_hours, steps, arithmetic)


def refuse_form_of_output(series: FeatureSpec) -> None:
    if series.form != "historical":
        raise DataError(
            "INVALID_DATENFORM",
            f"The output {series.name!r} must be of measurements: they are what is to be forecast",
            suggestion="Set its datenform to 'Historische Daten'",
            details={"field": "datenform", "feature": series.name},
        )
    if series.lags:
        raise _no_lags(series, "is an output", "Upload the series as an input too, and give that one lags")


def column_of(
    series: FeatureSpec,
    window: Grid,
    references: Times,
    windows: WindowSpec,
    arithmetic: Arithmetic,
    *,
    is_input: bool,
) -> Column:
    """The values of the series in the samples of all reference times.

    An input of the past is read without the row that follows the reference time, which nobody knows yet.
    """
    limit = gap_limit(series, windows.max_gap_minutes, arithmetic)
    if series.form == "current":
        return Constant(current_values(series, references, limit), window.steps)
    if series.form == "forecasts":
        return _forecasts(series, window, references, windows, limit)
    if series.window_mean:
        return Constant(window_means(series, references, _whole(series), arithmetic), window.steps)
    source = SeriesSource(series, window.step, limit)
    (column,) = columns_of(source, references, window, windows.stride)
    if arithmetic == "compat" or not is_input or window.end > 0:
        return column
    return held(column, Computed(source, 0, references, window), series, window.end, _width(source), limit)


def horizon_of(outputs: Sequence[Grid], steps: int) -> Grid:
    """From the first to the last instant that is forecast, in as many steps as an input window has."""
    start, end = min(each.start for each in outputs), max(each.end for each in outputs)
    return Grid(end, 0, 1) if steps == 1 else Grid(start, (end - start) // (steps - 1), steps)


def lag_column(
    series: FeatureSpec,
    lag: Lag,
    horizon: Grid,
    references: Times,
    windows: WindowSpec,
    arithmetic: Arithmetic,
) -> Column:
    """The measurements whole periods before each instant of the horizon."""
    if series.form == "forecasts":
        raise _no_lags(series, "holds forecasts", "Give lags to a file of measurements")
    limit = gap_limit(series, windows.max_gap_minutes, arithmetic)
    source = LagSource(SeriesSource(series, horizon.step, limit), lag, windows.timezone)
    column = lag_column_of(source, references, horizon, windows.stride)
    if arithmetic == "compat":
        return column
    at = Computed(source, 0, references, horizon)
    newest = lag.newest(horizon.offsets, references, windows.timezone)
    return held(column, at, series, newest, _width(source.measured), limit)


def _width(source: SeriesSource) -> int:
    """A mean needs no row after it as long as one lies in its step."""
    return source.step if source.series.method == "mean" else 0


def lag_reaches(series: FeatureSpec, horizon: Grid, references: Times, windows: WindowSpec) -> list[int]:
    """How far each lag looks back from the reference time (ns, negative)."""
    step = horizon.step if series.method == "mean" else 0  # a mean begins a step before
    return [lag.reach(horizon.start, references, windows.timezone) - step for lag in read_lags(series.lags)]


def reach_of(series: FeatureSpec, window: Grid, limit: int | None) -> tuple[int, int]:
    """How far (ns) before and after the reference time the values of a sample were measured."""
    if series.form == "current":
        return -(limit or 0), 0
    seen = _whole(series) if series.window_mean else window
    back = series.method == "mean" and not series.window_mean  # to the step before
    return seen.start - back * seen.step, seen.end


def foresight(series: FeatureSpec) -> Note | None:
    """Said of an input whose window of measurements goes on after the reference time."""
    if series.form != "historical" or series.end_hours <= 0:
        return None
    return Note(
        "PERFECT_FORESIGHT",
        f"The future of the input {series.name!r} (up to {series.end_hours:g} h after the reference time) is "
        "taken from measurements, as if it were known exactly; errors will be lower than with real forecasts",
        {"feature": series.name, "until_hours": series.end_hours},
    )


def hindsight(series: FeatureSpec) -> Note | None:
    """Said of forecasts that were issued after the instant they are for: such rows are never known ahead."""
    late = 0 if series.issued is None else int((series.issued > series.time).sum())
    if not late:
        return None
    return Note(
        "ISSUED_AFTERWARDS",
        f"{late} of {len(series.time)} rows of the forecasts {series.name!r} were issued after the instant "
        "they are for; a sample uses them only for its past",
        {"feature": series.name, "rows": late},
    )


def _forecasts(
    series: FeatureSpec, window: Grid, references: Times, windows: WindowSpec, limit: int | None
) -> Column:
    vintages = Vintages.of(series)
    if series.window_mean:
        return Constant(vintages.window_means(references, _whole(series)), window.steps)
    source = ForecastSource(vintages, series.method, window.step, limit)
    (column,) = columns_of(source, references, window, windows.stride)
    return column


def _whole(series: FeatureSpec) -> Grid:
    """Start and end of a window whose mean is taken, whatever the number of steps."""
    return grid(series.name, series.start_hours, series.end_hours, 2)


def _refuse_disorder(series: FeatureSpec) -> None:
    about = {"feature": series.name}
    if len(series.time) == 0:
        raise DataError("EMPTY_FILE", f"{series.name!r} holds no rows", details=about)
    if (series.form == "forecasts") != (series.issued is not None):
        raise _issue_times(series)
    step = np.diff(series.time)
    wrong = step <= 0 if series.issued is None else (step < 0) | (step == 0) & (np.diff(series.issued) <= 0)
    if wrong.any():
        row = int(np.argmax(wrong)) + 1
        text = f"The times of {series.name!r} do not ascend: row {row} is not after the one before"
        raise DataError("UNSORTED_TIMES", text, details={**about, "row": row})


def _no_lags(series: FeatureSpec, why: str, way_out: str) -> DataError:
    return DataError(
        "INVALID_LAGS",
        f"{series.name!r} {why} and cannot have lags",
        suggestion=way_out,
        details={"field": "lags", "feature": series.name},
    )


def _issue_times(series: FeatureSpec) -> DataError:
    details = {"field": "datenform", "feature": series.name}
    if series.issued is None:
        return DataError(
            "NO_ISSUE_TIMES",
            f"{series.name!r} does not say when its forecasts were issued",
            suggestion="Upload the file with fileMetadata.ausgabezeit, the column of the issue times, "
            "or set datenform to 'Historische Daten'",
            details=details,
        )
    return DataError(
        "INVALID_DATENFORM",
        f"{series.name!r} holds forecasts with their issue times, not measurements",
        suggestion="Set its datenform to 'Historische Prognosen'",
        details=details,
    )
