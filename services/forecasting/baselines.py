"""What costs nothing: the last value, and the value of the same time yesterday or last week."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.forecasting.dataset import Dataset, History
from services.forecasting.windows import HOUR, Times, interpolate

Array = NDArray[np.float64]
LAST_VALUE = "last value"
SEASONS = {"seasonal naive (day)": 24 * HOUR, "seasonal naive (week)": 7 * 24 * HOUR}


def predict_baselines(dataset: Dataset, rows: NDArray[np.int64]) -> dict[str, Array]:
    """Forecasts (k, output_steps, n_outputs) from what is measured of an output until the reference time.

    A season shorter than the lead is gone back as often as it takes to reach the known; NaN where the
    file does not reach back so far. A missing value is replaced by the line between its neighbours.
    """
    references = np.asarray(dataset.references[rows])
    known = [_without_gaps(history) for history in dataset.histories]
    result = {LAST_VALUE: _stack([_last(history, references, dataset) for history in known])}
    for name, season in SEASONS.items():
        result[name] = _stack([_seasonal(history, references, season) for history in known])
    return result


def _without_gaps(history: History) -> History:
    numeric = np.isfinite(history.value)
    return History(np.asarray(history.time[numeric]), np.asarray(history.value[numeric]), history.window)


def _last(history: History, references: Times, dataset: Dataset) -> Array:
    place = np.searchsorted(history.time, references, side="right") - 1
    values = np.where(place >= 0, history.value[np.maximum(place, 0)], np.nan)
    return np.repeat(values[:, None], dataset.output_steps, axis=1)


def _seasonal(history: History, references: Times, season: int) -> Array:
    offsets = history.window.offsets
    back = np.maximum(1, -(-offsets // season)) * season
    at = references[:, None] + offsets - back
    return interpolate(history.time, history.value, at.ravel(), None).reshape(at.shape)


def _stack(columns: list[Array]) -> Array:
    return np.stack(columns, axis=2)
