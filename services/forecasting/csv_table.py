"""The wanted columns of a CSV file as text; ragged rows are refused."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl

from services.forecasting.csv_format import Format
from services.forecasting.errors import DataError

BLOCK = 1 << 20
LINE_END = ord("\n")


def read_cells(text: Path, form: Format, names: Sequence[str]) -> dict[str, pl.Series]:
    """Stripped cells of these columns for every line of data, blank lines too; absent cells are empty."""
    try:
        frame = pl.read_csv(
            text,
            separator=form.separator,
            has_header=False,
            skip_lines=form.first_row - 1,
            schema={f"column_{place + 1}": pl.String for place in range(len(form.columns))},
            columns=sorted({form.columns.index(name) for name in names}),
        )
    except pl.exceptions.PolarsError:
        raise (_first_ragged(text, form) or _broken_quotes(None)) from None
    columns = {name: frame[f"column_{form.columns.index(name) + 1}"] for name in names}
    return {name: cells.fill_null("").str.strip_chars() for name, cells in columns.items()}


def refuse_ragged(text: Path, form: Format) -> None:
    """polars fills short rows with nothing and drops what is too much where it reads some columns only."""
    error = None if _is_even(text, form) else _first_ragged(text, form)
    if error is not None:
        raise error


def _is_even(text: Path, form: Format) -> bool:
    """The quick way: no quotes, and the same number of separators in all lines that are not blank."""
    wanted, mark = len(form.columns) - 1, ord(form.separator)
    with text.open("rb") as file:
        for _ in range(form.first_row - 1):
            file.readline()
        while block := file.read(BLOCK) + file.readline():
            if not block.endswith(b"\n"):
                block += b"\n"
            data = np.frombuffer(block, dtype=np.uint8)
            ends = np.flatnonzero(data == LINE_END)
            found = np.diff(np.searchsorted(np.flatnonzero(data == mark), ends), prepend=0)
            blank = np.diff(ends, prepend=-1) <= len("\r\n")
            if b'"' in block or not ((found == wanted) | (blank & (found == 0))).all():
                return False
    return True


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
