"""Error tables as files for a spreadsheet: CSV in two notations, XLSX with numbers as numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.artifacts import Download
from services.errors import BadRequest
from utils import csv_text

TABLES = ("df_eval", "df_eval_ts")
DECIMALS = {"point": (".", ","), "comma": (",", ";")}  # decimal sign, separator
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DELTA = "delta [min]"
ORDER = (DELTA, "MAE", "MAPE", "MSE", "RMSE", "NRMSE", "WAPE", "sMAPE", "MASE")  # PostgreSQL keeps none
SHEET_NAME = 31  # characters that a sheet's name may have
FORMATS = ("json", "csv", "xlsx")
Row = list[Any]


@dataclass(frozen=True)
class Wish:
    """What a request asks for; only CSV has one table to a file and a choice of the decimal sign."""

    format: str
    table: str
    decimal: str


def wish(arguments: Mapping[str, str]) -> Wish:
    found = Wish(
        _one_of(arguments, "format", FORMATS),
        _one_of(arguments, "table", TABLES),
        _one_of(arguments, "decimal", tuple(DECIMALS)),
    )
    for name in ("table", "decimal"):
        if name in arguments and found.format != "csv":
            raise _refused(name, "is for format=csv alone: the other formats hold both tables, as numbers")
    return found


def download(wish: Wish, tables: Mapping[str, Mapping[str, Any]], stem: str) -> Download:
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", stem)
    if wish.format == "xlsx":
        return _download(as_xlsx(tables), f"{stem}.xlsx", XLSX)
    content = as_csv(wish.table, tables[wish.table], wish.decimal)
    return _download(content, f"{stem}_{wish.table}.csv", "text/csv; charset=utf-8")


def rows_of(table: str, of_output: Mapping[str, Any]) -> Iterator[Row]:
    """The heading, then the rows: one per averaging level, of df_eval_ts one per level and block."""
    if table == "df_eval":
        columns = _in_order(of_output)
        yield list(columns)
        yield from (list(row) for row in zip(*columns.values(), strict=True))
        return
    levels = sorted(of_output.items(), key=lambda level: float(level[0]))
    for number, (level, columns) in enumerate((level, _in_order(columns)) for level, columns in levels):
        if number == 0:
            yield [DELTA, "block", *columns]
        for block, row in enumerate(zip(*columns.values(), strict=True), start=1):
            yield [float(level), block, *row]


def _in_order(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: columns[name] for name in (*ORDER, *columns) if name in columns}


def as_csv(table: str, outputs: Mapping[str, Any], decimal: str) -> bytes:
    """All outputs below each other, named by the first column; with a byte order mark, as Excel needs it."""
    sign, separator = DECIMALS[decimal]
    rows: list[Row] = []
    for output, columns in outputs.items():
        heading, *more = rows_of(table, columns)
        if not rows:
            rows.append(["output", *heading])
        rows += [[output, *row] for row in more]
    text = csv_text.as_csv(rows, separator=separator, line_end="\r\n", decimal=sign)
    return text.encode("utf-8-sig")


def as_xlsx(tables: Mapping[str, Mapping[str, Any]]) -> bytes:
    """A sheet per table and output; undefined values are empty cells."""
    import xlsxwriter

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold, taken = book.add_format({"bold": True}), set[str]()
        for table, outputs in tables.items():
            for output, columns in outputs.items():
                sheet = book.add_worksheet(_sheet_name(f"{table} {output}", taken))
                for place, row in enumerate(rows_of(table, columns)):
                    _write(sheet, place, row, bold if place == 0 else None)
                sheet.freeze_panes(1, 0)
                sheet.set_column(0, 12, 12)
    return file.getvalue()


def _write(sheet: Any, place: int, row: Row, form: Any) -> None:
    for column, value in enumerate(row):
        if isinstance(value, str):
            sheet.write_string(place, column, value, form)
        elif value is not None:
            sheet.write_number(place, column, value, form)


def _download(content: bytes, name: str, media_type: str) -> Download:
    return Download(io.BytesIO(content), name, media_type, len(content))


def _one_of(arguments: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    value = arguments.get(name, known[0])
    if value not in known:
        raise _refused(name, f"is {value[:40]!r}; it must be one of {', '.join(known)}")
    return value


def _refused(field: str, message: str) -> BadRequest:
    return BadRequest(f"{field} {message}", details={"field": field})


def _sheet_name(wanted: str, taken: set[str]) -> str:
    """Sheets have short names without []:*?/\\, equal in no letter case, and no ' at the ends."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", wanted).strip("'")
    name, number = plain[:SHEET_NAME].strip("'"), 1
    while name.lower() in taken:
        number += 1
        name = f"{plain[: SHEET_NAME - len(str(number)) - 1]}~{number}"
    taken.add(name.lower())
    return name
