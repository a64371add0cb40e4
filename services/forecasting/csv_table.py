"""The wanted columns of a CSV file as text; ragged rows are refused."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl

from services.forecasting.csv_format import Format
from services.forecasting.csv_numbers import LARGEST
from services.forecasting.errors import DataError

BLOCK = 1 << 20
LINE_END = ord("\n")
WHITE = (b"\t", b"\v", b"\f")
SHOWN = 20


@dataclass(frozen=True)
class Numbers:
    """Columns that may be read as numbers at once, and the decimal mark that the rules would find."""

    names: list[str]
    mark: str


@dataclass(frozen=True)
class Table:
    """A file whose rows all have the cells that its columns want."""

    text: Path
    form: Format
    bare: bool  # no cell has white space around it, other than blanks
    numbers: Numbers | None

    @classmethod
    def of(cls, text: Path, form: Format, values: Sequence[str] = (), decimal: str | None = None) -> Table:
        """polars fills short rows with nothing and drops what is too much where it reads some columns only,
        so ragged rows are looked for here."""
        even, bare, same_points = _survey(text, form)
        error = None if even else _first_ragged(text, form)
        if error is not None:
            raise error
        return cls(text, form, bare, _plain_numbers(form, values, decimal, same_points))

    def cells(self, names: Sequence[str], *, as_text: bool = False) -> dict[str, pl.Series]:
        """Stripped cells of these columns for every line of data, blank lines too; absent cells are empty.

        Columns of `numbers` are float64 with null for empty cells, where all of their cells allow it.
        """
        numbers = None if as_text else self.numbers
        frame = None if numbers is None else self._read(names, numbers)
        if frame is None or not _are_plain(frame):
            frame = self._read(names, None)
        if frame is None:
            raise _first_ragged(self.text, self.form) or _broken_quotes(None)
        columns = {name: frame[self._key(name)] for name in names}
        return {
            name: cells if cells.dtype == pl.Float64 else self._stripped(cells.fill_null(""))
            for name, cells in columns.items()
        }

    def _read(self, names: Sequence[str], numbers: Numbers | None) -> pl.DataFrame | None:
        """None where the file does not allow it."""
        form = self.form
        schema: dict[str, type[pl.DataType]] = {self._key(name): pl.String for name in form.columns}
        schema.update({self._key(name): pl.Float64 for name in (numbers.names if numbers else ())})
        try:
            return pl.read_csv(
                self.text,
                separator=form.separator,
                has_header=False,
                skip_lines=form.first_row - 1,
                schema=schema,
                columns=sorted({form.columns.index(name) for name in names}),
                decimal_comma=numbers is not None and numbers.mark == ",",
                truncate_ragged_lines=True,  # those left are empty lines with a separator too many
            )
        except pl.exceptions.PolarsError:
            return None

    def _key(self, name: str) -> str:
        return f"column_{self.form.columns.index(name) + 1}"

    def _stripped(self, cells: pl.Series) -> pl.Series:
        """Stripping takes as long as reading, so it is left out where there is nothing to strip."""
        blanks = cells.str.starts_with(" ").any() or cells.str.ends_with(" ").any()
        return cells if self.bare and not blanks else cells.str.strip_chars()


def _plain_numbers(
    form: Format, names: Sequence[str], decimal: str | None, same_points: bool
) -> Numbers | None:
    """Told by the first rows: a comma is the mark where it is declared or follows from the separator, and
    no cell has a point; a point is where no cell has a comma, for then reading would fail."""
    place = {name: form.columns.index(name) for name in names}
    shown = {
        name: "".join("".join(row[place[name] : place[name] + 1]) for row in form.rows[:SHOWN])
        for name in names
    }
    commas = [name for name in names if "," in shown[name] and "." not in shown[name]]
    points = [name for name in names if "." in shown[name] and "," not in shown[name]]
    if commas and same_points and (decimal == "," or (decimal is None and form.separator == ";")):
        return Numbers(commas, ",")
    return Numbers(points, ".") if points and decimal != "," else None


def _are_plain(frame: pl.DataFrame) -> bool:
    """What the rules would refuse or take for missing is left to them."""
    floats = (column for column in frame.get_columns() if column.dtype == pl.Float64)
    return not any(column.is_nan().any() or (column.abs() > LARGEST).any() for column in floats)


def _survey(text: Path, form: Format) -> tuple[bool, bool, bool]:
    """Whether all rows surely have the wanted cells, whether cells surely are bare, and whether points
    surely stand in the same cells everywhere.

    The quick way: what is left of a block without all else is the separators and points of one row after
    the other.
    """
    with text.open("rb") as file:
        for _ in range(form.first_row - 1):
            file.readline()
        block = first = file.readline()
        ending = b"\r\n" if first.endswith(b"\r\n") else b"\n"
        row = form.separator.encode() * (len(form.columns) - 1) + ending
        others = bytes(set(range(256)) - set(row) - set(b"\r\n."))
        dotted = first.rstrip(b"\r\n").translate(None, others) + ending
        even = bare = same_points = True
        while even and block:
            block = block if block.endswith(b"\n") else block + ending
            left = block.translate(None, others)
            same_points = same_points and left == dotted * (len(left) // len(dotted))
            left = left if same_points else left.translate(None, b".")
            alike = same_points or left == row * (len(left) // len(row))
            bare = bare and alike and _is_bare(block)
            even = b'"' not in block and (alike or _is_even(block, form))
            block = file.read(BLOCK) + file.readline()
    return even, even and bare, even and same_points


def _is_bare(block: bytes) -> bool:
    return block.isascii() and not any(space in block for space in WHITE)


def _is_even(block: bytes, form: Format) -> bool:
    """The same number of separators in all lines that are not blank."""
    data = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(data == LINE_END)
    found = np.diff(np.searchsorted(np.flatnonzero(data == ord(form.separator)), ends), prepend=0)
    blank = np.diff(ends, prepend=-1) <= len("\r\n")
    return bool(((found == len(form.columns) - 1) | (blank & (found == 0))).all())


def _first_ragged(text: Path, form: Format) -> DataError | None:
    """The exact, slow way, for files whose count of separators is in doubt (they may stand in quotes)."""
    width = len(form.columns)
    with text.open(encoding="utf-8", newline="\n") as file:
        lines = (line.rstrip("\r\n").replace("\r", " ") for line in islice(file, form.first_row - 1, None))
        reader = csv.reader(lines, delimiter=form.separator)
        try:
            for row in reader:
                if len(row) != width and any(cell.strip() for cell in row):
                    return _ragged(form.first_row - 1 + reader.line_num, row, form)
        except csv.Error:
            return _broken_quotes(form.first_row - 1 + reader.line_num)
    return None


def _ragged(row: int, cells: list[str], form: Format) -> DataError:
    width = len(form.columns)
    return DataError(
        "RAGGED_ROWS",
        f"Row {row} has {len(cells)} cells, the table {width} columns (separator {form.separator!r})",
        suggestion="Correct the row; numbers that hold the separator belong into quotes; "
        "for lines above the table set importOptions.skipRows",
        details={
            "row": row,
            "cells": [cell[:80] for cell in cells[:20]],
            "found": len(cells),
            "expected": width,
            "columns": form.columns[:20],
        },
    )


def _broken_quotes(row: int | None) -> DataError:
    where = "" if row is None else f" at or before row {row}"
    return DataError(
        "BROKEN_QUOTES",
        f"A quotation mark is opened and never closed{where}",
        suggestion="Remove the quotation mark, or close it in the same cell",
        details={"row": row},
    )
