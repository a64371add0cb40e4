"""A series in a table and in a picture: its figures, and its mean by day and hour, weekday and hour."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.decimation import Drawable
from services.forecasting.local_time import to_clock
from services.forecasting.units import DAY, HOUR, MINUTE

LEVELS = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
MOST_ROWS = 1500  # more days than a picture has rows are put together
DAYS_PER_WEEK, HOURS_PER_DAY = 7, 24
THURSDAY = 3  # 1970-01-01, with Monday as 0
Values = NDArray[np.float64]


def summary(series: Drawable) -> dict[str, Any]:
    """JSON-able; what cannot be said of a series without numbers is None."""
    known = np.isfinite(series.value)
    value = series.value[known]
    distance = np.diff(series.time)
    longest = int(np.argmax(distance))
    return {
        "rows": len(series.value),
        "values": int(known.sum()),
        "missing": int(len(series.value) - known.sum()),
        "first": stamp(series.time[0]),
        "last": stamp(series.time[-1]),
        "days": float((series.time[-1] - series.time[0]) / DAY),
        "step_minutes": series.step / MINUTE,
        "longest_step": {
            "from": stamp(series.time[longest]),
            "to": stamp(series.time[longest + 1]),
            "minutes": float(distance[longest] / MINUTE),
        },
        **_figures(value),
    }


def heat(series: Drawable, zone: str) -> dict[str, Any]:
    """Means by the clock of a zone; where an hour has no value, None. An hour that comes twice is one."""
    known = np.isfinite(series.value)
    clock, value = to_clock(series.time[known], zone), series.value[known]
    hour, day = clock // HOUR % HOURS_PER_DAY, clock // DAY
    first, last = (int(to_clock(series.time[[place]], zone)[0] // DAY) for place in (0, -1))
    per_row = -(-(last - first + 1) // MOST_ROWS)
    rows = (last - first) // per_row + 1
    weekday = (day + THURSDAY) % DAYS_PER_WEEK
    by_day = _means((day - first) // per_row * HOURS_PER_DAY + hour, value, rows * HOURS_PER_DAY)
    by_weekday = _means(weekday * HOURS_PER_DAY + hour, value, DAYS_PER_WEEK * HOURS_PER_DAY)
    return {
        "zone": zone,
        "first_day": str(np.datetime64(first, "D")),
        "last_day": str(np.datetime64(last, "D")),
        "days_per_row": per_row,
        "day_hour": _table(by_day),
        "weekday_hour": _table(by_weekday),
    }


def stamp(time: np.int64 | int) -> str:
    """ISO in UTC, to the second."""
    return str(np.datetime64(int(time) // 10**9, "s")) + "Z"


def plain(values: Values) -> list[float | None]:
    """For JSON: six digits are more than a picture shows, and null is what has no value."""
    known = np.isfinite(values)
    rounded = np.array([float(f"{value:.7g}") for value in np.where(known, values, 0.0)], dtype=object)
    rounded[~known] = None
    return list(rounded)


def _figures(value: Values) -> dict[str, Any]:
    if not value.size:
        names = ("min", "max", "mean", "std", "zeros", "negatives")
        return {**dict.fromkeys(names), "quantiles": []}
    found = np.quantile(value, LEVELS)
    return {
        "min": float(value.min()),
        "max": float(value.max()),
        "mean": float(value.mean()),
        "std": float(value.std()),
        "zeros": int((value == 0).sum()),
        "negatives": int((value < 0).sum()),
        "quantiles": [
            {"level": level, "value": float(each)} for level, each in zip(LEVELS, found, strict=True)
        ],
    }


def _means(cell: NDArray[np.int64], value: Values, cells: int) -> Values:
    count = np.bincount(cell, minlength=cells)
    total = np.bincount(cell, weights=value, minlength=cells)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / count)


def _table(means: Values) -> list[list[float | None]]:
    cells = plain(means)
    return [cells[start : start + HOURS_PER_DAY] for start in range(0, len(cells), HOURS_PER_DAY)]
