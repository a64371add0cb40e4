"""When a forecast errs: by hour, weekday, month and holiday of the instant that is forecast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.calendar import CalendarSpec, component_values
from services.forecasting.local_time import DAY, local_seconds
from services.forecasting.metrics import finite

Array = NDArray[np.float64]
Times = NDArray[np.int64]
HOURS, WEEKDAYS, MONTHS = range(24), range(1, 8), range(1, 13)
NO_COUNTRY = "no country of holidays is set (feiertag with land)"


def error_profile(
    truth: Array, forecast: Array, references: Times, offsets: Times, *, zone: str, country: str | None
) -> dict[str, Any]:
    """Of one output: truth and forecast (samples, steps), reference times and offsets of the steps in ns.

    Hour 0..23, weekday 1 (Monday)..7, month 1..12 on the local clock of `zone`, holiday false/true in
    `country`; each with count, MAE and BIAS (mean p - y, original units), null where nothing falls there.
    `weekday_hour` is the MAE of every weekday and hour.
    """
    instants, count, size, signed = _by_instant(forecast - truth, references, offsets)
    clock = local_seconds(instants / 1e9, zone)
    days = np.floor(clock / DAY).astype(np.int64)
    hour = ((clock - days * DAY) // 3600).astype(np.int64)
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12

    def table(group: Times, keys: Sequence[Any]) -> dict[str, Any]:
        return {"key": list(keys), **_table(group, len(keys), count, size, signed)}

    cells = _table(weekday * 24 + hour, 7 * 24, count, size, signed)["MAE"]
    profile = {
        "hour": table(hour, HOURS),
        "weekday": table(weekday, WEEKDAYS),
        "month": table(month, MONTHS),
        "holiday": None,
        "weekday_hour": [cells[24 * day : 24 * day + 24] for day in range(7)],
        "timezone": zone,
        "undefined": {},
    }
    if country is None:
        return {**profile, "undefined": {"holiday": NO_COUNTRY}}
    spec = CalendarSpec("H", local=True, country=country)
    free = component_values(spec, instants, zone)[0].astype(np.int64)
    return {**profile, "holiday": table(free, (False, True))}


def _by_instant(error: Array, references: Times, offsets: Times) -> tuple[Times, Array, Array, Array]:
    """Instants that are forecast, and over all forecasts of each: count, sum of |e|, sum of e.

    A few sums per instant instead of one calendar look-up per window and step: neighbouring windows
    forecast the same instants.
    """
    instants = _lattice(references, offsets)
    count, size, signed = (np.zeros(len(instants)) for _ in range(3))
    for step, offset in enumerate(offsets):
        place = np.searchsorted(instants, references + offset)
        column = error[:, step]
        count += np.bincount(place, minlength=len(instants))
        size += np.bincount(place, weights=np.abs(column), minlength=len(instants))
        signed += np.bincount(place, weights=column, minlength=len(instants))
    return instants, count, size, signed


def _lattice(references: Times, offsets: Times) -> Times:
    """Every instant of reference + offset once, ascending."""
    merged = np.zeros(0, dtype=np.int64)
    for part in np.array_split(offsets, -(-len(offsets) // 16)):
        merged = np.union1d(merged, (references[:, None] + part).ravel())
    return merged


def _table(group: Times, groups: int, count: Array, size: Array, signed: Array) -> dict[str, Any]:
    """Counts, mean |e| and mean e per group."""
    n, absolute, sums = (np.bincount(group, weights=each, minlength=groups) for each in (count, size, signed))
    with np.errstate(divide="ignore", invalid="ignore"):
        return {"count": n.astype(int).tolist(), "MAE": finite(absolute / n), "BIAS": finite(sums / n)}
