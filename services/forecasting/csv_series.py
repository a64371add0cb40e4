"""Reads a CSV file of measurements: one series per wanted column, and everything that was detected."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zoneinfo import available_timezones

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from services.forecasting.csv_format import MISSING, Format, detect_format, is_missing
from services.forecasting.csv_text import ENCODINGS, as_utf8
from services.forecasting.errors import DataError
from services.forecasting.parquet import SeriesData
from services.forecasting.timestamps import TimeFormat, detect_time_format, instants

Duplicates = Literal["mean", "first", "last"]
MIN_ROWS = 2
LISTED = 200


class ImportOptions(BaseModel):
    """What a user may declare instead of leaving it to detection; wire names are in camelCase."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)

    separator: Literal[";", ",", "\t", "|"] | None = None
    decimal: Literal[".", ","] | None = None
    encoding: Literal[ENCODINGS] | None = None  # type: ignore[valid-type]
    has_header: bool | None = None
    date_format: str | None = Field(default=None, min_length=2, max_length=80)
    day_first: bool | None = None
    timezone: str = "UTC"
    time_column: str | None = None
    duplicates: Duplicates = "mean"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
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
        form = detect_format(text, chosen.separator, chosen.has_header)
        return _read(text, encoding, form, chosen, columns)


def _read(
    text: Path, encoding: str, form: Format, options: ImportOptions, wanted: Sequence[str | None]
) -> Imported:
    time_column = _time_column(form, options)
    names = [_value_column(form, name, time_column) for name in wanted]
    table = _table(text, form, [time_column, *names])
    if len(table) < MIN_ROWS:
        raise DataError(
            "TOO_FEW_ROWS",
            f"The file holds {len(table)} row of data; a series needs at least {MIN_ROWS}",
            suggestion="Upload a file with more rows",
            details={"rows": len(table), "minimum": MIN_ROWS},
        )
    time_format = _time_format(table[time_column], options, time_column)
    time = instants(table[time_column], time_format, options.timezone, form.first_row)
    columns = [_column(name, time, table[name], form, options) for name in dict.fromkeys(names)]
    by_name = {column.name: column for column in columns}
    detected = {
        "encoding": encoding,
        "separator": form.separator,
        "hasHeader": form.has_header,
        "columns": form.columns[:LISTED],
        "timeColumn": time_column,
        "dateFormat": time_format.pattern,
        "timezone": "from the offsets" if time_format.offset else options.timezone,
        "rows": len(table),
    }
    return Imported([by_name[name] for name in names], detected, _warnings(columns, options))


def _time_column(form: Format, options: ImportOptions) -> str:
    """The declared one, or the first whose cells read as times."""
    if options.time_column is not None:
        return _known(form, options.time_column, "importOptions.timeColumn")
    for place, name in enumerate(form.columns):
        cells = pl.Series([row[place] if place < len(row) else "" for row in form.rows], dtype=pl.String)
        if detect_time_format(cells, pattern=options.date_format, day_first=True) is not None:
            return name
    first = form.rows[0] if form.rows else []
    raise DataError(
        "COLUMNS_UNDECIDED" if form.rows else "TOO_FEW_ROWS",
        "No column reads as times" if form.rows else "The file holds a header and no row of data",
        suggestion="Set importOptions.timeColumn and importOptions.dateFormat (as in strptime)",
        details={"columns": form.columns[:LISTED], "first_row": [cell[:80] for cell in first[:20]]},
    )


def _value_column(form: Format, name: str | None, time_column: str) -> str:
    if name is not None:
        return _known(form, name, "valueColumn")
    others = [column for column in form.columns if column != time_column]
    numeric = others if len(others) == 1 else [column for column in others if _mostly_numeric(form, column)]
    if len(numeric) == 1:
        return numeric[0]
    raise DataError(
        "COLUMNS_UNDECIDED",
        f"The file has {len(numeric)} value columns; say which one is meant",
        suggestion="Set fileMetadata.valueColumn, or fileMetadata.columns for several series",
        details={
            "field": "valueColumn",
            "columns": (numeric or others)[:LISTED],
            "count": len(numeric or others),
        },
    )


def _known(form: Format, name: str, field: str) -> str:
    if name not in form.columns:
        raise DataError(
            "UNKNOWN_COLUMN",
            f"The file has no column {name!r}",
            suggestion=f"Its columns are {', '.join(form.columns[:20])}",
            details={"field": field, "column": name, "columns": form.columns[:LISTED]},
        )
    return name


def _mostly_numeric(form: Format, name: str) -> bool:
    place = form.columns.index(name)
    cells = [row[place] for row in form.rows if place < len(row) and not is_missing(row[place])]
    series = pl.Series(cells, dtype=pl.String).str.replace(",", ".", literal=True)
    return bool(cells) and series.cast(pl.Float64, strict=False).null_count() <= len(cells) // 2


def _table(text: Path, form: Format, names: list[str]) -> pl.DataFrame:
    """Only these columns, as text; blank lines are skipped, ragged ones refused."""
    places = sorted({form.columns.index(name) for name in names})
    try:
        table = pl.read_csv(
            text,
            separator=form.separator,
            has_header=False,
            skip_rows=form.first_row - 1,
            schema={str(place): pl.String for place in range(len(form.columns))},
            extra_columns="raise",
            missing_columns="raise",
        )
    except pl.exceptions.NoDataError:
        return pl.DataFrame({name: pl.Series([], dtype=pl.String) for name in names})
    except pl.exceptions.PolarsError as error:
        raise DataError(
            "RAGGED_ROWS",
            f"Not every row has {len(form.columns)} cells: {str(error).splitlines()[0][:200]}",
            suggestion="Remove lines after the table and cells without a header",
            details={"columns": len(form.columns)},
        ) from None
    table = table.select([pl.nth(place).fill_null("").alias(form.columns[place]) for place in places])
    blank = table.select(pl.all_horizontal(pl.all().str.strip_chars() == "")).to_series()
    last = len(table) - (blank.reverse().arg_min() or 0 if len(table) else 0)
    return table.head(last)  # blank lines at the end are no rows


def _time_format(cells: pl.Series, options: ImportOptions, name: str) -> TimeFormat:
    found = detect_time_format(cells, pattern=options.date_format, day_first=options.day_first)
    if found is None:
        sample = cells.filter(cells.str.len_chars() > 0).head(1).to_list()
        raise DataError(
            "INVALID_TIME",
            f"The times of column {name!r} follow no known pattern, for example {str(sample[:1])[:80]}",
            suggestion="Set importOptions.dateFormat (as in strptime)",
            details={"field": "importOptions.dateFormat", "column": name},
        )
    return found


def _column(
    name: str, time: NDArray[np.int64], cells: pl.Series, form: Format, options: ImportOptions
) -> Column:
    value, decimal = _numbers(name, cells, form, options)
    unsorted = bool((np.diff(time) < 0).any())
    if unsorted:
        order = np.argsort(time, kind="stable")
        time, value = time[order], value[order]
    unique, first, count = np.unique(time, return_index=True, return_counts=True)
    kept = _resolve(value, first, count, options.duplicates)
    return Column(name, SeriesData(unique, kept), len(time) - len(unique), unsorted, decimal)


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


def _numbers(
    name: str, cells: pl.Series, form: Format, options: ImportOptions
) -> tuple[NDArray[np.float64], str]:
    text = cells.str.strip_chars()
    decimal = options.decimal or _decimal(text, form.separator)
    plain = text.str.replace_all("[  ']", "")
    if decimal == ",":
        plain = plain.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    elif form.separator != ",":
        plain = plain.str.replace_all(",", "", literal=True)
    numbers = plain.cast(pl.Float64, strict=False)
    wrong = numbers.is_null() & ~text.str.to_lowercase().is_in(list(MISSING))
    wrong |= numbers.is_infinite().fill_null(False)
    if wrong.any():
        place = int(wrong.arg_max() or 0)
        raise DataError(
            "NOT_NUMERIC",
            f"Row {form.first_row + place}: {str(text[place])[:80]!r} in column {name!r} is no number",
            suggestion="Correct the row; an empty cell means a missing value",
            details={"row": form.first_row + place, "column": name, "text": str(text[place])[:80]},
        )
    return numbers.fill_null(float("nan")).to_numpy().astype(np.float64), decimal


def _decimal(text: pl.Series, separator: str) -> str:
    """A comma, where one stands after the last point of any cell and the separator is another."""
    if separator == ",":
        quoted = text.str.contains(r"^-?\d+,\d+$").any()
        return "," if quoted else "."
    commas = text.str.contains(r",\d+$") & ~text.str.contains(r"^-?\d{1,3}(,\d{3})+(\.\d+)?$")
    if commas.any():
        return ","
    points = text.str.contains(".", literal=True).any()
    return "," if text.str.contains(",", literal=True).any() and not points else "."


def _warnings(columns: list[Column], options: ImportOptions) -> list[str]:
    found = []
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
