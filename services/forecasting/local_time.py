"""UTC instants as seconds of a local clock, for whole arrays at once."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from services.forecasting.errors import DataError

Seconds = NDArray[np.float64]
DAY = 86_400


def local_seconds(utc: Seconds, zone: str) -> Seconds:
    """Seconds since 1970 (UTC) -> seconds since 1970 as the clock of this zone shows them."""
    if zone == "UTC" or utc.size == 0:
        return utc
    changes, offsets = _offsets(time_zone(zone), int(utc.min()) - DAY, int(utc.max()) + DAY)
    shifted: Seconds = utc + offsets[np.searchsorted(changes, utc, side="right") - 1]
    return shifted


def offset_changes(zone: str, start: int, end: int) -> list[tuple[int, int, int]]:
    """When the clocks of a zone are changed between two instants, and its offset before and after; all in
    ns, offsets as local time minus UTC."""
    second = 10**9
    changes, offsets = _offsets(time_zone(zone), start // second - DAY, end // second + DAY)
    return [
        (int(at) * second, int(before) * second, int(after) * second)
        for at, before, after in zip(changes[1:], offsets[:-1], offsets[1:], strict=True)
    ]


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


def _offsets(zone: ZoneInfo, start: int, end: int) -> tuple[Seconds, Seconds]:
    """When the offset from UTC changes in this span, and to what; looked up once a day, then halved."""
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
