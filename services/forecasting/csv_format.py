"""What a CSV file looks like: separator, header, columns; told by its first lines."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from services.forecasting.csv_text import MAX_LINE_BYTES
from services.forecasting.errors import DataError

csv.field_size_limit(MAX_LINE_BYTES)  # a cell may fill a line; the standard limit would raise before us
SEPARATORS = (";", "\t", "|", ",")
SAMPLE_LINES = 200
MISSING = ("", "nan", "na", "n/a", "#n/a", "null", "none", "-", "--", "?")


@dataclass(frozen=True)
class Format:
    separator: str
    has_header: bool
    columns: list[str]
    rows: list[list[str]]  # the first rows, without the header
    first_row: int  # 1-based line number of the first row of data


def detect_format(path: Path, separator: str | None, has_header: bool | None) -> Format:
    """Look at the first lines of a UTF-8 file."""
    lines = _first_lines(path)
    if not lines:
        raise DataError("EMPTY_FILE", "The file holds only blank lines", suggestion="Upload a file with data")
    chosen = separator or _separator(lines)
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=chosen)]
    width = len(rows[0])
    if width < 2:
        raise DataError(
            "COLUMNS_UNDECIDED",
            "No separator (; , tab |) splits the first line into a time and a value",
            suggestion="Set importOptions.separator",
            details={
                "field": "importOptions.separator",
                "first_line": lines[0][:200],
                "columns": rows[0][:1],
            },
        )
    header = _looks_like_header(rows) if has_header is None else has_header
    names = _unique(rows[0]) if header else [f"column {i + 1}" for i in range(width)]
    return Format(chosen, header, names, rows[1:] if header else rows, 2 if header else 1)


def _first_lines(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [line.rstrip("\r\n") for line in islice(file, SAMPLE_LINES) if line.strip()]


def _separator(lines: list[str]) -> str:
    """The one that splits all lines into equally many cells; commas last, they may be decimals."""

    def quality(separator: str) -> tuple[bool, int, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=separator)]
        even = min(counts) == max(counts) and counts[0] > 1
        rank = -SEPARATORS.index(separator)
        if separator == ",":
            return even, counts[0], rank
        return even, counts[0] if counts[0] > 1 else 0, rank

    best = [separator for separator in SEPARATORS if quality(separator)[0]]
    for separator in best:
        if separator != ",":
            return separator
    return best[0] if best else max(SEPARATORS, key=quality)


def _looks_like_header(rows: list[list[str]]) -> bool:
    """A header has no cell that reads as a number or begins like a date."""
    return not any(_is_number(cell) or cell[:1].isdigit() for cell in rows[0] if cell)


def is_missing(cell: str) -> bool:
    return cell.strip().lower() in MISSING


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def _unique(names: list[str]) -> list[str]:
    """Nameless and repeated columns get a number, so that each can be asked for."""
    seen: dict[str, int] = {}
    result = []
    for i, given in enumerate(names):
        name = given or f"column {i + 1}"
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result
