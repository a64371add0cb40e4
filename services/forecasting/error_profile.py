"""When a forecast errs: by hour, weekday, month and holiday of the instant that is forecast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.absolute_errors import chunks
from services.forecasting.calendar import CalendarSpec, component_values
from services.forecasting.local_time import DAY, local_seconds
from services.forecasting.metrics import finite
from services.forecasting.windows import MINUTE

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
    instants, count, size, signed = _by_instant(truth, forecast, references, offsets)
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


def _by_instant(
    truth: Array, forecast: Array, references: Times, offsets: Times
) -> tuple[Times, Array, Array, Array]:
    """Regular instants (ns), and over all forecasts of each: count, sum of |e|, sum of e.

    A few sums per instant instead of a calendar look-up per window and step, for neighbouring windows
    forecast the same instants. Those closer than a minute are one: clocks go by minutes.
    """
    first, unit = _lattice(references, offsets)
    last = int((references.max() + offsets.max() - first) // unit) if references.size else -1
    count, size, signed = (np.zeros(last + 1) for _ in range(3))
    for rows in chunks(*truth.shape):
        error = np.ascontiguousarray((forecast[rows] - truth[rows]).T)
        absolute, ones = np.abs(error), np.ones(error.shape[1])
        for step, offset in enumerate(offsets):
            place = (references[rows] + (offset - first)) // unit
            np.add.at(count, place, ones)
            np.add.at(size, place, absolute[step])
            np.add.at(signed, place, error[step])
    return first + unit * np.arange(last + 1), count, size, signed


def _lattice(references: Times, offsets: Times) -> tuple[int, int]:
    """First instant and distance (ns) of a lattice that holds every reference + offset, to the minute."""
    first = int(references.min() + offsets.min()) if references.size else 0
    gaps = np.concatenate([references - references[:1], offsets - offsets[:1]])
    unit = int(np.gcd.reduce(gaps))
    if unit == 0:  # a single instant
        return first, MINUTE
    return (first, unit) if unit >= MINUTE else (first // MINUTE * MINUTE, MINUTE)


def _table(group: Times, groups: int, count: Array, size: Array, signed: Array) -> dict[str, Any]:
    """Counts, mean |e| and mean e per group."""
    n, absolute, sums = (np.bincount(group, weights=each, minlength=groups) for each in (count, size, signed))
    with np.errstate(divide="ignore", invalid="ignore"):
        return {"count": n.astype(int).tolist(), "MAE": finite(absolute / n), "BIAS": finite(sums / n)}
