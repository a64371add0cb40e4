"""The numbers of a preview: samples that a config gives, and the windows of one of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from services.forecasting.alignment import Aligned, align
from services.forecasting.errors import DataError
from services.forecasting.one_sample import Strip, sample_at
from services.forecasting.units import HOUR, MINUTE
from services.forecasting.windows import Grid
from services.windows.draft import Error
from services.windows.instants import instant, instants, numbers
from services.windows.moment import Moment, nanoseconds
from services.windows.series import KeptSeries
from services.workloads.forecast.arrays import Specs, specs_of
from services.workloads.forecast.config import DatasetConfig, SeriesInput


def outlook(
    config: DatasetConfig, series: KeptSeries, moment: Moment | None
) -> tuple[dict[str, Any], Error | None]:
    """`samples` and `window`, null both where nothing can be built; then with the reason."""
    try:
        specs = specs_of(config, series.read)
        cut = series.cut(
            config.fingerprint(),
            lambda: align(specs.inputs, specs.outputs, specs.windows, specs.arithmetic),
        )
        return {"samples": _samples(cut), "window": _window(config, specs, cut, moment)}, None
    except DataError as error:
        return {"samples": None, "window": None}, _error(error, config)


def _samples(cut: Aligned) -> dict[str, Any]:
    references = cut.references[cut.index]
    return {
        "count": len(references),
        "reference_times": len(cut.references),
        "dropped": [{"feature": name, "count": count} for name, count in cut.dropped.items()],
        "first": instant(int(references[0])),
        "last": instant(int(references[-1])),
    }


def _window(config: DatasetConfig, specs: Specs, cut: Aligned, moment: Moment | None) -> dict[str, Any]:
    place = _place(cut, moment)
    reference = int(cut.references[place])
    strips = sample_at(
        reference, specs.inputs, specs.outputs, specs.calendar, specs.windows, specs.arithmetic
    )
    number = int(np.searchsorted(cut.index, place))
    is_sample = number < len(cut.index) and int(cut.index[number]) == place
    of_role = {role: [each for each in config.series if each.role == role] for role in ("input", "output")}
    return {
        "reference_time": instant(reference),
        "index": number if is_sample else None,
        "is_sample": is_sample,
        **_regions(cut),
        "features": [
            _feature(strip, of_role["output" if strip.role == "output" else "input"], cut)
            for strip in strips
            if strip.series is not None
        ],
        "calendar": [
            {"name": strip.name, "times": instants(strip.instants), "values": numbers(strip.values)}
            for strip in strips
            if strip.role == "calendar"
        ],
    }


def _place(cut: Aligned, moment: Moment | None) -> int:
    """On the grid of reference times: of a sample by its number, or of the nearest one by time."""
    if moment is None:
        return int(cut.index[-1])
    if isinstance(moment, int):
        return int(cut.index[max(-len(cut.index), min(moment, len(cut.index) - 1))])
    after = int(np.searchsorted(cut.references, nanoseconds(moment)))
    near = [place for place in (after - 1, after) if 0 <= place < len(cut.references)]
    return min(near, key=lambda place: abs(int(cut.references[place]) - nanoseconds(moment)))


def _regions(cut: Aligned) -> dict[str, Any]:
    """Look-back, gap and horizon in hours from the reference time, over all files together."""
    inputs = [window for _, window in cut.series[: cut.n_inputs]]
    outputs = [window for _, window in cut.series[cut.n_inputs :]]
    back = [window for window in inputs if window.start <= 0] or inputs
    end = min(0, max(window.end for window in back))
    begin = min(window.start for window in outputs)
    return {
        "look_back": _hours(min(window.start for window in back), end),
        "gap": _hours(end, begin) if begin > end else None,
        "horizon": _hours(begin, max(window.end for window in outputs)),
    }


def _hours(start: int, end: int) -> dict[str, float]:
    return {"start_hours": start / HOUR, "end_hours": end / HOUR}


def _feature(strip: Strip, series: list[SeriesInput], cut: Aligned) -> dict[str, Any]:
    assert strip.series is not None, "features come from files"
    of_file, window = series[strip.series], _grid_of(strip, cut)
    return {
        "name": strip.name,
        "role": strip.role,
        "file_id": str(of_file.file_id),
        "form": of_file.form,
        "method": of_file.method,
        "window_mean": of_file.window_mean,
        **_hours(window.start, window.end),
        "steps": window.steps,
        "step_minutes": window.step / MINUTE,
        "times": instants(strip.instants),
        "values": numbers(strip.values),
        "origins": strip.origins,
    }


def _grid_of(strip: Strip, cut: Aligned) -> Grid:
    if strip.role == "lag" or strip.series is None:
        return cut.horizon
    return cut.series[strip.series + (cut.n_inputs if strip.role == "output" else 0)][1]


def _error(error: DataError, config: DatasetConfig) -> Error:
    details = error.details or {}
    owner = next((str(each.file_id) for each in config.series if each.name == details.get("feature")), None)
    return {
        "field": details.get("field"),
        "file_id": owner,
        "code": error.code,
        "message": error.message,
        "suggestion": error.suggestion,
    }
