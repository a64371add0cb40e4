"""What costs nothing: the last value, the mean of the last day, the same time yesterday or last week."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.forecasting.columns import Constant
from services.forecasting.dataset import Dataset, History
from services.forecasting.windows import HOUR, USUAL_STEPS, Times, interpolate, usual_step

Array = NDArray[np.float64]
DAY = 24 * HOUR
LAST_VALUE, LAST_DAY, SAME_TIME_YESTERDAY = "last value", "mean of the last day", "seasonal naive (day)"
SEASONS = {SAME_TIME_YESTERDAY: DAY, "seasonal naive (week)": 7 * DAY}
# So many training samples tell the usual error of the seasonal naive forecast well enough.
TRAINING_SAMPLES = 2000


def predict_baselines(dataset: Dataset, rows: NDArray[np.int64]) -> dict[str, Array]:
    """Forecasts (k, output_steps, n_outputs) from what is measured of an output until the reference time.

    A season shorter than the lead is gone back as often as it takes to reach the known; NaN where the
    file does not reach back so far or has a gap there.
    """
    references = np.asarray(dataset.references[rows])
    known = [_numeric(history) for history in dataset.histories]
    result = {
        LAST_VALUE: _stack([_repeated(_last(history, references), dataset) for history in known]),
        LAST_DAY: _stack([_repeated(_mean_of_last_day(history, references), dataset) for history in known]),
    }
    for name, season in SEASONS.items():
        columns = [_seasonal(history, references, season) for history in known]
        result[name] = _stack([_as_cut(column, j, dataset) for j, column in enumerate(columns)])
    return result


def training_errors(dataset: Dataset, rows: NDArray[np.int64]) -> tuple[Array, Array]:
    """Truth and daily seasonal naive forecast of training samples where there is one: the scale of MASE."""
    every = max(1, -(-len(rows) // TRAINING_SAMPLES))
    rows = rows[::every]
    naive = predict_baselines(dataset, rows)[SAME_TIME_YESTERDAY]
    known = np.isfinite(naive).all(axis=(1, 2))
    return dataset.raw_outputs(rows[known]), naive[known]


def _numeric(history: History) -> History:
    numeric = np.isfinite(history.value)
    return History(np.asarray(history.time[numeric]), np.asarray(history.value[numeric]), history.window)


def _last(history: History, references: Times) -> Array:
    place = np.searchsorted(history.time, references, side="right") - 1
    return np.where(place >= 0, history.value[np.maximum(place, 0)], np.nan)


def _mean_of_last_day(history: History, references: Times) -> Array:
    """Of the rows in (reference - 24 h, reference]; NaN where there are none."""
    middle = float(history.value[0]) if len(history.value) else 0.0  # sums of small numbers keep digits
    sums = np.concatenate([[0.0], np.cumsum(history.value - middle)])
    first = np.searchsorted(history.time, references - DAY, side="right")
    last = np.searchsorted(history.time, references, side="right")
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((sums[last] - sums[first]) / (last - first) + middle)


def _repeated(values: Array, dataset: Dataset) -> Array:
    return np.repeat(values[:, None], dataset.output_steps, axis=1)


def _seasonal(history: History, references: Times, season: int) -> Array:
    offsets = history.window.offsets
    back = np.maximum(1, -(-offsets // season)) * season
    at = references[:, None] + offsets - back
    values = interpolate(history.time, history.value, at.ravel(), USUAL_STEPS * usual_step(history.time))
    return np.where(_ahead(history, references, at), _before(history, at), values.reshape(at.shape))


def _ahead(history: History, references: Times, at: Times) -> NDArray[np.bool_]:
    """Whether the line to the next row would use one measured after the reference time."""
    following = np.minimum(np.searchsorted(history.time, at, side="left"), len(history.time) - 1)
    return np.asarray(history.time[following] > references[:, None])


def _before(history: History, at: Times) -> Array:
    """The newest row not after each instant; NaN where there is none."""
    place = np.searchsorted(history.time, at, side="right") - 1
    return np.where(place >= 0, history.value[np.maximum(place, 0)], np.nan)


def _as_cut(column: Array, output: int, dataset: Dataset) -> Array:
    """An output that is one mean over its window is compared with the mean of the season's window."""
    if not isinstance(dataset.outputs[output], Constant):
        return column
    return np.repeat(column.mean(axis=1)[:, None], column.shape[1], axis=1)


def _stack(columns: list[Array]) -> Array:
    return np.stack(columns, axis=2)
