"""Calendar features: where an instant lies in its year, month, week and day, and whether it is a holiday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from services.forecasting.holidays import country_code, holidays
from services.forecasting.local_time import local_seconds

Component = Literal["Y", "M", "W", "D", "H"]
Values = NDArray[np.float64]
DAY = 86_400
# Lengths in seconds that the UTC forms take, counted from 1970-01-01 (forecasting.md A.5).
UTC_PERIODS = {"Y": 31_557_600, "M": 2_629_800, "W": 604_800, "D": DAY}
ORDER: tuple[Component, ...] = ("Y", "M", "W", "D", "H")


@dataclass(frozen=True)
class CalendarSpec:
    """One component over its own window (`per_step`), or its value at the reference time in every step."""

    component: Component
    local: bool = False
    per_step: bool = True
    start_hours: float = 0.0
    end_hours: float = 0.0
    scale: bool = False
    scale_min: float = 0.0
    scale_max: float = 1.0
    country: str | None = None


def column_names(component: Component) -> list[str]:
    return ["H"] if component == "H" else [f"{component}_sin", f"{component}_cos"]


def component_values(spec: CalendarSpec, time_ns: NDArray[np.int64], zone: str) -> list[Values]:
    """The columns of a component at these UTC instants: [sin 2πφ, cos 2πφ], or [0/1] for H."""
    utc = time_ns / 1e9
    clock = local_seconds(utc, zone) if spec.local else utc
    if spec.component == "H":
        return [_is_holiday(clock, spec.country or "AT")]
    phase = _local_phase(spec.component, clock) if spec.local else utc / UTC_PERIODS[spec.component]
    angle = 2 * np.pi * phase
    return [np.sin(angle), np.cos(angle)]


def _local_phase(component: Component, clock: Values) -> Values:
    """Share of the calendar year, month, week (from Monday) or day that has passed on the local clock."""
    days = np.floor(clock / DAY).astype("datetime64[D]")
    second = clock - days.astype(np.int64) * DAY
    if component == "D":
        return np.asarray(second / DAY)
    if component == "W":  # 1970-01-01 was a Thursday
        return np.asarray(((days.astype(np.int64) + 3) % 7 * DAY + second) / (7 * DAY))
    unit = "Y" if component == "Y" else "M"
    first = days.astype(f"datetime64[{unit}]")
    begin = first.astype("datetime64[D]")
    length = ((first + 1).astype("datetime64[D]") - begin).astype(np.int64)
    return np.asarray(((days - begin).astype(np.int64) * DAY + second) / (length * DAY))


def _is_holiday(clock: Values, country: str) -> Values:
    country_code(country)
    days = np.floor(clock / DAY).astype(np.int64)
    unique, where = np.unique(days, return_inverse=True)
    dates = [date(1970, 1, 1).toordinal() + int(day) for day in unique]
    free = {day for year in {date.fromordinal(o).year for o in dates} for day in holidays(country, year)}
    flags = np.array([float(date.fromordinal(ordinal) in free) for ordinal in dates])
    result: Values = flags[where].reshape(days.shape) if flags.size else np.zeros(days.shape)
    return result
