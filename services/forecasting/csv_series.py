"""Reads a CSV file of measurements: one series per wanted column, and everything that was detected."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from zoneinfo import available_timezones

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from services.forecasting.csv_columns import choose_time, choose_value
from services.forecasting.csv_format import Format, detect_format
from services.forecasting.csv_numbers import as_values, numbers
from services.forecasting.csv_table import Table
from services.forecasting.csv_text import ENCODINGS, as_utf8
from services.forecasting.errors import DataError
from services.forecasting.parquet import SeriesData
from services.forecasting.timestamps import TimeFormat, detect_time_format, instants

Duplicates = Literal["mean", "first", "last"]
MIN_ROWS = 2
COLUMNS_AT_ONCE = 16
LISTED = 200
NO_ZONES = {"Factory", "localtime"}  # names that mean another zone on every machine


class ImportOptions(BaseModel):
    """What a user may declare instead of leaving it to detection; wire names are in camelCase."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)

    separator: Literal[";", ",", "\t", "|"] | None = None
    decimal: Literal[".", ","] | None = None
    encoding: Literal[ENCODINGS] | None = None  # type: ignore[valid-type]
    has_header: bool | None = None
    skip_rows: int | None = Field(default=None, ge=0, le=100)  # lines above the table
    date_format: str | None = Field(default=None, min_length=2, max_length=80)
    day_first: bool | None = None
    timezone: str | None = None  # of times without an offset; UTC unless declared
    time_column: str | None = Field(default=None, max_length=500)
    duplicates: Duplicates = "mean"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones() - NO_ZONES:
            raise ValueError(f"{value!r} is no time zone such as Europe/Vienna")
        return value


def _no_times() -> NDArray[np.int64]:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Column:
    """One series of a file with what was met while reading it.

    `repeated_at`: the times that came more than once; `fell_back`: those of rows that stand after a later
    one (both ns, UTC).
    """

    name: str
    series: SeriesData
    duplicates: int
    unsorted: bool
    decimal: str
    repeated_at: NDArray[np.int64] = field(default_factory=_no_times)
    fell_back: NDArray[np.int64] = field(default_factory=_no_times)


@dataclass(frozen=True)
class Imported:
    columns: list[Column]
    detected: dict[str, Any]
    warnings: list[str]


@dataclass(frozen=True)
class _Rows:
    """The rows that have a time: where they stand, and how they become ascending, different times.

    Of forecasts the times of issue count too: a time may be there once per issue.
    """

    stated: pl.Series  # per line of the table: whether it has a time
    line: NDArray[np.int64]
    format: TimeFormat
    order: NDArray[np.int64] | None  # None where the file is sorted
    time: NDArray[np.int64]
    issued: NDArray[np.int64] | None
    first: NDArray[np.int64]  # per time, its first row
    count: NDArray[np.int64]
    fell_back: NDArray[np.int64]


def read_csv(
    path: Path,
    options: ImportOptions | None = None,
    columns: Sequence[str | None] = (None,),
    issued: str | None = None,
) -> Imported:
    """The wanted value columns; None means the only one. DataError names row, column and the way out.

    `issued` is the column that says when the forecasts of a row were issued; measurements have none.
    """
    chosen = options or ImportOptions()
    with tempfile.TemporaryDirectory() as folder:
        text, encoding = as_utf8(path, Path(folder), chosen.encoding)
        form = detect_format(text, chosen.separator, chosen.has_header, chosen.skip_rows)
        clock = choose_time(form, chosen.time_column, chosen.date_format, issued)
        names = [choose_value(form, name, [*clock, *([issued] if issued else [])]) for name in columns]
        wanted, clocks = list(dict.fromkeys(names)), [*clock, *([issued] if issued else [])]
        values = [name for name in wanted if name not in clocks]
        table = Table.of(text, form, values, chosen.decimal)
        cells = table.cells([*clocks, *wanted[:COLUMNS_AT_ONCE]])
        issues = None if issued is None else cells[issued]
        rows = _rows({name: cells[name] for name in clock}, issues, form, chosen)
        found = _columns(table, wanted, cells, rows, chosen)
    detected = {
        "encoding": encoding,
        "separator": form.separator,
        "hasHeader": form.has_header,
        "columns": form.columns[:LISTED],
        "timeColumn": " + ".join(clock),
        "dateFormat": rows.format.pattern + ("%z" if rows.format.offset else ""),
        "timezone": "from the offsets" if rows.format.offset else chosen.timezone or "UTC",
        "duplicates": chosen.duplicates,
        "rows": len(rows.line),
    }
    return Imported([found[name] for name in names], detected, _warnings(found, rows, chosen))


def _rows(
    clock: dict[str, pl.Series], issues: pl.Series | None, form: Format, options: ImportOptions
) -> _Rows:
    parts = list(clock.values())
    cells = parts[0] if len(parts) == 1 else (parts[0] + " " + parts[1]).str.strip_chars()
    stated = cells != ""
    line = form.first_row + np.flatnonzero(stated.to_numpy()).astype(np.int64)
    if len(line) < MIN_ROWS:
        raise _too_few(f"The file holds {len(line)} row of data", len(line))
    cells = cells if stated.all() else cells.filter(stated)
    format_ = _format(cells, " + ".join(clock), options)
    time = instants(cells, format_, options.timezone or "UTC", line)
    issued = None if issues is None else _issue_times(issues.filter(stated), options, line)
    fell_back = time[1:][np.diff(time) < 0] if issued is None else np.empty(0, dtype=np.int64)
    order = _order(time, issued)
    if order is not None:
        time, issued = time[order], None if issued is None else issued[order]
    other = np.diff(time, prepend=time[0] - 1) != 0
    if int(other.sum()) < MIN_ROWS:
        raise _too_few("All rows have the same time", len(time))
    if issued is not None:
        other |= np.diff(issued, prepend=issued[0] - 1) != 0
    first = np.flatnonzero(other)
    count = np.diff(first, append=len(time))
    issued = None if issued is None else issued[first]
    return _Rows(stated, line, format_, order, time[first], issued, first, count, fell_back)


def _order(time: NDArray[np.int64], issued: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
    """How the rows have to be moved to ascend; None where they stand right."""
    if issued is None:
        return np.argsort(time, kind="stable") if (np.diff(time) < 0).any() else None
    order = np.lexsort((issued, time))
    return order if (np.diff(order) < 0).any() else None


def _issue_times(cells: pl.Series, options: ImportOptions, line: NDArray[np.int64]) -> NDArray[np.int64]:
    """The column that says when the forecast of a row was issued, by the rules of the times themselves."""
    return instants(cells, _format(cells, "ausgabezeit", options), options.timezone or "UTC", line)


def _too_few(what: str, rows: int) -> DataError:
    return DataError(
        "TOO_FEW_ROWS",
        f"{what}; a series needs at least {MIN_ROWS} different times",
        suggestion="Upload a file with more rows",
        details={"rows": rows, "minimum": MIN_ROWS},
    )


def _format(cells: pl.Series, name: str, options: ImportOptions) -> TimeFormat:
    found = detect_time_format(cells, pattern=options.date_format, day_first=options.day_first)
    if found is None:
        raise DataError(
            "INVALID_TIME",
            f"The times of column {name!r} follow no known pattern, for example {str(cells[0])[:80]!r}",
            suggestion="Set importOptions.dateFormat (as in strptime); does importOptions.dayFirst fit?",
            details={"field": "importOptions.dateFormat", "column": name, "text": str(cells[0])[:80]},
        )
    return found


def _columns(
    table: Table, names: list[str], cells: dict[str, pl.Series], rows: _Rows, options: ImportOptions
) -> dict[str, Column]:
    """A few at a time, so that a wide file is never in memory as a whole; the first are in `cells`."""
    found = {}
    for start in range(0, len(names), COLUMNS_AT_ONCE):
        some = names[start : start + COLUMNS_AT_ONCE]
        cells = cells if start == 0 else table.cells(some)
        for name in some:
            found[name] = _column(name, cells[name], table, rows, options)
    return found


def _column(name: str, cells: pl.Series, table: Table, rows: _Rows, options: ImportOptions) -> Column:
    if len(rows.line) < len(cells):
        text = cells if cells.dtype == pl.String else table.cells([name], as_text=True)[name]
        _refuse_timeless(name, text, rows.stated, table.form.first_row)
        cells = cells.filter(rows.stated)
    if table.numbers is not None and cells.dtype == pl.Float64:
        value, decimal = as_values(cells), table.numbers.mark
    else:
        value, decimal = numbers(name, cells, options.decimal, table.form.separator, rows.line)
    if rows.order is not None:
        value = value[rows.order]
    repeated = len(value) - len(rows.time)
    unsorted = rows.order is not None and rows.issued is None  # forecasts come in the order of their issue
    if repeated:
        value = _resolve(value, rows.first, rows.count, options.duplicates)
    series, repeated_at = SeriesData(rows.time, value, rows.issued), rows.time[rows.count > 1]
    return Column(name, series, repeated, unsorted, decimal, repeated_at, rows.fell_back)


def _refuse_timeless(name: str, cells: pl.Series, stated: pl.Series, first_row: int) -> None:
    lost = ~stated & (cells != "")
    if lost.any():
        place = int(lost.arg_max() or 0)
        raise DataError(
            "INVALID_TIME",
            f"Row {first_row + place}: {str(cells[place])[:80]!r} in column {name!r} has no time ('')",
            suggestion="Correct or remove the row",
            details={"row": first_row + place, "column": name, "text": str(cells[place])[:80]},
        )


def _resolve(
    value: NDArray[np.float64], first: NDArray[np.int64], count: NDArray[np.int64], rule: Duplicates
) -> NDArray[np.float64]:
    """One value per time: the first, the last, or the mean of the numbers among them."""
    if rule != "mean":
        return np.asarray(value[first if rule == "first" else first + count - 1])
    numeric = np.isfinite(value)
    sums = np.add.reduceat(np.where(numeric, value, 0.0), first)
    known = np.add.reduceat(numeric.astype(np.int64), first)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(count == 1, value[first], sums / known))


def _warnings(columns: dict[str, Column], rows: _Rows, options: ImportOptions) -> list[str]:
    found = []
    if rows.format.offset and options.timezone is not None:
        found.append(f"Every time carries its offset from UTC: {options.timezone} was not needed")
    for column in columns.values():
        value = column.series.value
        known = value[np.isfinite(value)]
        if column.unsorted:
            found.append(f"{column.name}: the rows were not in the order of time and were sorted")
        if column.duplicates:
            found.append(
                f"{column.name}: {column.duplicates} repeated times, resolved by: {options.duplicates}"
            )
        if known.size == 0:
            found.append(f"{column.name}: holds no number at all")
        elif known.min() == known.max():
            found.append(f"{column.name}: every value is {known[0]:g}")
        if 0 < known.size < value.size:
            found.append(f"{column.name}: {value.size - known.size} of {value.size} values are missing")
    return found
