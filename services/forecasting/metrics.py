"""Every error measure, once: y truth, p forecast, e = |y - p|. An undefined value is None with a reason.

Sources: Hyndman & Koehler, "Another look at measures of forecast accuracy", Int. J. Forecasting 22 (2006)
for MAPE, sMAPE, MASE; Kolassa & Schütz, Foresight 6 (2007) for WAPE. The historical arithmetic
(`compat`) keeps the first system's definitions, which say 0-denominators by tiny numbers.

    MAE    mean e                          MSE, RMSE  mean e², its root
    MAPE   100 · mean(e / |y|) over y ≠ 0  (compat: over all, with |y| of at least 2.2e-16)
    NRMSE  RMSE / |mean y|                 (compat: / mean y, which carries its sign)
    WAPE   100 · Σe / Σ|y|                 sMAPE      100 · mean(e / ((|y| + |p|) / 2)), 0/0 counts 0
    MASE   MAE / the mean error of a naive forecast, which the caller gives
    BIAS   mean (p - y), in units of y     NRMSE_range  RMSE / (max y - min y), beside NRMSE by the mean

Of quantile forecasts q at the level t (Koenker & Bassett, Econometrica 46, 1978; Gneiting & Raftery,
J. Am. Stat. Assoc. 102, 2007):

    pinball    mean of t (y - q) where y >= q, else (1 - t) (q - y)
    CRPS       2 · mean of pinball over the levels: the integral over all levels, as a sum over those given
    coverage   share of low <= y <= high, to be compared with the difference of the two levels
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from services.forecasting.windows import Arithmetic

Array = NDArray[np.float64]
NAMES = ("MAE", "MAPE", "MSE", "RMSE", "NRMSE", "WAPE", "sMAPE", "MASE")  # of the wire's error tables
FURTHER = ("NRMSE_range", "BIAS")
EPSILON = float(np.finfo(np.float64).eps)
REASONS = {
    "MAPE": "every true value is 0",
    "WAPE": "every true value is 0",
    "NRMSE": "the mean of the true values is 0",
    "NRMSE_range": "the true values never change",
    "MASE": "there is no error of a naive forecast to compare with: too few values, or they never change",
}


@dataclass(frozen=True)
class Sums:
    """What all measures follow from, per column; sums over columns are sums of these."""

    count: Array
    absolute: Array
    squared: Array
    truth: Array
    magnitude: Array
    relative: Array
    relative_count: Array
    symmetric: Array

    def total(self) -> Sums:
        return Sums(*(np.array([getattr(self, each.name).sum()]) for each in fields(self)))

    def __add__(self, other: Sums) -> Sums:
        """Of two sets of samples with the same columns."""
        return Sums(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


@dataclass(frozen=True)
class Spread:
    """What BIAS and NRMSE_range need beside the sums, per column."""

    signed: Array
    low: Array
    high: Array

    def __or__(self, other: Spread) -> Spread:
        """Of two sets of samples with the same columns."""
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        return Spread(self.signed + other.signed, low, high)


def column_sums(y: Array, p: Array, arithmetic: Arithmetic) -> Sums:
    """Of (samples, columns); the columns are kept apart."""
    error, size = np.abs(y - p), np.abs(y)
    counted = np.ones(y.shape, dtype=bool) if arithmetic == "compat" else y != 0
    lower = np.maximum(size, EPSILON) if arithmetic == "compat" else size
    middle = (size + np.abs(p)) / 2
    return Sums(
        count=np.full(y.shape[1], float(len(y))),
        absolute=error.sum(axis=0),
        squared=np.einsum("ij,ij->j", error, error),
        truth=y.sum(axis=0),
        magnitude=size.sum(axis=0),
        relative=np.divide(error, lower, out=np.zeros_like(error), where=counted).sum(axis=0),
        relative_count=counted.sum(axis=0).astype(float),
        symmetric=np.divide(error, middle, out=np.zeros_like(error), where=middle != 0).sum(axis=0),
    )


def measures(sums: Sums, naive_error: Array | float, arithmetic: Arithmetic) -> dict[str, Array]:
    """Every measure per column; what is undefined is not finite. `naive_error` is the scale of MASE."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mae, mse = sums.absolute / sums.count, sums.squared / sums.count
        mean = sums.truth / sums.count
        return {
            "MAE": mae,
            "MAPE": 100 * sums.relative / sums.relative_count,
            "MSE": mse,
            "RMSE": np.sqrt(mse),
            "NRMSE": np.sqrt(mse) / (mean if arithmetic == "compat" else np.abs(mean)),
            "WAPE": 100 * sums.absolute / sums.magnitude,
            "sMAPE": 100 * sums.symmetric / sums.count,
            "MASE": np.where(np.asarray(naive_error) > 0, mae / naive_error, np.nan),
        }


def column_spread(y: Array, p: Array) -> Spread:
    """Of (samples, columns), one sample at least."""
    return Spread((p - y).sum(axis=0), y.min(axis=0), y.max(axis=0))


def further_measures(sums: Sums, spread: Spread) -> dict[str, Array]:
    """FURTHER per column; what is undefined is not finite."""
    width = spread.high - spread.low
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "NRMSE_range": np.where(width > 0, np.sqrt(sums.squared / sums.count) / width, np.nan),
            "BIAS": spread.signed / sums.count,
        }


def pinball_loss(y: Array, q: Array, level: float) -> Array:
    """Loss of every value of y (...) against its quantile forecast q of this level, in units of y."""
    short = y - q
    return np.asarray(np.maximum(level * short, (level - 1) * short))


def crps(pinball: Array) -> Array:
    """Of mean pinball losses (levels, ...), in units of y; exact only as the levels grow many and even."""
    return np.asarray(2 * pinball.mean(axis=0))


def covered(y: Array, low: Array, high: Array) -> NDArray[np.bool_]:
    """Which values lie in their interval, borders included; the mean of it is the coverage."""
    return np.asarray((low <= y) & (y <= high))


def finite(values: Array) -> list[float | None]:
    """None for what is undefined."""
    return [float(value) if np.isfinite(value) else None for value in values]


def why_undefined(name: str) -> str:
    return REASONS.get(name, "there are no values, or they are too large")


def change_along(y: Array) -> float:
    """Mean |y_t - y_{t-1}| along the flattened values; NaN for fewer than two.

    The first system's scale of MASE: with overlapping windows it also counts the jumps between them.
    """
    return float(np.mean(np.abs(np.diff(y.ravel())))) if y.size > 1 else np.nan


def change_in_windows(y: Array) -> float:
    """Mean |y_t - y_{t-1}| inside the windows (samples, steps); along the samples where a step is all."""
    if y.shape[1] < 2:
        return change_along(y)
    return float(np.mean(np.abs(np.diff(y, axis=1)))) if y.size else np.nan


@np.errstate(over="ignore", invalid="ignore")
def measure(name: str, y: Array, p: Array, arithmetic: Arithmetic) -> tuple[float | None, str | None]:
    """One measure of two vectors: the value, or None and the reason why there is none."""
    sums = column_sums(y.reshape(-1, 1), p.reshape(-1, 1), arithmetic)
    value = finite(measures(sums, change_along(y), arithmetic)[name])[0]
    return value, why_undefined(name) if value is None else None


def mae(y: Array, p: Array) -> float | None:
    return measure("MAE", y, p, "honest")[0]


def rmse(y: Array, p: Array) -> float | None:
    return measure("RMSE", y, p, "honest")[0]
