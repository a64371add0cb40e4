"""The holiday lists of the first system: Austria, Germany and Switzerland, from fixed dates and Easter."""

from __future__ import annotations

from datetime import date, timedelta

from services.forecasting.errors import DataError

FIXED = {
    "AT": ((1, 1), (1, 6), (5, 1), (8, 15), (10, 26), (11, 1), (12, 8), (12, 25), (12, 26)),
    "DE": ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26)),
    "CH": ((1, 1), (8, 1), (12, 25)),
}
FROM_EASTER = {"AT": (1, 39, 50, 60), "DE": (-2, 1, 39, 50), "CH": (-2, 1, 39, 50)}


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, 1991, ch. 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), f = divmod(b, 4), (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    el = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * el) // 451
    month, day = divmod(h + el - 7 * m + 114, 31)
    return date(year, month, day + 1)


def historical_holidays(country: str, year: int) -> frozenset[date]:
    """`country` is AT, DE or CH."""
    if country not in FIXED:
        raise DataError(
            "UNKNOWN_COUNTRY",
            f"The historical arithmetic has no holidays of {country!r}",
            suggestion="Take AT, DE or CH, or the honest arithmetic",
            details={"field": "land"},
        )
    moving = {easter(year) + timedelta(days=days) for days in FROM_EASTER[country]}
    return frozenset(moving | {date(year, month, day) for month, day in FIXED[country]})
