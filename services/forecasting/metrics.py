"""Every error measure, once: y truth, p forecast, e = |y - p|. An undefined value is None with a reason.

Sources: Hyndman & Koehler, "Another look at measures of forecast accuracy", Int. J. Forecasting 22 (2006)
for MAPE, sMAPE, MASE; Kolassa & Schütz, Foresight 6 (2007) for WAPE. The historical arithmetic
(`compat`) keeps the first system's definitions, which say 0-denominators by tiny numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from services.forecasting.windows import Arithmetic

Array = NDArray[np.float64]
NAMES = ("MAE", "MAPE", "MSE", "RMSE", "NRMSE", "WAPE", "sMAPE", "MASE")
EPSILON = float(np.finfo(np.float64).eps)


class Undefined(Exception):
    """The measure has no value for these numbers; the text says why."""


def mae(y: Array, p: Array) -> float:
    return float(np.mean(np.abs(y - p)))


def mse(y: Array, p: Array) -> float:
    return float(np.mean((y - p) ** 2))


def rmse(y: Array, p: Array) -> float:
    return float(np.sqrt(mse(y, p)))


def mape(y: Array, p: Array) -> float:
    """100 · mean(e / |y|) in percent, over the truths that are not zero."""
    nonzero = y != 0
    if not nonzero.any():
        raise Undefined("every true value is 0")
    return float(100 * np.mean(np.abs(y - p)[nonzero] / np.abs(y)[nonzero]))


def historical_mape(y: Array, p: Array) -> float:
    """100 · mean(e / max(|y|, ε)): a zero truth gives about 1e17."""
    return float(100 * np.mean(np.abs(y - p) / np.maximum(np.abs(y), EPSILON)))


def nrmse(y: Array, p: Array) -> float:
    """RMSE / |mean(y)|, a fraction."""
    return rmse(y, p) / _nonzero(abs(float(np.mean(y))), "the mean of the true values is 0")


def historical_nrmse(y: Array, p: Array) -> float:
    """RMSE / mean(y): carries the sign of the mean."""
    return rmse(y, p) / _nonzero(float(np.mean(y)), "the mean of the true values is 0")


def wape(y: Array, p: Array) -> float:
    """100 · Σe / Σ|y| in percent."""
    total = _nonzero(float(np.sum(np.abs(y))), "every true value is 0")
    return float(100 * np.sum(np.abs(y - p)) / total)


def smape(y: Array, p: Array) -> float:
    """100 · mean(e / ((|y| + |p|) / 2)) in percent; where both are 0 the error counts 0."""
    middle = (np.abs(y) + np.abs(p)) / 2
    error = np.abs(y - p)
    return float(100 * np.mean(np.divide(error, middle, out=np.zeros_like(error), where=middle != 0)))


def mase(y: Array, p: Array) -> float:
    """MAE / mean|y_t - y_{t-1}| along the flattened values, as the first system has it."""
    if y.size < 2:
        raise Undefined("there are fewer than two values")
    scale = float(np.mean(np.abs(np.diff(y.ravel()))))
    return mae(y, p) / _nonzero(scale, "the true values never change")


def mase_in_windows(y: Array, p: Array) -> float:
    """MAE / mean|y_t - y_{t-1}| with the differences taken inside each window: y is (samples, steps)."""
    if y.ndim < 2 or y.shape[1] < 2:
        return mase(y, p)
    scale = float(np.mean(np.abs(np.diff(y, axis=1))))
    return mae(y, p) / _nonzero(scale, "the true values never change")


Measure = Callable[[Array, Array], float]
_SHARED: dict[str, Measure] = {"MAE": mae, "MSE": mse, "RMSE": rmse, "WAPE": wape, "sMAPE": smape}
HONEST: dict[str, Measure] = {**_SHARED, "MAPE": mape, "NRMSE": nrmse, "MASE": mase_in_windows}
COMPAT: dict[str, Measure] = {**_SHARED, "MAPE": historical_mape, "NRMSE": historical_nrmse, "MASE": mase}


def measure(name: str, y: Array, p: Array, arithmetic: Arithmetic) -> tuple[float | None, str | None]:
    """The value, or None and the reason why there is none."""
    if y.size == 0:
        return None, "there are no values"
    try:
        value = (COMPAT if arithmetic == "compat" else HONEST)[name](y, p)
    except Undefined as reason:
        return None, str(reason)
    return (value, None) if np.isfinite(value) else (None, "the value is not finite")


def _nonzero(value: float, reason: str) -> float:
    if value == 0:
        raise Undefined(reason)
    return value
