"""What a CSV file looks like: separator, header, columns; told by its first lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from services.forecasting.csv_text import MAX_LINE_BYTES
from services.forecasting.errors import DataError

csv.field_size_limit(MAX_LINE_BYTES)  # a cell may fill a line; the standard limit would raise before us
SEPARATORS = (";", "\t", "|", ",")
SAMPLE_LINES = 200
EVEN_ENOUGH = 0.8  # a few ragged lines must not hide the separator: reading will name them
MISSING = ("", "nan", "na", "n/a", "#n/a", "null", "none", "-", "--", "?")
_TIME = re.compile(
    r"\d{1,4}[-/. ] ?(\d{1,2}|[A-Za-z]{3,9})[-/., ]+\d{2,4}|[A-Za-z]{3,9} \d{1,2},? \d{4}|\d{8}T\d{4}"
)
_NUMBER = re.compile(r"[+-]?[\d.,'\s]*\d[\d.,'\s]*(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class Format:
    separator: str
    has_header: bool
    columns: list[str]
    rows: list[list[str]]  # the first rows, without the header
    first_row: int  # 1-based line number of the first row of data


def detect_format(
    path: Path, separator: str | None, has_header: bool | None, skip_rows: int | None = None
) -> Format:
    """Look at the first lines of a UTF-8 file."""
    numbered = first_lines(path, skip_rows or 0)
    lines = [line for _, line in numbered]
    if not lines:
        where = f" after its first {skip_rows}" if skip_rows else ""
        raise DataError(
            "EMPTY_FILE",
            f"The file holds no lines{where} but blank ones",
            suggestion="Upload a file with data",
        )
    chosen = separator or _separator(lines)
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=chosen)]
    if max(map(len, rows)) < 2:
        raise _no_separator(lines[0], chosen if separator else None)
    header = _has_header(rows) if has_header is None else has_header
    width = _width(rows, header)
    names = rows[0] + [""] * (width - len(rows[0])) if header else [""] * width
    first_row = numbered[1][0] if header and len(numbered) > 1 else numbered[0][0]
    return Format(chosen, header, _unique(names), rows[1:] if header else rows, first_row)


def first_lines(path: Path, skip: int) -> list[tuple[int, str]]:
    """With their numbers, counted from 1; blank ones left out."""
    with path.open(encoding="utf-8", newline="\n") as file:
        numbered = enumerate((line.rstrip("\r\n").replace("\r", " ") for line in file), start=1)
        filled = ((number, line) for number, line in islice(numbered, skip, None) if line.strip())
        return list(islice(filled, SAMPLE_LINES))


def _no_separator(line: str, declared: str | None) -> DataError:
    tried = repr(declared) if declared else "No separator (; , tab |)"
    return DataError(
        "COLUMNS_UNDECIDED",
        f"{tried} splits {'no' if declared else 'the first'} line into a time and a value",
        suggestion="Set importOptions.separator",
        details={"field": "importOptions.separator", "first_line": line[:200], "columns": [line[:200]]},
    )


def _separator(lines: list[str]) -> str:
    """The one that splits (nearly) all lines into equally many cells; commas last, they may be decimals."""

    found = {separator: evenness(lines, separator) for separator in SEPARATORS}
    nearly = [separator for separator in SEPARATORS if found[separator] >= EVEN_ENOUGH]
    return nearly[0] if nearly else max(SEPARATORS, key=found.__getitem__)


def evenness(lines: list[str], separator: str) -> float:
    """The share of the lines that have as many cells as most have; 0 where those have only one."""
    counts = Counter(len(row) for row in csv.reader(lines, delimiter=separator))
    width, times = counts.most_common(1)[0]
    return times / counts.total() if width > 1 else 0.0


def _width(rows: list[list[str]], header: bool) -> int:
    """Cells of a row. A header may lack a name for the empty cell after the last separator of its rows."""
    named = len(rows[0])
    if named < 2:
        raise DataError(
            "COLUMNS_UNDECIDED",
            f"The first line, {rows[0][0][:80]!r}, has one cell, others have more",
            suggestion="Remove the lines above the table, or set importOptions.skipRows",
            details={"field": "importOptions.skipRows", "columns": rows[0], "second_row": rows[1][:20]},
        )
    if header and len(rows) > 1 and all(len(row) == named + 1 and not row[-1] for row in rows[1:]):
        return named + 1
    return named


def _has_header(rows: list[list[str]]) -> bool:
    """Words above numbers or times make a header; without rows below, so does a row of words."""
    first, below = rows[0], rows[1:]
    if any(_is_data(cell) and not is_number(cell) for cell in first):
        return False  # a time
    for place, cell in enumerate(first):
        column = [row[place] for row in below if place < len(row) and not is_missing(row[place])]
        if cell and not is_missing(cell) and not _is_data(cell) and column:
            return sum(map(_is_data, column)) > len(column) / 2 or _is_all_words(first)
    return _is_all_words(first)


def _is_all_words(cells: list[str]) -> bool:
    return not any(_is_data(cell) for cell in cells)


def _is_data(cell: str) -> bool:
    """A number or what begins like a time: 12.5, 2024-01-01, Jan 5, 2024."""
    return is_number(cell) or _TIME.match(cell) is not None


def is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def is_missing(cell: str) -> bool:
    return cell.strip().lower() in MISSING


def _unique(names: list[str]) -> list[str]:
    """Nameless and repeated columns get a number, so that each can be asked for."""
    result: list[str] = []
    for place, given in enumerate(names):
        name = base = given or f"column {place + 1}"
        count = 1
        while name in result or (count > 1 and name in names):
            count += 1
            name = f"{base} ({count})"
        result.append(name)
    return result
