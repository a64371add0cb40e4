"""UTC instants as seconds of a local clock, for whole arrays at once."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from services.forecasting.errors import DataError

Seconds = NDArray[np.float64]
Times = NDArray[np.int64]  # nanoseconds
DAY = 86_400
SECOND = 10**9
TABLE_YEARS = 10  # offsets are looked up and kept for whole decades


def local_seconds(utc: Seconds, zone: str) -> Seconds:
    """Seconds since 1970 (UTC) -> seconds since 1970 as the clock of this zone shows them."""
    if zone == "UTC" or utc.size == 0:
        return utc
    changes, offsets = _table(zone, int(utc.min()), int(utc.max()))
    shifted: Seconds = utc + offsets[np.searchsorted(changes, utc, side="right") - 1]
    return shifted


def offset_changes(zone: str, start: int, end: int) -> list[tuple[int, int, int]]:
    """When the clocks of a zone are changed between two instants, and its offset before and after; all in
    ns, offsets as local time minus UTC."""
    changes, offsets = _table_ns(zone, np.array([start, end]))
    return [
        (int(at), int(before), int(after))
        for at, before, after in zip(changes[1:], offsets[:-1], offsets[1:], strict=True)
        if start <= at <= end
    ]


def to_clock(utc: Times, zone: str) -> Times:
    """Nanoseconds since 1970 (UTC) -> the same as the clock of this zone shows them."""
    if zone == "UTC" or utc.size == 0:
        return utc
    changes, offsets = _table_ns(zone, utc)
    return np.asarray(utc + offsets[np.searchsorted(changes, utc, side="right") - 1])


def from_clock(clock: Times, zone: str) -> Times:
    """What the clock shows -> UTC: of a time shown twice the first, of one skipped by the offset before.

    So a change from offset a to b takes effect on the clock at max(a, b) after its instant.
    """
    if zone == "UTC" or clock.size == 0:
        return clock
    changes, offsets = _table_ns(zone, clock)
    begin = changes.copy()
    begin[1:] += np.maximum(offsets[:-1], offsets[1:])
    return np.asarray(clock - offsets[np.searchsorted(begin[1:], clock, side="right")])


def is_changed(begin: Times, end: Times, zone: str) -> NDArray[np.bool_]:
    """Per pair whether the clock is changed after `begin` and not after `end`."""
    if zone == "UTC" or begin.size == 0:
        return np.zeros(begin.shape, dtype=bool)
    changes, _ = _table_ns(zone, np.array([begin.min(), end.max()]))
    return np.asarray(np.searchsorted(changes, begin, "right") != np.searchsorted(changes, end, "right"))


def clock_swing(utc: Times, zone: str) -> int:
    """By how much (ns) the offset from UTC varies around these instants."""
    if zone == "UTC" or utc.size == 0:
        return 0
    _, offsets = _table_ns(zone, utc)
    return int(offsets.max() - offsets.min())


def time_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise DataError(
            "UNKNOWN_TIMEZONE",
            f"There is no time zone {name!r}",
            suggestion="Give a name of the IANA database, such as Europe/Vienna or UTC",
            details={"field": "zeitzone"},
        ) from error


def _table(zone: str, start: int, end: int) -> tuple[Seconds, Seconds]:
    """When the offset from UTC changes in the decades of this span, and to what."""
    first = datetime.fromtimestamp(start - DAY, UTC).year // TABLE_YEARS * TABLE_YEARS
    last = datetime.fromtimestamp(end + DAY, UTC).year // TABLE_YEARS * TABLE_YEARS
    return _offsets(zone, first, last + TABLE_YEARS)


def _table_ns(zone: str, time: Times) -> tuple[Times, Times]:
    changes, offsets = _table(zone, int(time.min()) // SECOND, int(time.max()) // SECOND)
    return (changes * SECOND).astype(np.int64), (offsets * SECOND).astype(np.int64)


@lru_cache(maxsize=64)
def _offsets(name: str, first_year: int, end_year: int) -> tuple[Seconds, Seconds]:
    """Looked up once a day, then halved."""
    zone = time_zone(name)
    start, end = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (first_year, end_year))
    at = _offset(zone, start)
    changes, offsets = [float(start)], [at]
    for day in range(start + DAY, end + DAY, DAY):
        after = _offset(zone, day)
        if after != at:
            changes.append(float(_change(zone, day - DAY, day)))
            offsets.append(after)
            at = after
    return np.array(changes), np.array(offsets)


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """The first second with the offset of `high`."""
    before = _offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return high


def _offset(zone: ZoneInfo, second: int) -> float:
    offset = datetime.fromtimestamp(second, UTC).astimezone(zone).utcoffset()
    return offset.total_seconds() if offset else 0.0
