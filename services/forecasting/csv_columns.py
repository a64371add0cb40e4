"""Which columns of a CSV file are the times and the values."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from services.forecasting.csv_format import Format, is_missing, is_number
from services.forecasting.errors import DataError
from services.forecasting.time_patterns import is_clock
from services.forecasting.timestamps import TimeFormat, declared_format, detect_time_format, reads_most

LISTED = 200


def choose_time(
    form: Format, declared: str | None, pattern: str | None, issued: str | None = None
) -> list[str]:
    """The declared column, or the first that reads as times; a date and its clock may stand apart.

    `issued`, the times of issue of forecasts, is another column.
    """
    if not form.rows:
        raise DataError(
            "TOO_FEW_ROWS",
            "The file holds a header and no row of data",
            suggestion="Upload a file with data, or set importOptions.hasHeader to false",
            details={"columns": form.columns[:LISTED]},
        )
    if issued is not None:
        _known(form, issued, "ausgabezeit")
    others = [name for name in form.columns if name != issued]
    names = others if declared is None else [_known(form, declared, "importOptions.timeColumn")]
    format_ = None if pattern is None else declared_format(pattern)
    dates = []
    for name in names:
        found = _time_format(form, name, format_)
        if found is not None and found.has_clock:
            return [name]
        if found is not None:
            dates.append(name)
    if not dates and declared is None:
        raise _no_times(form)
    clocks = [name for name in others if dates and _mostly(_cells(form, name), is_clock)]
    return [*(dates or names)[:1], *clocks[:1]]


def choose_value(form: Format, name: str | None, times: list[str]) -> str:
    if name is not None:
        return _known(form, name, "valueColumn")
    others = [column for column in form.columns if column not in times]
    numeric = others if len(others) == 1 else [c for c in others if _mostly(_cells(form, c), is_number)]
    if len(numeric) == 1:
        return numeric[0]
    listed = numeric or others
    raise DataError(
        "COLUMNS_UNDECIDED",
        f"The file has {len(numeric)} columns of numbers; say which one is meant",
        suggestion="Set fileMetadata.valueColumn, or fileMetadata.columns for several series",
        details={"field": "valueColumn", "columns": listed[:LISTED], "count": len(listed)},
    )


def _time_format(form: Format, name: str, declared: TimeFormat | None) -> TimeFormat | None:
    """Day or month first does not matter here."""
    cells = pl.Series(_cells(form, name), dtype=pl.String)
    if declared is not None:
        return declared if reads_most(cells, declared) else None
    readings = (detect_time_format(cells, pattern=None, day_first=first) for first in (True, False))
    return next((found for found in readings if found is not None), None)


def _cells(form: Format, name: str) -> list[str]:
    place = form.columns.index(name)
    return [row[place] for row in form.rows if place < len(row) and not is_missing(row[place])]


def _mostly(cells: list[str], test: Callable[[str], bool]) -> bool:
    return sum(map(test, cells)) > len(cells) / 2


def _known(form: Format, name: str, field: str) -> str:
    if name not in form.columns:
        raise DataError(
            "UNKNOWN_COLUMN",
            f"The file has no column {name[:80]!r}",
            suggestion=f"Its columns are {', '.join(form.columns[:20])}"[:500],
            details={"field": field, "column": name, "columns": form.columns[:LISTED]},
        )
    return name


def _no_times(form: Format) -> DataError:
    return DataError(
        "COLUMNS_UNDECIDED",
        "No column reads as times",
        suggestion="Set importOptions.timeColumn and importOptions.dateFormat (as in strptime), "
        "and importOptions.skipRows if lines stand above the table",
        details={
            "field": "importOptions.timeColumn",
            "columns": form.columns[:LISTED],
            "first_row": [cell[:80] for cell in form.rows[0][:20]],
        },
    )
