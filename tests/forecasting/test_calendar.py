"""Where an instant lies in its year, month, week and day, and which days are holidays."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from services.forecasting.calendar import CalendarSpec, component_values
from services.forecasting.errors import DataError
from services.forecasting.holidays import easter, holidays


def phase(component: Any, instant: str, zone: str | None = None) -> float:
    """How much of the period has passed, 0..1; on the clock of the zone, or in UTC."""
    sin, cos = values(CalendarSpec(component, local=zone is not None), instant, zone or "UTC")
    return float(np.arctan2(sin, cos) / (2 * np.pi) % 1)


def values(spec: CalendarSpec, instant: str, zone: str = "UTC") -> list[float]:
    time = np.array([np.datetime64(instant, "ns").astype(np.int64)])
    return [float(column[0]) for column in component_values(spec, time, zone)]


def test_local_weeks_begin_on_monday_and_utc_weeks_on_thursday() -> None:
    assert phase("W", "2024-01-01T12:00", "UTC") == pytest.approx(0.5 / 7)
    assert phase("W", "2024-01-04T12:00") == pytest.approx(0.5 / 7)


@pytest.mark.parametrize(
    ("component", "instant", "expected"),
    [
        ("D", "2024-01-10T06:00", 1 / 4),
        ("M", "2024-02-15T12:00", 14.5 / 29),
        ("M", "2023-02-15T12:00", 14.5 / 28),
        ("Y", "2024-12-31T00:00", 365 / 366),
        ("Y", "2023-12-31T00:00", 364 / 365),
    ],
)
def test_local_phases_follow_the_lengths_of_the_calendar(
    component: str, instant: str, expected: float
) -> None:
    assert phase(component, instant, "UTC") == pytest.approx(expected)


def test_the_same_hour_on_the_clock_gives_the_same_day_phase_in_winter_and_summer() -> None:
    winter = phase("D", "2024-01-15T07:00", "Europe/Vienna")
    summer = phase("D", "2024-07-15T06:00", "Europe/Vienna")
    assert winter == pytest.approx(8 / 24) == summer


def test_the_clock_jumps_at_the_very_second_of_the_change() -> None:
    assert phase("D", "2024-03-31T00:59:59", "Europe/Vienna") == pytest.approx((2 * 3600 - 1) / 86400)
    assert phase("D", "2024-03-31T01:00:00", "Europe/Vienna") == pytest.approx(3 / 24)


def test_every_calendar_phase_of_a_leap_year_runs_once_through_the_circle() -> None:
    days = np.arange(
        np.datetime64("2024-01-01", "ns"), np.datetime64("2025-01-01", "ns"), np.timedelta64(1, "h")
    )
    for component in ("Y", "M", "W", "D"):
        sin, cos = component_values(CalendarSpec(component, local=True), days.astype(np.int64), "UTC")
        np.testing.assert_allclose(sin**2 + cos**2, 1)
        assert abs(sin.mean()) < 0.01


@pytest.mark.parametrize(
    ("year", "day"), [(2000, (4, 23)), (2008, (3, 23)), (2024, (3, 31)), (2025, (4, 20)), (2038, (4, 25))]
)
def test_easter_falls_where_the_church_has_it(year: int, day: tuple[int, int]) -> None:
    assert easter(year) == date(year, *day)


@pytest.mark.parametrize(("country", "number"), [("AT", 13), ("DE", 9), ("CH", 7)])
def test_a_country_has_its_nation_wide_holidays_in_any_year(country: str, number: int) -> None:
    assert {len(holidays(country, year)) for year in (1999, 2024, 2077)} == {number}


@pytest.mark.parametrize(("name", "code"), [("Österreich", "AT"), ("Deutschland", "DE"), ("Schweiz", "CH")])
def test_countries_go_by_their_german_names_too(name: str, code: str) -> None:
    assert holidays(name, 2024) == holidays(code, 2024)


def test_a_holiday_counts_by_the_date_in_utc_or_on_the_local_clock() -> None:
    new_year_in_vienna = "2023-12-31T23:30"
    assert values(CalendarSpec("H", country="AT"), new_year_in_vienna, "Europe/Vienna") == [0]
    assert values(CalendarSpec("H", local=True, country="AT"), new_year_in_vienna, "Europe/Vienna") == [1]


def test_each_country_has_its_own_days() -> None:
    found = {name: values(CalendarSpec("H", country=name), "2024-10-03T12:00") for name in ("AT", "DE", "CH")}
    assert found == {"AT": [0], "DE": [1], "CH": [0]}


def test_an_unknown_country_or_zone_is_refused_with_what_is_known() -> None:
    with pytest.raises(DataError, match="Atlantis") as country:
        values(CalendarSpec("H", country="Atlantis"), "2024-01-01T00:00")
    assert "Österreich" in (country.value.suggestion or "")
    with pytest.raises(DataError) as zone:
        values(CalendarSpec("D", local=True), "2024-01-01T00:00", "Mars/Olympus")
    assert zone.value.code == "UNKNOWN_TIMEZONE"
