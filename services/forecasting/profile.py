"""What is in a series, as numbers for a page: extent, steps, gaps, missing values, extremes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.csv_series import Column
from services.forecasting.parquet import SeriesData

MINUTE = 60 * 10**9
HOUR = 60 * MINUTE
GAP_STEPS = 1.5
LISTED_GAPS = 500
LISTED_STEPS = 20


def profile(column: Column) -> dict[str, Any]:
    """Everything JSON-able; what cannot be said is None."""
    time, value = _different(column.series), column.series.value
    numeric = np.isfinite(value)
    steps, counts = np.unique(np.diff(time), return_counts=True)
    usual = int(steps[np.argmax(counts)])
    gaps = _gaps(time, usual)
    return {
        "column": column.name,
        "decimal": column.decimal,
        "rows": len(value),
        "numericRows": int(numeric.sum()),
        "nanShare": round(1 - float(numeric.mean()), 6),
        "duplicates": column.duplicates,
        "unsorted": column.unsorted,
        **_extent(value[numeric]),
        "firstTime": _stamp(time[0]),
        "lastTime": _stamp(time[-1]),
        "stepMinutes": {
            "mean": _mean_step(time),
            "mostFrequent": usual / MINUTE,
            "min": int(steps[0]) / MINUTE,
            "max": int(steps[-1]) / MINUTE,
        },
        "offsetMinutes": _offset(time, usual),
        "regular": len(steps) == 1,
        "stepHistogram": _histogram(steps, counts),
        "gapCount": len(gaps),
        "gaps": gaps[:LISTED_GAPS],
    }


def _extent(known: NDArray[np.float64]) -> dict[str, Any]:
    if not known.size:
        return {"min": None, "max": None, "mean": None, "constant": False, "empty": True}
    low, high = float(known.min()), float(known.max())
    return {"min": low, "max": high, "mean": float(known.mean()), "constant": low == high, "empty": False}


def measured(series: SeriesData) -> dict[str, Any]:
    """The per-file figures of forecasting.md A.2 under their column names."""
    numeric = np.isfinite(series.value)
    extent = _extent(series.value[numeric])
    time = _different(series)
    steps, counts = np.unique(np.diff(time), return_counts=True)
    usual = int(steps[np.argmax(counts)])
    return {
        "utc_min": _stamp(time[0]),
        "utc_max": _stamp(time[-1]),
        "zeitschrittweite": usual / MINUTE,
        "zeitschrittweite_mittelwert": _mean_step(time),
        "zeitschrittweite_min": int(steps[0]) / MINUTE,
        "offset": _offset(time, usual),
        "min": extent["min"],
        "max": extent["max"],
        "datenpunkte": len(series.value),
        "numerische_datenpunkte": int(numeric.sum()),
        "numerischer_anteil": round(100 * float(numeric.mean()), 2),
    }


def _different(series: SeriesData) -> NDArray[np.int64]:
    """Every time once; forecasts repeat it with every issue."""
    return series.time if series.issued is None else np.unique(series.time)


def _mean_step(time: NDArray[np.int64]) -> float:
    return int(time[-1] - time[0]) / (len(time) - 1) / MINUTE


def _gaps(time: NDArray[np.int64], usual: int) -> list[dict[str, Any]]:
    """Where two rows are further apart than 1.5 usual steps; `position` is the row before the gap."""
    distance = np.diff(time)
    return [
        {
            "position": int(i),
            "from": _stamp(time[i]),
            "to": _stamp(time[i + 1]),
            "minutes": int(distance[i]) / MINUTE,
            "missingRows": max(1, round(int(distance[i]) / usual) - 1),
        }
        for i in np.flatnonzero(distance > GAP_STEPS * usual)
    ]


def _histogram(steps: NDArray[np.int64], counts: NDArray[np.int64]) -> list[dict[str, Any]]:
    order = np.argsort(-counts, kind="stable")[:LISTED_STEPS]
    return [{"minutes": int(steps[i]) / MINUTE, "count": int(counts[i])} for i in order]


def _offset(time: NDArray[np.int64], usual: int) -> float | None:
    """Minutes past the full hour, modulo the step; None where the step does not divide the hour."""
    if HOUR % usual != 0:
        return None
    return int(time[0] % HOUR % usual) / MINUTE


def _stamp(time: np.int64) -> str:
    return str(np.datetime_as_string(np.datetime64(int(time), "ns"), unit="s")) + "+00:00"
