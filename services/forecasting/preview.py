"""A look at the beginning of a CSV file: what it seems to be, its first rows read, and what must be asked."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.forecasting.csv_columns import choose_time
from services.forecasting.csv_format import Format, detect_format, first_lines, is_missing
from services.forecasting.csv_numbers import are_truths, numbers
from services.forecasting.csv_series import ImportOptions
from services.forecasting.csv_table import Table
from services.forecasting.csv_text import as_utf8
from services.forecasting.errors import DataError
from services.forecasting.preview_answer import CELL, GRID_ROWS, UNREAD, about, extent, grid, told
from services.forecasting.preview_choices import (
    Choice,
    decimal_choice,
    encoding_choice,
    format_choice,
    header_choice,
    separator_choice,
    time_column_choice,
    zone_choice,
)
from services.forecasting.time_patterns import is_clock
from services.forecasting.timestamps import TimeFormat, detect_time_format, fitting_formats, instants

COLUMNS = 100
TRIES = 5  # rows whose time cannot be read are told one by one, up to so many
Cells = dict[str, pl.Series]


@dataclass
class Look:
    """Everything found so far; a question stands in the way of what comes after it."""

    options: ImportOptions
    issued: str | None
    usual_zone: str | None
    detected: dict[str, Choice] = field(default_factory=dict)
    questions: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, error: DataError) -> None:
        self.questions.append(told(error))

    def complain(self, error: DataError) -> None:
        """About one row, or about what an option would change: the same list tells both apart by `field`."""
        self.problems.append(told(error))


def look_at(
    content: bytes,
    options: ImportOptions,
    *,
    complete: bool,
    issued: str | None = None,
    usual_zone: str | None = None,
) -> dict[str, Any]:
    """JSON-able. DataError where no option could help: an empty file, or one that is no text.

    `complete`: these bytes are the whole file; otherwise its last, broken line is left out.
    """
    look = Look(options, issued, usual_zone)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "begin.csv"
        path.write_bytes(content if complete else _whole_lines(content))
        text, encoding = as_utf8(path, Path(folder), options.encoding)
        look.detected["encoding"] = encoding_choice(encoding, options.encoding, content)
        try:
            form = detect_format(text, options.separator, options.has_header, options.skip_rows)
        except DataError as error:
            if error.code == "EMPTY_FILE":
                raise
            look.ask(error)
            if options.separator is not None:  # so that it can be taken back
                look.detected["separator"] = separator_choice(
                    options.separator, _lines(text, options), options.separator
                )
            return _answer(look, [], [], _raw_lines(text))
        look.detected["separator"] = separator_choice(
            form.separator, _lines(text, options), options.separator
        )
        look.detected["hasHeader"] = header_choice(form, options.has_header)
        cells, first = _cells(look, text, form)
    return _read(look, form, cells, first)


def _whole_lines(content: bytes) -> bytes:
    """Up to the last line end; in UTF-16 that is two bytes."""
    wide = content[:4096].count(0) > len(content[:4096]) // 4
    content = content[: len(content) // 2 * 2] if wide else content
    end = max(content.rfind(b"\n"), content.rfind(b"\r"))
    if end < 0:
        return content
    return content[: (end // 2 + 1) * 2] if wide else content[: end + 1]


def _lines(text: Path, options: ImportOptions) -> list[str]:
    return [line for _, line in first_lines(text, options.skip_rows or 0)]


def _raw_lines(text: Path) -> list[dict[str, Any]]:
    return [
        {"row": number, "cells": [line[:CELL]], "time": None, "numbers": [None]}
        for number, line in first_lines(text, 0)[:GRID_ROWS]
    ]


def _cells(look: Look, text: Path, form: Format) -> tuple[Cells, int]:
    """All rows of the stretch; only the first ones where a ragged row is in the way."""
    names = form.columns[:COLUMNS]
    try:
        return Table.of(text, form).cells(names), form.first_row
    except DataError as error:
        look.complain(error)
    rows = [[*row, *[""] * len(form.columns)] for row in form.rows]
    places = enumerate(names)
    return {
        name: pl.Series([row[place] for row in rows], dtype=pl.String) for place, name in places
    }, form.first_row


def _read(look: Look, form: Format, cells: Cells, first: int) -> dict[str, Any]:
    line = np.arange(first, first + len(next(iter(cells.values()))), dtype=np.int64)
    clock, time = _times(look, form, cells, line)
    values: dict[str, NDArray[np.float64]] = {}
    marks: dict[str, str] = {}
    columns = []
    for name, column in cells.items():
        undecided = not clock and _reads_as_times(column)
        kind = "time" if name in clock or undecided else _kind(column)
        if kind in ("number", "truth") and name != look.issued:
            kind = _as_numbers(look, form, name, column, line, values, marks, kind)
        columns.append({"name": name, "kind": "issued" if name == look.issued else kind, **about(column)})
    decimal = decimal_choice(marks, cells, look.options.decimal)
    if decimal is not None:
        look.detected["decimal"] = decimal
    return _answer(look, columns, extent(time), grid(cells, line, time, values))


def _times(
    look: Look, form: Format, cells: Cells, line: NDArray[np.int64]
) -> tuple[list[str], NDArray[np.int64] | None]:
    """The columns of the times, and ns since 1970 per row; the least integer where one cannot be read."""
    options = look.options
    try:
        clock = choose_time(form, options.time_column, options.date_format, look.issued)
        if not set(clock) <= set(cells):  # beyond the columns that are shown
            return clock, None
        candidates = [name for name, column in cells.items() if _reads_as_times(column)]
        look.detected["timeColumn"] = time_column_choice(clock, candidates, cells, options.time_column)
        parts = [cells[name] for name in clock]
        text = parts[0] if len(parts) == 1 else (parts[0] + " " + parts[1]).str.strip_chars()
        found = detect_time_format(text, pattern=options.date_format, day_first=options.day_first)
    except DataError as error:
        look.ask(error)
        return [], None
    if found is None:
        look.ask(_no_pattern(" + ".join(clock), text))
        return clock, None
    ordered = options.day_first is not None
    look.detected["dateFormat"] = format_choice(found, text, options.date_format, ordered=ordered)
    look.detected["timezone"] = zone_choice(found, options.timezone, look.usual_zone)
    return clock, _instants(look, text, found, line)


def _instants(look: Look, text: pl.Series, format_: TimeFormat, line: NDArray[np.int64]) -> NDArray[np.int64]:
    time = np.full(len(text), UNREAD, dtype=np.int64)
    left = np.flatnonzero((text != "").to_numpy())
    for _ in range(TRIES):
        if not left.size:
            break
        try:
            time[left] = instants(text.gather(left), format_, look.options.timezone or "UTC", line[left])
            break
        except DataError as error:
            look.complain(error)
            row = (error.details or {}).get("row")
            left = left[line[left] != row]
    return time


def _no_pattern(name: str, text: pl.Series) -> DataError:
    return DataError(
        "INVALID_TIME",
        f"The times of column {name!r} follow no known pattern, for example {str(text[0])[:80]!r}",
        suggestion="Write the pattern as in strptime, such as %d.%m.%Y %H:%M; does the order of the day fit?",
        details={"field": "importOptions.dateFormat", "column": name, "text": str(text[0])[:80]},
    )


def _reads_as_times(column: pl.Series) -> bool:
    filled = column.filter(column.str.len_bytes() > 0)
    if filled.is_empty() or is_clock(str(filled[0])):
        return False
    formats = fitting_formats(filled)
    return bool(formats) and not formats[0].pattern.endswith("1970")


def _kind(column: pl.Series) -> str:
    filled = [cell for cell in column.head(1000).to_list() if not is_missing(cell)]
    if not filled:
        return "empty"
    if are_truths(pl.Series(filled)):
        return "truth"
    numeric = sum(any(letter.isdigit() for letter in cell) for cell in filled)
    if 2 * sum(map(is_clock, filled)) > len(filled):
        return "clock"
    return "number" if 2 * numeric > len(filled) else "text"


def _as_numbers(
    look: Look,
    form: Format,
    name: str,
    column: pl.Series,
    line: NDArray[np.int64],
    values: dict[str, NDArray[np.float64]],
    marks: dict[str, str],
    kind: str,
) -> str:
    """The kind of the column; what cannot be read makes it text, or is told where most of it can."""
    try:
        values[name], marks[name] = numbers(name, column, look.options.decimal, form.separator, line)
    except DataError as error:
        if error.code == "AMBIGUOUS_DECIMAL":
            look.ask(error)
            return kind
        if _reads_as_times(column) or not _is_mostly_read(name, column, form, look.options.decimal):
            return "text"
        look.complain(error)
    return kind


def _is_mostly_read(name: str, column: pl.Series, form: Format, decimal: str | None) -> bool:
    read = 0
    sample = column.head(200)
    for cell in sample:
        try:
            numbers(name, pl.Series([cell]), decimal or ",", form.separator, np.zeros(1, dtype=np.int64))
            read += 1
        except DataError:
            continue
    return 2 * read > len(sample)


def _answer(
    look: Look, columns: list[dict[str, Any]], stretch: Any, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "detected": {name: choice.to_json() for name, choice in look.detected.items()},
        "columns": columns,
        "extent": stretch or extent(None),
        "rows": rows,
        "questions": look.questions,
        "problems": look.problems,
        "ready": not look.questions and not look.problems,
    }
