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
from services.forecasting.errors import DataError

BLOCK = 1 << 20
LINE_END = ord("\n")
WHITE = (b"\t", b"\v", b"\f")


@dataclass(frozen=True)
class Table:
    """A file whose rows all have the cells that its columns want."""

    text: Path
    form: Format
    bare: bool  # no cell has white space around it, other than blanks

    @classmethod
    def of(cls, text: Path, form: Format) -> Table:
        """polars fills short rows with nothing and drops what is too much where it reads some columns only,
        so ragged rows are looked for here."""
        even, bare = _survey(text, form)
        error = None if even else _first_ragged(text, form)
        if error is not None:
            raise error
        return cls(text, form, bare)

    def cells(self, names: Sequence[str]) -> dict[str, pl.Series]:
        """Stripped cells of these columns for every line of data, blank lines too; absent cells are empty."""
        form = self.form
        try:
            frame = pl.read_csv(
                self.text,
                separator=form.separator,
                has_header=False,
                skip_lines=form.first_row - 1,
                schema={f"column_{place + 1}": pl.String for place in range(len(form.columns))},
                columns=sorted({form.columns.index(name) for name in names}),
                truncate_ragged_lines=True,  # those left are empty lines with a separator too many
            )
        except pl.exceptions.PolarsError:
            raise (_first_ragged(self.text, form) or _broken_quotes(None)) from None
        columns = {name: frame[f"column_{form.columns.index(name) + 1}"] for name in names}
        return {name: self._stripped(cells.fill_null("")) for name, cells in columns.items()}

    def _stripped(self, cells: pl.Series) -> pl.Series:
        """Stripping takes as long as reading, so it is left out where there is nothing to strip."""
        blanks = cells.str.starts_with(" ").any() or cells.str.ends_with(" ").any()
        return cells if self.bare and not blanks else cells.str.strip_chars()


def _survey(text: Path, form: Format) -> tuple[bool, bool]:
    """Whether all rows surely have the wanted cells, and whether cells surely are bare.

    The quick way: what is left of a block without all else is one separator after the other.
    """
    with text.open("rb") as file:
        for _ in range(form.first_row - 1):
            file.readline()
        first = file.readline()
        mark, ending = form.separator.encode(), b"\r\n" if first.endswith(b"\r\n") else b"\n"
        row = mark * (len(form.columns) - 1) + ending
        others = bytes(set(range(256)) - set(row) - set(b"\r\n"))
        even = bare = True
        block = first
        while even and block:
            block = block if block.endswith(b"\n") else block + ending
            left = block.translate(None, others)
            alike = left == row * (len(left) // len(row))
            bare = bare and alike and _is_bare(block)
            even = b'"' not in block and (alike or _is_even(block, form))
            block = file.read(BLOCK) + file.readline()
    return even, even and bare


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
