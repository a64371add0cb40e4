"""Calendar features: where an instant lies in its year, month, week and day, and whether it is a holiday."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.forecasting.calendar_names import Component, column_names
from services.forecasting.errors import DataError
from services.forecasting.holidays import bridge_days, holidays
from services.forecasting.local_time import local_seconds
from services.forecasting.windows import Arithmetic

Values = NDArray[np.float64]
DAY = 86_400
# Lengths in seconds that the UTC forms take, counted from 1970-01-01 (forecasting.md A.5).
UTC_PERIODS = {"Y": 31_557_600, "M": 2_629_800, "W": 604_800, "D": DAY}
ORDER: tuple[Component, ...] = ("Y", "M", "W", "D", "H")


@dataclass(frozen=True)
class CalendarSpec:
    """One component over its own window (`per_step`), or its value at the reference time in every step.

    H alone: the `country` (with region, such as DE-BY), whether `bridges` get a column, and the `school`
    holidays, first and last day of each as ISO dates.
    """

    component: Component
    local: bool = False
    per_step: bool = True
    start_hours: float = 0.0
    end_hours: float = 0.0
    scale: bool = False
    scale_min: float = 0.0
    scale_max: float = 1.0
    country: str | None = None
    bridges: bool = False
    school: Sequence[Sequence[str]] = ()


def names_of(spec: CalendarSpec) -> list[str]:
    return column_names(spec.component, bridges=spec.bridges, school=bool(spec.school))


def component_values(
    spec: CalendarSpec, time_ns: NDArray[np.int64], zone: str, arithmetic: Arithmetic = "honest"
) -> list[Values]:
    """The columns of a component at these UTC instants: [sin 2πφ, cos 2πφ], or flags 0/1 for H."""
    utc = time_ns / 1e9
    clock = local_seconds(utc, zone) if spec.local else utc
    if spec.component == "H":
        return _holiday_flags(spec, np.floor(clock / DAY).astype(np.int64), arithmetic)
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


class _Days(Protocol):
    def __call__(self, region: str, year: int, arithmetic: Arithmetic = ...) -> Iterable[date]: ...


def _holiday_flags(spec: CalendarSpec, days: NDArray[np.int64], arithmetic: Arithmetic) -> list[Values]:
    """Columns of 0/1 for days since 1970: holiday, and where wanted bridge day and school holiday."""
    if spec.country is None:
        raise DataError(
            "UNKNOWN_COUNTRY",
            "The holidays have no country",
            suggestion="Set land, such as AT or DE-BY",
            details={"field": "land"},
        )
    columns = [_is_among(days, holidays, spec.country, arithmetic)]
    if spec.bridges:
        columns.append(_is_among(days, bridge_days, spec.country, arithmetic))
    if spec.school:
        columns.append(_is_within(days, spec.school))
    return columns


def _is_among(days: NDArray[np.int64], which: _Days, region: str, arithmetic: Arithmetic) -> Values:
    if days.size == 0:
        return np.zeros(days.shape)
    years = range(_year(days.min()), _year(days.max()) + 1)
    found = [np.datetime64(day) for year in years for day in which(region, year, arithmetic)]
    chosen = np.array(found, dtype="datetime64[D]").astype(np.int64)
    return np.isin(days, chosen).astype(np.float64)


def _year(day: np.int64) -> int:
    return int(np.datetime64(int(day), "D").astype("datetime64[Y]").astype(np.int64)) + 1970


def _is_within(days: NDArray[np.int64], spans: Sequence[Sequence[str]]) -> Values:
    inside = np.zeros(days.shape, dtype=bool)
    for first, last in spans:
        begin, end = (np.datetime64(each, "D").astype(np.int64) for each in (first, last))
        inside |= (days >= begin) & (days <= end)
    return inside.astype(np.float64)
