"""CSV whose texts no spreadsheet takes for a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def as_csv(
    rows: Iterable[Sequence[Any]], *, separator: str = ",", line_end: str = "\n", decimal: str = "."
) -> str:
    """Numbers stay numbers, with this decimal sign; a text that a formula could begin gets a `'` in front."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=line_end)
    writer.writerows([_cell(value, decimal) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any, decimal: str) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value).replace(".", decimal)
    text = str(value).replace(
        "\r", " "
    )  # the writer leaves a lone one unquoted, and readers break the line there
    return f"'{text}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else text
