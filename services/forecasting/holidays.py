"""Public holidays and bridge days of any country and region, by the `holidays` library."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from difflib import get_close_matches
from functools import lru_cache

from holidays import HolidayBase, country_holidays
from holidays.registry import COUNTRIES

from services.forecasting.errors import DataError
from services.forecasting.historical_holidays import historical_holidays
from services.forecasting.windows import Arithmetic

GERMAN = {"Österreich": "AT", "Deutschland": "DE", "Schweiz": "CH"}
DAY = timedelta(days=1)


def region_of(name: str) -> str:
    """DE, DE-BY, US-CA … for every accepted spelling: codes of two or three letters and the names of
    countries, in any case, with the code or name of a region behind a hyphen."""
    country, _, region = name.strip().partition("-")
    code = _countries().get(country.strip().casefold())
    if code is None:
        raise _unknown(name, country, _spellings())
    if not region:
        return code
    regions = _regions(code)
    found = regions.get(region.strip().casefold())
    if found is None:
        raise _unknown(name, region, [f"{code}-{each}" for each in sorted(set(regions.values()))], code)
    return f"{code}-{found}"


def holidays(region: str, year: int, arithmetic: Arithmetic = "honest") -> frozenset[date]:
    """The public holidays of a year; the historical arithmetic has its own lists."""
    code = region_of(region)
    return historical_holidays(code, year) if arithmetic == "compat" else frozenset(_calendar(code, year))


@lru_cache(maxsize=1024)
def bridge_days(region: str, year: int, arithmetic: Arithmetic = "honest") -> frozenset[date]:
    """Working days alone between a holiday on one side and a holiday or weekend on the other."""
    years = (year - 1, year, year + 1)
    if arithmetic == "compat":
        free = frozenset[date]().union(*(holidays(region, each, arithmetic) for each in years))
        return _between(year, free, lambda day: day not in free and day.weekday() < 5)
    code = region_of(region)
    first = _known_years(code)[0]
    found = country_holidays(*_parts(code), years=[each for each in years if each >= first])
    return _between(year, frozenset(found), found.is_working_day)


def _between(year: int, free: Iterable[date], is_working: Callable[[date], bool]) -> frozenset[date]:
    beside = {day + step for day in free for step in (-DAY, DAY)}
    return frozenset(
        day
        for day in beside
        if day.year == year and is_working(day) and not is_working(day - DAY) and not is_working(day + DAY)
    )


@lru_cache(maxsize=1024)
def _calendar(code: str, year: int) -> HolidayBase:
    first, last = _known_years(code)
    if not first <= year <= last:
        raise DataError(
            "UNKNOWN_HOLIDAYS",
            f"The holidays of {code} are known from {first} to {last}, not for {year}",
            suggestion="Switch feiertag off, or leave those years out of the files",
            details={"field": "land", "year": year},
        )
    return country_holidays(*_parts(code), years=year)


@lru_cache(maxsize=256)
def _known_years(code: str) -> tuple[int, int]:
    found = country_holidays(*_parts(code))
    return found.start_year, found.end_year


def _parts(code: str) -> tuple[str, str | None]:
    country, _, region = code.partition("-")
    return country, region or None


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Every spelling of a country in small letters -> its code of two letters."""
    spellings = {german.casefold(): code for german, code in GERMAN.items()}
    for name, code, *others in COUNTRIES.values():
        for spelling in (name, code, *others):
            spellings[spelling.casefold()] = code
    return spellings


def _spellings() -> list[str]:
    return [*GERMAN, *(each for names in COUNTRIES.values() for each in names[:3])]


@lru_cache(maxsize=256)
def _regions(code: str) -> dict[str, str]:
    """Every spelling of a region in small letters -> the code that the library knows."""
    kind = type(country_holidays(code))
    aliases = {name.casefold(): region for name, region in kind.subdivisions_aliases.items()}
    return {**aliases, **{region.casefold(): region for region in kind.subdivisions}}


def _unknown(name: str, part: str, known: list[str], country: str | None = None) -> DataError:
    small = {each.casefold(): each for each in known}
    wanted = f"{country}-{part}" if country else part
    near = [small[each] for each in get_close_matches(wanted.strip().casefold(), small, n=5, cutoff=0.5)]
    where = f" in {country}" if country else ""
    listed = ", ".join(near or known[:20])
    return DataError(
        "UNKNOWN_COUNTRY",
        f"There is no holiday calendar for {name[:60]!r}: {part.strip()[:60]!r} is unknown{where}",
        suggestion=(f"Did you mean {listed}?" if near else f"Known are {listed}" if known else "Leave it out")
        + ("" if country else " Give a code such as AT, or with a region DE-BY"),
        details={"field": "land", "close": near},
    )
