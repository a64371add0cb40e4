"""Where an instant lies in its year, month, week and day, and which days are holidays."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from services.forecasting.calendar import CalendarSpec, component_values, names_of
from services.forecasting.errors import DataError
from services.forecasting.historical_holidays import easter
from services.forecasting.holidays import bridge_days, holidays, region_of


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
def test_the_historical_lists_have_the_same_holidays_in_any_year(country: str, number: int) -> None:
    assert {len(holidays(country, year, "compat")) for year in (1999, 2024, 2077)} == {number}


@pytest.mark.parametrize("country", ["AT", "DE"])
def test_the_historical_lists_are_those_of_the_library_but_for_what_was_decreed_once(country: str) -> None:
    apart = {
        day
        for year in range(2000, 2050)
        for day in holidays(country, year) ^ holidays(country, year, "compat")
    }
    assert apart == ({date(2017, 10, 31)} if country == "DE" else set())  # 500 years of Reformation


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Österreich", "AT"),
        ("deutschland", "DE"),
        ("Schweiz", "CH"),
        ("aut", "AT"),
        ("France", "FR"),
        ("UK", "GB"),
        ("DE-BY", "DE-BY"),
        ("de-bayern", "DE-BY"),
        ("Deutschland-Bayern", "DE-BY"),
        ("US-ca", "US-CA"),
    ],
)
def test_countries_and_regions_go_by_codes_and_names(name: str, code: str) -> None:
    assert region_of(name) == code


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("Austira", "Austria"),
        ("Deutschlnd", "Deutschland"),
        ("DE-BX", "DE-B"),
        ("US-Californa", "US-"),
        ("", "AT"),
    ],
)
def test_an_unknown_country_or_region_is_refused_with_close_ones(name: str, suggestion: str) -> None:
    with pytest.raises(DataError) as refused:
        region_of(name)
    assert refused.value.code == "UNKNOWN_COUNTRY"
    assert suggestion in (refused.value.suggestion or "")


def test_a_region_has_holidays_of_its_own() -> None:
    epiphany, days = date(2024, 1, 6), {name: holidays(name, 2024) for name in ("DE", "DE-BY", "DE-BE")}
    assert {name for name in days if epiphany in days[name]} == {"DE-BY"}
    assert date(2024, 3, 31) in holidays("US-CA", 2024)  # Cesar Chavez Day


def test_years_that_no_calendar_covers_are_refused_not_empty() -> None:
    with pytest.raises(DataError) as refused:
        holidays("DE", 1975)
    assert refused.value.code == "UNKNOWN_HOLIDAYS"


@pytest.mark.parametrize("arithmetic", ["honest", "compat"])
def test_a_bridge_day_is_a_working_day_alone_between_days_off(arithmetic: Any) -> None:
    found = bridge_days("AT", 2024, arithmetic)
    assert {date(2024, 5, 10), date(2024, 5, 31), date(2024, 8, 16)} <= found  # Fridays after holidays
    assert {day.weekday() for day in found} <= {0, 4}
    assert date(2025, 5, 2) in bridge_days("AT", 2025, arithmetic)
    assert date(2024, 12, 27) in bridge_days("AT", 2024, arithmetic)
    assert date(2024, 12, 31) not in found  # a Tuesday before a holiday, after a working Monday
    assert date(2018, 12, 31) in bridge_days("AT", 2018, arithmetic)  # its holiday is in the next year


def test_bridge_days_follow_the_weekend_of_the_country() -> None:
    assert {day.weekday() for year in range(2018, 2026) for day in bridge_days("IL", year)} <= {3, 6}


def test_bridge_days_and_school_holidays_are_columns_of_their_own() -> None:
    spec = CalendarSpec(
        "H", country="AT", bridges=True, school=[("2024-07-06", "2024-09-08"), ("2024-12-23", "2025-01-06")]
    )
    assert names_of(spec) == ["H", "H_bruecke", "H_ferien"]
    assert values(spec, "2024-08-15T12:00") == [1, 0, 1]
    assert values(spec, "2024-08-16T12:00") == [0, 1, 1]
    assert values(spec, "2024-09-09T00:00") == [0, 0, 0]
    assert values(spec, "2025-01-06T23:59") == [1, 0, 1]
    assert names_of(CalendarSpec("H", country="AT")) == ["H"]


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
    assert country.value.details["field"] == "land"
    with pytest.raises(DataError) as zone:
        values(CalendarSpec("D", local=True), "2024-01-01T00:00", "Mars/Olympus")
    assert zone.value.code == "UNKNOWN_TIMEZONE"
