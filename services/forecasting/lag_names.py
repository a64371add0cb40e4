"""How lags are written; read by the web process too, so without numpy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from services.forecasting.errors import DataError
from services.forecasting.units import DAY, HOUR, MINUTE

UNITS = {"D": DAY, "W": 7 * DAY, "H": HOUR, "M": MINUTE}
LONGEST = 3660 * DAY
MOST = 20  # per series
_DURATION = re.compile(r"P(?:([1-9][0-9]{0,5})([DW])|T([1-9][0-9]{0,6})([HM]))")


class LagText(NamedTuple):
    """`length` in ns."""

    text: str
    length: int
    by_clock: bool


def parse_lag(text: str) -> LagText:
    """A duration of ISO 8601: P1D and P1W move the local clock, PT24H the time itself."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise _refusal(f"{text[:40]!r} is no lag")
    days, day_unit, hours, hour_unit = found.groups()
    length = int(days or hours) * UNITS[day_unit or hour_unit]
    if length > LONGEST:
        raise _refusal(f"The lag {text!r} is longer than {LONGEST // DAY} days")
    return LagText(text, length, day_unit is not None)


def parse_lags(texts: Sequence[str]) -> list[LagText]:
    """Every lag once: P7D and P1W are the same, P1D and PT24H are not."""
    if len(texts) > MOST:
        raise _refusal(f"{len(texts)} lags are too many for one series; at most {MOST} are taken")
    lags = [parse_lag(text) for text in texts]
    seen: dict[tuple[int, bool], str] = {}
    for lag in lags:
        other = seen.setdefault((lag.length, lag.by_clock), lag.text)
        if other is not lag.text or sum(each.text == lag.text for each in lags) > 1:
            raise _refusal(f"The lags {other!r} and {lag.text!r} are the same")
    return lags


def lag_name(name: str, lag: str) -> str:
    """The column of a lag."""
    return f"{name} {lag}"


def _refusal(message: str) -> DataError:
    return DataError(
        "INVALID_LAGS",
        message,
        suggestion="Give ISO 8601 durations, each once: P1D (same local clock yesterday), P7D or P1W (last "
        "week), PT24H (24 hours before), PT15M",
        details={"field": "lags"},
    )
