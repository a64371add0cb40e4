"""Reads a CSV file of measurements: one series per wanted column, and everything that was detected."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zoneinfo import available_timezones

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from services.forecasting.csv_columns import choose_time, choose_value
from services.forecasting.csv_format import Format, detect_format
from services.forecasting.csv_numbers import numbers
from services.forecasting.csv_table import Table, read_table
from services.forecasting.csv_text import ENCODINGS, as_utf8
from services.forecasting.errors import DataError
from services.forecasting.parquet import SeriesData
from services.forecasting.timestamps import TimeFormat, detect_time_format, instants

Duplicates = Literal["mean", "first", "last"]
MIN_ROWS = 2
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


@dataclass(frozen=True)
class Column:
    """One series of a file with what was met while reading it."""

    name: str
    series: SeriesData
    duplicates: int
    unsorted: bool
    decimal: str


@dataclass(frozen=True)
class Imported:
    columns: list[Column]
    detected: dict[str, Any]
    warnings: list[str]


def read_csv(
    path: Path, options: ImportOptions | None = None, columns: Sequence[str | None] = (None,)
) -> Imported:
    """The wanted value columns; None means the only one. DataError names row, column and the way out."""
    chosen = options or ImportOptions()
    with tempfile.TemporaryDirectory() as folder:
        text, encoding = as_utf8(path, Path(folder), chosen.encoding)
        form = detect_format(text, chosen.separator, chosen.has_header, chosen.skip_rows)
        clock = choose_time(form, chosen.time_column, chosen.date_format)
        names = [choose_value(form, name, clock) for name in columns]
        table = read_table(text, form, [*clock, *names])
    found = _series(table, form, chosen, clock, names)
    return Imported(found.columns, {"encoding": encoding, **found.detected}, found.warnings)


def _series(
    table: Table, form: Format, options: ImportOptions, clock: list[str], names: list[str]
) -> Imported:
    if len(table.rows) < MIN_ROWS:
        raise _too_few(f"The file holds {len(table.rows)} row of data", len(table.rows))
    format_, time = _times(table, options, clock)
    order = _ascending(time)
    columns = [_column(name, time, order, table, form, options) for name in dict.fromkeys(names)]
    by_name = {column.name: column for column in columns}
    detected = {
        "separator": form.separator,
        "hasHeader": form.has_header,
        "columns": form.columns[:LISTED],
        "timeColumn": " + ".join(clock),
        "dateFormat": format_.pattern + ("%z" if format_.offset else ""),
        "timezone": "from the offsets" if format_.offset else options.timezone or "UTC",
        "duplicates": options.duplicates,
        "rows": len(table.rows),
    }
    return Imported([by_name[name] for name in names], detected, _warnings(columns, options, format_))


def _too_few(what: str, rows: int) -> DataError:
    return DataError(
        "TOO_FEW_ROWS",
        f"{what}; a series needs at least {MIN_ROWS} different times",
        suggestion="Upload a file with more rows",
        details={"rows": rows, "minimum": MIN_ROWS},
    )


def _times(table: Table, options: ImportOptions, clock: list[str]) -> tuple[TimeFormat, NDArray[np.int64]]:
    cells = table.cells[clock[0]]
    for other in clock[1:]:
        cells = cells + " " + table.cells[other]
    found = detect_time_format(cells, pattern=options.date_format, day_first=options.day_first)
    if found is None:
        raise DataError(
            "INVALID_TIME",
            f"The times of column {' + '.join(clock)!r} follow no known pattern, "
            f"for example {str(cells[0])[:80]!r}",
            suggestion="Set importOptions.dateFormat (as in strptime); does importOptions.dayFirst fit?",
            details={"field": "importOptions.dateFormat", "column": clock[0], "text": str(cells[0])[:80]},
        )
    return found, instants(cells, found, options.timezone or "UTC", table.rows)


def _ascending(time: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """The order of the rows by time, None where they are in order."""
    return np.argsort(time, kind="stable") if (np.diff(time) < 0).any() else None


def _column(
    name: str,
    time: NDArray[np.int64],
    order: NDArray[np.int64] | None,
    table: Table,
    form: Format,
    options: ImportOptions,
) -> Column:
    value, decimal = numbers(name, table.cells[name], options.decimal, form.separator, table.rows)
    if order is not None:
        time, value = time[order], value[order]
    unique, first, count = _distinct(time)
    if len(unique) < MIN_ROWS:
        raise _too_few("All rows have the same time", len(time))
    if len(unique) < len(time):
        value = _resolve(value, first, count, options.duplicates)
    return Column(name, SeriesData(unique, value), len(time) - len(unique), order is not None, decimal)


def _distinct(
    time: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of ascending times: each one, where it comes first, and how often."""
    first = np.flatnonzero(np.diff(time, prepend=time[0] - 1))
    return time[first], first, np.diff(first, append=len(time))


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


def _warnings(columns: list[Column], options: ImportOptions, format_: TimeFormat) -> list[str]:
    found = []
    if format_.offset and options.timezone is not None:
        found.append(f"Every time carries its offset from UTC: {options.timezone} was not needed")
    for column in columns:
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
