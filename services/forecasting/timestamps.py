"""Reading times: the pattern of a column decided, and what instants its cells mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.forecasting.declared_zone import to_utc
from services.forecasting.errors import DataError
from services.forecasting.time_patterns import (
    DAY_FIRST,
    EPOCH_MILLISECONDS,
    EPOCH_SECONDS,
    MONTH_FIRST,
    SHORT_YEAR_FIRST,
    fitting,
)

Instants = NDArray[np.int64]
SAMPLE = 400
EARLIEST = int(np.datetime64("1700-01-01", "us").astype(np.int64))
LATEST = int(np.datetime64("2200-01-01", "us").astype(np.int64))
MINUTE_US, DAY_US = 60_000_000, 86_400_000_000
_ZONE = r"\s*(?:[Zz]|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$"
_CLOCK_AND_ZONE = r"(?::\d{2}(?:\.\d+)?|\d{4}T\d{4}(?:\d{2})?)" + _ZONE
_DATE_PATTERN = re.compile(r"(?:[^%]|%\.f|%[YymdbBjaAHIMSp])+")
_TAIL = re.compile(r"(?:[Zz]|UTC|GMT|([+-])(\d{2})(?::?(\d{2}))?)$")


@dataclass(frozen=True)
class TimeFormat:
    """`pattern` as in strptime; `offset`: every time carries its own offset from UTC."""

    pattern: str
    offset: bool = False

    @property
    def has_clock(self) -> bool:
        return "%H" in self.pattern or "%I" in self.pattern or self.pattern.endswith("1970")


def detect_time_format(cells: pl.Series, *, pattern: str | None, day_first: bool | None) -> TimeFormat | None:
    """The pattern that reads this column; None: it is no column of times. Cells are stripped."""
    filled = cells.filter(cells.str.len_bytes() > 0)
    if filled.is_empty():
        return None
    if pattern is not None:
        return declared_format(pattern)
    sample = filled.gather_every(max(1, len(filled) // SAMPLE))  # spread over the whole column
    offset = _carries_offset(sample)
    found = fitting((sample.str.replace(_ZONE, "") if offset else sample).to_list())
    kept = [p for p in found if day_first is None or not _contradicts(p, day_first)]
    if not kept:
        return None
    return TimeFormat(kept[0] if _clear(kept) else _by_all_cells(filled, kept, offset), offset)


def fitting_formats(cells: pl.Series) -> list[TimeFormat]:
    """All that read most of a column, the likeliest first; which one it is may need a user's word."""
    filled = cells.filter(cells.str.len_bytes() > 0)
    sample = filled.gather_every(max(1, len(filled) // SAMPLE))
    offset = _carries_offset(sample)
    found = fitting((sample.str.replace(_ZONE, "") if offset else sample).to_list())
    return [TimeFormat(pattern, offset) for pattern in found]


def declared_format(pattern: str) -> TimeFormat:
    """A user's pattern in the words of the parser; DataError if it cannot be one."""
    text = pattern.replace("%-", "%").replace(".%f", "%.f").strip()
    offset, text = text.endswith("%z"), text.removesuffix("%z").strip()
    if not _DATE_PATTERN.fullmatch(text) or not _is_moment(text):
        raise DataError(
            "INVALID_DATE_FORMAT",
            f"{pattern!r} is no pattern of a date or of a date and a clock",
            suggestion="Write it as in strptime, for example %d.%m.%Y %H:%M:%S",
            details={"field": "importOptions.dateFormat", "dateFormat": pattern},
        )
    return TimeFormat(text, offset)


def _is_moment(pattern: str) -> bool:
    """A pattern by which a moment can be written and read again: it says year, month and day."""
    written = pl.Series([datetime(1987, 11, 22, 13)]).dt.strftime(pattern)
    try:
        read = _parse(written, pattern)
    except pl.exceptions.PolarsError:  # such as a minute without its hour
        return False
    return read.dt.date().to_list() == [date(1987, 11, 22)]


def reads_most(cells: pl.Series, format_: TimeFormat) -> bool:
    text = cells.str.replace(_ZONE, "") if format_.offset else cells
    return _microseconds(text, format_.pattern).null_count() * 2 <= len(cells)


def instants(cells: pl.Series, format_: TimeFormat, zone: str, rows: Instants) -> Instants:
    """ns since 1970 (UTC) of stripped cells; DataError with the row of the first one that cannot be read."""
    if format_.pattern in (EPOCH_SECONDS, EPOCH_MILLISECONDS):
        unit = 1e6 if format_.pattern == EPOCH_SECONDS else 1e3
        local = (cells.cast(pl.Float64, strict=False) * unit).round().cast(pl.Int64, strict=False)
    else:
        text = cells.str.replace(_ZONE, "") if format_.offset else cells
        local = _microseconds(text, format_.pattern)
        if format_.offset:
            local = local - _offsets(cells)
    local = local.set(~local.is_between(EARLIEST, LATEST), None)
    _refuse_unread(cells, local, format_, rows)
    if format_.offset or format_.pattern.endswith("1970") or zone == "UTC":
        return np.asarray(local.to_numpy() * 1000, dtype=np.int64)
    return to_utc(local, zone, cells, rows) * 1000


def _carries_offset(sample: pl.Series) -> bool:
    return 2 * int(sample.str.contains(_CLOCK_AND_ZONE).sum()) >= len(sample)


def _contradicts(pattern: str, day_first: bool) -> bool:
    """Where a user has said which comes first, other readings are none."""
    return pattern.startswith(
        (*MONTH_FIRST, *SHORT_YEAR_FIRST) if day_first else (*DAY_FIRST, *SHORT_YEAR_FIRST)
    )


def _order(pattern: str) -> str:
    if pattern.startswith(DAY_FIRST):
        return "dayFirst"
    if pattern.startswith(MONTH_FIRST):
        return "monthFirst"
    return "yearFirst" if pattern.startswith(SHORT_YEAR_FIRST) else ""


def _clear(found: list[str]) -> bool:
    """Years of four digits in front and named months leave no doubt."""
    orders = {_order(pattern) for pattern in found}
    return "" in orders or len(orders) == 1


def _by_all_cells(cells: pl.Series, found: list[str], offset: bool) -> str:
    """A sample may miss the one day above 12: the order that reads most cells, DataError on a tie."""
    text = cells.str.replace(_ZONE, "") if offset else cells
    readings: dict[str, str] = {}
    for pattern in found:
        readings.setdefault(_order(pattern), pattern)
    unread = {order: _microseconds(text, pattern).null_count() for order, pattern in readings.items()}
    best = min(unread.values())
    left = {order: readings[order] for order, count in unread.items() if count == best}
    if len(left) > 1:
        raise _ambiguous(text, left)
    return next(iter(left.values()))


def _ambiguous(text: pl.Series, patterns: dict[str, str]) -> DataError:
    first = text.head(1)
    dates = {order: _parse(first, pattern).dt.strftime("%Y-%m-%d")[0] for order, pattern in patterns.items()}
    said = {"dayFirst": "day first", "monthFirst": "month first", "yearFirst": "year first"}
    return DataError(
        "AMBIGUOUS_DATE",
        f"{first[0]!r} may be {' or '.join(f'{dates[o]} ({said[o]})' for o in dates)}, and no row decides it",
        suggestion="Set importOptions.dayFirst to true or false, or importOptions.dateFormat to one of "
        f"{', '.join(patterns.values())}",
        details={
            "field": "importOptions.dayFirst",
            "text": first[0],
            "readings": dates,
            "dateFormats": patterns,
        },
    )


def _parse(text: pl.Series, pattern: str) -> pl.Series:
    """Null where the pattern does not fit; a date alone means midnight."""
    if "%H" in pattern and "%M" not in pattern:  # chrono reads no hour without its minute
        text, pattern = text + ":00", pattern + ":%M"
    if "%H" in pattern or "%I" in pattern:
        return text.str.to_datetime(pattern, strict=False, time_unit="us", cache=False)  # times differ
    return text.str.to_date(pattern, strict=False).cast(pl.Datetime("us"))


def _microseconds(text: pl.Series, pattern: str) -> pl.Series:
    """Since 1970 on the clock of the text; null where unread."""
    found = _parse(text, pattern).dt.timestamp("us")
    unread = found.is_null()
    if not unread.any():
        return found
    return found.scatter(unread.arg_true(), _second_reading(text.filter(unread), pattern))


def _second_reading(text: pl.Series, pattern: str) -> pl.Series:
    """24:00 is midnight of the next day; some programs write midnight as the date alone."""
    ending = text.str.contains(r"\D24[:.]?00(?:[:.]?00(?:\.0+)?)?$")
    began = text.str.replace(r"24([:.]?00(?:[:.]?00(?:\.0+)?)?)$", "00${1}")
    next_day = _parse(began, pattern).dt.timestamp("us") + DAY_US
    without_clock = re.sub(r"(?:, |[ T])?%[HI].*$", "", pattern)
    alone = _parse(text, without_clock).dt.timestamp("us")
    return pl.select(pl.when(ending).then(next_day).otherwise(alone)).to_series()


def _offsets(text: pl.Series) -> pl.Series:
    """Offset from UTC of every cell in µs; null where there is none."""
    tails = text.str.tail(6)
    known = tails.unique()
    return tails.replace_strict(known, pl.Series([_offset(tail) for tail in known], dtype=pl.Int64))


def _offset(tail: str) -> int | None:
    match = _TAIL.search(tail)
    if match is None:
        return None
    sign, hours, minutes = match.groups()
    total = int(hours or 0) * 60 + int(minutes or 0)
    return (-total if sign == "-" else total) * MINUTE_US if total <= 14 * 60 else None


def _refuse_unread(text: pl.Series, read: pl.Series, format_: TimeFormat, rows: Instants) -> None:
    if read.null_count() == 0:
        return
    place = int(read.is_null().arg_max() or 0)
    row, cell = int(rows[place]), str(text[place])[:80]
    pattern = format_.pattern + (" with an offset from UTC" if format_.offset else "")
    raise DataError(
        "INVALID_TIME",
        f"Row {row}: {cell!r} is no time of the pattern {pattern}",
        suggestion="Correct the row, or set importOptions.dateFormat",
        details={"row": row, "text": cell, "pattern": pattern, "field": "importOptions.dateFormat"},
    )
