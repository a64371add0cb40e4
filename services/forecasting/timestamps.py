"""Reading times: which pattern a column follows, and what instants it means."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.forecasting.errors import DataError

SAMPLE = 400
_CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S%.f", "%I:%M:%S %p", "%I:%M %p", "%H.%M.%S", "%H.%M")
_YEAR_FIRST = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y %m %d")
_DAY_FIRST = ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d %m %Y", "%d.%m.%y", "%d/%m/%y", "%d-%m-%y")
_MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%m/%d/%y", "%m-%d-%y")
_NAMED = ("%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%b %d %Y", "%d-%b-%y")
_COMPACT = (
    "%Y%m%d%H%M%S",
    "%Y%m%d%H%M",
    "%Y%m%d %H%M%S",
    "%Y%m%d %H%M",
    "%Y%m%dT%H%M%S",
    "%Y%m%dT%H%M",
    "%Y%m%d",
)
_DATES = (*_YEAR_FIRST, *_DAY_FIRST, *_MONTH_FIRST, *_NAMED, "%Y%m%d")
PATTERNS: tuple[str, ...] = (
    *(f"{date}{join}{clock}" for date, join, clock in product(_DATES, (" ", "T"), _CLOCKS)),
    *_DATES,
    *_COMPACT,
)
EPOCH_SECONDS, EPOCH_MILLISECONDS = "seconds since 1970", "milliseconds since 1970"
_OFFSET = r"(?:[Zz]|[+-]\d{2}:?\d{2})$"


@dataclass(frozen=True)
class TimeFormat:
    """`pattern` as in strptime; `offset`: every time carries its own offset from UTC."""

    pattern: str
    offset: bool = False


def detect_time_format(cells: pl.Series, *, pattern: str | None, day_first: bool | None) -> TimeFormat | None:
    """The pattern that reads every cell of this column; None: it is no column of times."""
    cells = cells.str.strip_chars()
    sample = _sample(cells)
    if sample.is_empty():
        return None
    if pattern is not None:
        return TimeFormat(pattern, "%z" in pattern)
    if sample.str.contains(r"^\d{10}(\.\d+)?$").all():
        return TimeFormat(EPOCH_SECONDS)
    if sample.str.contains(r"^\d{13}$").all():
        return TimeFormat(EPOCH_MILLISECONDS)
    offset = bool(sample.str.contains(_OFFSET).all()) and bool(sample.str.contains(r"\d:\d").all())
    text = _without_offset(sample) if offset else sample
    fitting = [candidate for candidate in PATTERNS if _reads_all(text, candidate)]
    if not fitting:  # one wrong row must not hide the pattern: reading will name it
        fitting = [candidate for candidate in PATTERNS if _reads_all(text.head(1), candidate)]
    if not fitting:
        return None
    return TimeFormat(_decide(cells, fitting, day_first, offset), offset)


def instants(cells: pl.Series, format_: TimeFormat, zone: str, first_row: int) -> NDArray[np.int64]:
    """ns since 1970 (UTC); DataError with the row of the first cell that cannot be read."""
    text = cells.str.strip_chars()
    if format_.pattern in (EPOCH_SECONDS, EPOCH_MILLISECONDS):
        unit = 1e9 if format_.pattern == EPOCH_SECONDS else 1e6
        return np.asarray(np.rint(text.cast(pl.Float64).to_numpy() * unit), dtype=np.int64)
    if format_.offset:
        naive = _parse(_without_offset(text), format_.pattern.replace("%z", "").strip())
        _refuse_unread(text, naive, format_.pattern, first_row)
        return np.asarray(naive.dt.timestamp("ns").to_numpy() - _offsets(text), dtype=np.int64)
    naive = _parse(text, format_.pattern)
    _refuse_unread(text, naive, format_.pattern, first_row)
    if zone == "UTC":
        return np.asarray(naive.dt.timestamp("ns").to_numpy(), dtype=np.int64)
    return _from_zone(naive, zone, text, first_row)


def _sample(cells: pl.Series) -> pl.Series:
    """Evenly spread, so that days above 12 are seen wherever they are."""
    filled = cells.filter(cells.str.len_chars() > 0)
    return filled.gather_every(max(1, len(filled) // SAMPLE))


def _reads_all(text: pl.Series, pattern: str) -> bool:
    return _parse(text, pattern).null_count() == 0


def _parse(text: pl.Series, pattern: str) -> pl.Series:
    """Null where the pattern does not fit; a date alone means midnight."""
    if not any(code in pattern for code in ("%H", "%I")):
        return text.str.to_date(pattern, strict=False).cast(pl.Datetime("ns"))
    return text.str.to_datetime(pattern, strict=False, time_unit="ns")


def _decide(cells: pl.Series, fitting: list[str], day_first: bool | None, offset: bool) -> str:
    """Year-first and named months are never in doubt; day and month may be."""
    day = next((p for p in fitting if p.startswith(_DAY_FIRST)), None)
    month = next((p for p in fitting if p.startswith(_MONTH_FIRST)), None)
    clear = [p for p in fitting if p not in (day, month) and not p.startswith((*_DAY_FIRST, *_MONTH_FIRST))]
    if clear:
        return clear[0]
    if day is None or month is None:
        return day or month or fitting[0]
    if day_first is not None:
        return day if day_first else month
    text = _without_offset(cells) if offset else cells  # a sample may miss the one day above 12
    filled = text.filter(text.str.len_chars() > 0)
    unread = {p: _parse(filled, p).null_count() for p in (day, month)}
    if unread[day] != unread[month]:
        return min(unread, key=unread.__getitem__)
    raise _ambiguous(cells, day, month)


def _ambiguous(cells: pl.Series, day: str, month: str) -> DataError:
    text = cells.filter(cells.str.len_chars() > 0).head(1)
    readings = {
        name: _parse(text.str.replace(_OFFSET, ""), pattern).dt.strftime("%Y-%m-%d").to_list()[0]
        for name, pattern in (("dayFirst", day), ("monthFirst", month))
    }
    return DataError(
        "AMBIGUOUS_DATE",
        f"{text[0]!r} may be {readings['dayFirst']} (day first) or {readings['monthFirst']} (month first), "
        "and no row decides it",
        suggestion="Set importOptions.dayFirst to true or false",
        details={"field": "importOptions.dayFirst", "text": text[0], "readings": readings},
    )


def _without_offset(text: pl.Series) -> pl.Series:
    return text.str.replace(_OFFSET, "").str.strip_chars()


def _offsets(text: pl.Series) -> NDArray[np.int64]:
    """Offset from UTC of every cell in ns; Z is 0."""
    parts = text.str.extract_groups(r"([+-])(\d{2}):?(\d{2})$").struct.unnest()
    sign = np.where(parts["1"].fill_null("+").to_numpy() == "-", -1, 1)
    hours = parts["2"].fill_null("0").cast(pl.Int64).to_numpy()
    minutes = parts["3"].fill_null("0").cast(pl.Int64).to_numpy()
    return np.asarray(sign * (hours * 60 + minutes) * 60 * 10**9, dtype=np.int64)


def _refuse_unread(text: pl.Series, parsed: pl.Series, pattern: str, first_row: int) -> None:
    if parsed.null_count() == 0:
        return
    place = int(parsed.is_null().arg_max() or 0)
    raise DataError(
        "INVALID_TIME",
        f"Row {first_row + place}: {str(text[place])[:80]!r} is no time of the pattern {pattern}",
        suggestion="Correct the row, or set importOptions.dateFormat",
        details={"row": first_row + place, "text": str(text[place])[:80], "pattern": pattern},
    )


def _from_zone(naive: pl.Series, zone: str, text: pl.Series, first_row: int) -> NDArray[np.int64]:
    """Local clock -> UTC. An hour that comes twice: the first row of a time is the earlier instant."""
    early = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    if early.null_count():
        place = int(early.is_null().arg_max() or 0)
        raise DataError(
            "NONEXISTENT_TIME",
            f"Row {first_row + place}: {text[place]!r} never was on a clock of {zone} (it was skipped)",
            suggestion="Set importOptions.timezone to UTC or a fixed offset such as Etc/GMT-1",
            details={"row": first_row + place, "text": text[place], "field": "importOptions.timezone"},
        )
    late = naive.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
    first = np.asarray(early.dt.timestamp("ns").to_numpy(), dtype=np.int64)
    second = np.asarray(late.dt.timestamp("ns").to_numpy(), dtype=np.int64)
    repeated = ~naive.is_first_distinct().to_numpy()
    return np.where(repeated, second, first)
