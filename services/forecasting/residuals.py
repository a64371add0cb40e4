"""What the errors of a forecast look like: histogram, autocorrelation, against the forecast, by step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.metrics import finite
from services.forecasting.windows import MINUTE

Array = NDArray[np.float64]
Times = NDArray[np.int64]
MAX_VALUES = 150_000  # enough for a picture, and some 30 ms of one core
MAX_POINTS = 1000
MAX_BINS = 60
MAX_LAGS = 200
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def residuals(
    truth: Array, forecast: Array, references: Times, lead: Times, step: int | None
) -> dict[str, Any]:
    """Errors (forecast - truth) of one output (samples, steps); `step` counts from 0, None means all.

    `truth` and `forecast` may be mapped files: at most MAX_VALUES of them are read, of evenly spaced windows.
    """
    rows = _spaced(len(truth), max(1, MAX_VALUES // max(1, truth.shape[1])))
    y, p = (np.asarray(values[rows], dtype=np.float64) for values in (truth, forecast))
    error = p - y
    chosen = slice(None) if step is None else slice(step, step + 1)
    at = 0 if step is None else step
    bands = np.quantile(error, QUANTILES, axis=0)
    return {
        "samples": len(rows),
        "of_samples": len(truth),
        "lead_minutes": (lead / MINUTE).tolist(),
        **_numbers(error[:, chosen]),
        "histogram": _histogram(error[:, chosen].ravel()),
        "autocorrelation": autocorrelation(truth, forecast, references, at),
        "against_forecast": _against(p[:, chosen].ravel(), error[:, chosen].ravel()),
        "by_step": {
            "mean": finite(error.mean(axis=0)),
            "quantiles": {str(level): finite(band) for level, band in zip(QUANTILES, bands, strict=True)},
        },
    }


def autocorrelation(truth: Array, forecast: Array, references: Times, step: int) -> dict[str, Any]:
    """Of the errors of one step from one reference time to the next; pairs over a gap are left out.

    White noise stays within `band` of 0 with 95 %; forecasts of overlapping windows do not.
    """
    order = np.argsort(references, kind="stable")[-MAX_VALUES:]
    times = references[order]
    gaps = np.diff(times)
    unit = int(gaps[gaps > 0].min()) if (gaps > 0).any() else 0
    nothing: dict[str, Any] = {"step": step + 1, "lag_minutes": [], "values": [], "band": None}
    if unit == 0 or (times[-1] - times[0]) // unit >= 8 * len(times):
        return {**nothing, "reason": "there are too few windows in a row"}
    error = np.asarray(forecast[order, step], dtype=np.float64) - np.asarray(truth[order, step])
    place = (times - times[0]) // unit
    there, values = np.zeros(int(place[-1]) + 1), np.zeros(int(place[-1]) + 1)
    there[place], values[place] = 1.0, error - error.mean()
    lags = min(MAX_LAGS, max(1, len(times) // 4))
    products, pairs = _lagged(values, lags), _lagged(there, lags)
    variance = products[0] / pairs[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where((pairs > 0.5) & (variance > 0), products / pairs / variance, np.nan)
    return {
        "step": step + 1,
        "lag_minutes": (np.arange(lags + 1) * unit / MINUTE).tolist(),
        "values": finite(found),
        "band": float(1.96 / np.sqrt(len(times))),
        "reason": None if variance > 0 else "the errors never change",
    }


def _lagged(values: Array, lags: int) -> Array:
    """Sums of products with itself, moved by 0, 1, ... lags."""
    size = 1 << int(np.ceil(np.log2(len(values) + lags + 1)))
    spectrum = np.fft.rfft(values, size)
    return np.asarray(np.fft.irfft(np.abs(spectrum) ** 2, size)[: lags + 1])


def _numbers(error: Array) -> dict[str, float | None]:
    mean, deviation, middle = (float(each) for each in (error.mean(), error.std(), np.median(error)))
    return {"mean": mean, "std": deviation, "median": middle}


def _histogram(error: Array) -> dict[str, Any]:
    """Bins as wide as Freedman and Diaconis advise, at most MAX_BINS; the outer ones take the far tails."""
    low, first, third, high = np.quantile(error, (0.001, 0.25, 0.75, 0.999))
    width = 2 * (third - first) / np.cbrt(len(error))
    span = high - low
    bins = int(np.clip(np.ceil(span / width), 5, MAX_BINS)) if width > 0 and span > 0 else 1
    edges = np.linspace(low, high, bins + 1) if span > 0 else np.array([low - 0.5, low + 0.5])
    counts, _ = np.histogram(np.clip(error, edges[0], edges[-1]), edges)
    return {
        "edges": edges.tolist(),
        "counts": counts.tolist(),
        "least": float(error.min()),
        "greatest": float(error.max()),
    }


def _against(forecast: Array, error: Array) -> dict[str, Any]:
    """Some points, and the spread of all errors in tenths of the forecasts."""
    few = _spaced(len(error), MAX_POINTS)
    borders = np.unique(np.quantile(forecast, np.linspace(0, 1, 11)))
    group = np.clip(np.searchsorted(borders, forecast, side="right") - 1, 0, max(0, len(borders) - 2))
    bands = [error[group == each] for each in range(max(1, len(borders) - 1))]
    quantiles = [np.quantile(each, QUANTILES) for each in bands if len(each)]
    middles = [float(forecast[group == each].mean()) for each, band in enumerate(bands) if len(band)]
    return {
        "forecast": forecast[few].tolist(),
        "residual": error[few].tolist(),
        "bins": {
            "forecast": middles,
            "quantiles": {str(q): [float(each[i]) for each in quantiles] for i, q in enumerate(QUANTILES)},
        },
    }


def _spaced(n: int, most: int) -> Times:
    """Evenly spaced places, all where there are few."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
