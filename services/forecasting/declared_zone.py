"""Times of a local clock as UTC: hours that a clock shows twice, and hours that it skips."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.forecasting.errors import DataError

Times = NDArray[np.int64]
Mask = NDArray[np.bool_]
DAY_US = 86_400_000_000


def to_utc(local: pl.Series, zone: str, text: pl.Series, rows: Times) -> Times:
    """µs since 1970 on the clock of this zone -> µs since 1970 (UTC).

    An hour that comes twice is told apart by the order of the rows; where they do not tell (the hour is
    written once only) it is the earlier one. An hour that was skipped is refused.
    """
    clock = local.cast(pl.Datetime("us"))
    utc = _timestamps(clock.dt.replace_time_zone(zone, ambiguous="null", non_existent="null"))
    unclear = utc.is_null().arg_true()
    result = np.array(utc.fill_null(0).to_numpy(), dtype=np.int64)
    if len(unclear):
        place = unclear.to_numpy().astype(np.int64)
        result[place] = _twice(clock.gather(unclear), zone, text, rows, place, _rises(local))
    return result


def _timestamps(times: pl.Series) -> pl.Series:
    return times.dt.timestamp("us")


def _rises(local: pl.Series) -> bool:
    return bool(local[-1] >= local[0])


def _twice(clock: pl.Series, zone: str, text: pl.Series, rows: Times, place: Times, rises: bool) -> Times:
    early = _timestamps(clock.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null"))
    if early.null_count():
        raise _skipped(int(place[int(early.is_null().arg_max() or 0)]), zone, text, rows)
    late = _timestamps(clock.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null"))
    shown = np.asarray(clock.dt.timestamp("us").to_numpy(), dtype=np.int64)
    is_late = np.zeros(len(shown), dtype=bool)
    for day in np.unique(shown // DAY_US):
        of_day = np.flatnonzero(shown // DAY_US == day)
        is_late[of_day] = _second_pass(shown[of_day], rises)
    return np.where(is_late, late.to_numpy(), early.to_numpy()).astype(np.int64)


def _second_pass(shown: Times, rises: bool) -> Mask:
    """Which rows of one repeated hour, in the order of the file, belong to its second pass."""
    if shown.size == 0:
        return np.zeros(0, dtype=bool)
    back = np.diff(shown) <= 0 if rises else np.diff(shown) >= 0
    turns = np.flatnonzero(back)
    if len(turns) == 1:
        after = np.arange(len(shown)) > turns[0]
        return np.asarray(after if rises else ~after)
    _, first = np.unique(shown, return_index=True)  # unsorted: the first of equal times is the earlier
    again = np.ones(len(shown), dtype=bool)
    again[first] = False
    return again


def _skipped(place: int, zone: str, text: pl.Series, rows: Times) -> DataError:
    row, cell = int(rows[place]), str(text[place])[:80]
    return DataError(
        "NONEXISTENT_TIME",
        f"Row {row}: {cell!r} never was on a clock of {zone} (it was skipped when summer time began)",
        suggestion="Set importOptions.timezone to UTC or a fixed offset such as Etc/GMT-1",
        details={"row": row, "text": cell, "field": "importOptions.timezone", "timezone": zone},
    )
