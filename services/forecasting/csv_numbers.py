"""Numbers as people write them: decimal point or comma, groups of thousands, words for missing."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.forecasting.csv_format import MISSING
from services.forecasting.errors import DataError

Values = NDArray[np.float64]
LARGEST = 1e150  # squares of larger values would not be finite
TRUTH = {"true": 1.0, "false": 0.0, "wahr": 1.0, "falsch": 0.0}  # as programs write them
_SPACES = "\u00a0\u202f\u2009 '’"
_SURE_COMMA = r"\..*,|\..*\.|^[+-]?(?:0?|0\d*|\d{4,}),\d+|^[^.,]*,(?:\d{0,2}|\d{4,})(?:[eE].*)?$"
_SURE_POINT = r",.*\.|,.*,|^[+-]?(?:0?|0\d*|\d{4,})\.\d+|^[^.,]*\.(?:\d{0,2}|\d{4,})(?:[eE].*)?$"


def numbers(
    name: str, cells: pl.Series, decimal: str | None, separator: str, rows: NDArray[np.int64]
) -> tuple[Values, str]:
    """float64 (NaN where missing) of stripped cells, and the decimal mark; DataError with the row."""
    found = cells.cast(pl.Float64, strict=False).fill_nan(None)
    unread = found.is_null()
    plain = _with_plain_commas(cells, decimal, separator) if unread.any() else None
    if plain is not None and not (plain.abs() > LARGEST).any():
        return as_values(plain), ","
    unread &= ~cells.str.to_lowercase().is_in(list(MISSING)) if unread.any() else unread
    if found.null_count() == len(found) and unread.any() and are_truths(cells.filter(unread)):
        return as_values(_truths(cells)), decimal or "."
    mark = decimal or _decimal(name, cells, cells.filter(unread), separator, rows)
    if mark == ",":
        unread |= cells.str.contains(".", literal=True)
    if unread.any():
        found = found.scatter(unread.arg_true(), _marked(cells.filter(unread), mark))
    wrong = (unread & found.is_null()) | (found.abs() > LARGEST).fill_null(False)
    if wrong.any():
        raise _not_numeric(name, cells, int(wrong.arg_max() or 0), mark, rows)
    return as_values(found), mark


def are_truths(cells: pl.Series) -> bool:
    """Nothing but true and false; a column that mixes them with numbers is a mistake."""
    return bool(cells.str.to_lowercase().is_in(list(TRUTH)).all())


def _truths(cells: pl.Series) -> pl.Series:
    return cells.str.to_lowercase().replace_strict(TRUTH, default=None, return_dtype=pl.Float64)


def as_values(found: pl.Series) -> Values:
    """NaN for null; of a series without nulls, as it lies."""
    return np.asarray(found.fill_null(float("nan")).to_numpy(), dtype=np.float64)


def _with_plain_commas(cells: pl.Series, decimal: str | None, separator: str) -> pl.Series | None:
    """The quick way for cells that hold a comma or nothing special: 12,5; None where that is in doubt.

    It must come to what the rules below come to: the mark is declared or follows from the separator, no
    cell has a point, none a second comma or a space, and what is no number is a word for missing.
    """
    if decimal == "." or (decimal is None and separator != ";"):
        return None
    if cells.str.contains(".", literal=True).any() or not cells.str.contains(",", literal=True).any():
        return None
    found = cells.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False).fill_nan(None)
    words = cells.filter(found.is_null()).str.to_lowercase()
    return found if words.is_in(list(MISSING)).all() else None


def _marked(text: pl.Series, mark: str) -> pl.Series:
    """With this decimal mark and the other one (or a space) between thousands; null where it is neither."""
    groups = f"[{_SPACES}{',' if mark == '.' else '.'}]"
    whole = rf"(?:\d+|\d{{1,3}}(?:{groups}\d{{3}})+)"
    shape = rf"^[+-]?(?:{whole}(?:[{mark}]\d*)?|[{mark}]\d+)(?:[eE][+-]?\d+)?$"
    plain = text.str.replace_all(groups, "").str.replace(mark, ".", literal=True)
    return plain.set(~text.str.contains(shape), None).cast(pl.Float64, strict=False)


def _decimal(name: str, cells: pl.Series, unread: pl.Series, separator: str, rows: NDArray[np.int64]) -> str:
    """What the cells show that can be read in one way only; 1,234 can be read in two."""
    if not unread.str.contains("[.,]").any():
        return "."
    commas, points = cells.str.contains(_SURE_COMMA), cells.str.contains(_SURE_POINT)
    if commas.any() or points.any():  # reading by the mark of most cells names the others
        more = int(commas.sum()) - int(points.sum()) or int(points.arg_max() or 0) - int(
            commas.arg_max() or 0
        )
        return "," if more > 0 else "."
    if separator == ";" and not cells.str.contains(".", literal=True).any():
        return ","  # the separator of countries that write a decimal comma
    place = int((cells.str.contains(",", literal=True)).arg_max() or 0)
    raise DataError(
        "AMBIGUOUS_DECIMAL",
        f"Row {int(rows[place])}: {cells[place]!r} in column {name!r} may have a decimal comma or a comma "
        "between thousands, and no row decides it",
        suggestion='Set importOptions.decimal to "." or ","',
        details={
            "field": "importOptions.decimal",
            "row": int(rows[place]),
            "column": name,
            "text": cells[place],
            "readings": {mark: _marked(cells.gather([place]), mark)[0] for mark in (",", ".")},
        },
    )


def _not_numeric(name: str, cells: pl.Series, place: int, mark: str, rows: NDArray[np.int64]) -> DataError:
    row, text = int(rows[place]), str(cells[place])[:80]
    return DataError(
        "NOT_NUMERIC",
        f"Row {row}: {text!r} in column {name!r} is no number (decimal mark {mark!r}, at most {LARGEST:g})",
        suggestion="Correct the row (an empty cell means a missing value), or set importOptions.decimal",
        details={"row": row, "column": name, "text": text, "decimal": mark},
    )
