"""What was detected in the beginning of a file, how sure that is, and what else it might be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl

from services.forecasting.csv_format import SEPARATORS, Format, evenness
from services.forecasting.csv_numbers import numbers
from services.forecasting.csv_text import ENCODINGS
from services.forecasting.errors import DataError
from services.forecasting.timestamps import TimeFormat, fitting_formats, instants

# declared: a user said it; certain: nothing else fits; likely: the best of several; guess: nothing tells
Sure = Literal["declared", "certain", "likely", "guess"]
ZONES = ("UTC", "Europe/Vienna", "Europe/Berlin", "Europe/Zurich", "Etc/GMT-1", "Europe/London")
EXAMPLE = 60
MOST_FORMATS = 8


@dataclass(frozen=True)
class Choice:
    """`why` is a word that a page can put into a sentence; an alternative says what it would read (of a
    separator: how many columns)."""

    value: Any
    sure: Sure
    why: str
    alternatives: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        shown = {"value": self.value, "sure": self.sure, "why": self.why}
        return {**shown, "alternatives": self.alternatives}


def encoding_choice(found: str, declared: str | None, content: bytes) -> Choice:
    telling = next((line for line in content.splitlines()[:500] if not line.isascii()), b"")
    others = [_alternative(name, _decoded(telling, name)) for name in ENCODINGS if name != found]
    if declared is not None:
        return Choice(found, "declared", "declared", others)
    if found in ("utf-8-sig", "utf-16-le", "utf-16-be"):
        return Choice(found, "certain", "byte_order_mark" if found == "utf-8-sig" else "utf16", others)
    if found == "utf-8":
        return Choice(found, "certain", "valid_utf8" if telling else "ascii", others)
    return Choice(found, "likely" if found == "cp1252" else "guess", "not_utf8", others)


def separator_choice(found: str, lines: list[str], declared: str | None) -> Choice:
    shares = {each: evenness(lines, each) for each in SEPARATORS}
    ranked = sorted((each for each in SEPARATORS if each != found), key=lambda each: -shares[each])
    others = [_alternative(each, str(len(lines[0].split(each)))) for each in ranked]
    if declared is not None:
        return Choice(found, "declared", "declared", others)
    if shares[found] == 1 and shares[ranked[0]] < 1:
        return Choice(found, "certain", "same_in_every_line", others)
    return Choice(found, "likely", "best_of_several", others)


def header_choice(form: Format, declared: bool | None) -> Choice:
    others = [_alternative(not form.has_header, None)]
    if declared is not None:
        return Choice(form.has_header, "declared", "declared", others)
    named = "words_above_data" if form.has_header else "data_in_first_line"
    return Choice(form.has_header, "certain" if form.rows else "likely", named, others)


def decimal_choice(
    marks: Mapping[str, str], cells: Mapping[str, pl.Series], declared: str | None
) -> Choice | None:
    """Of all columns together; None where no number has a fraction or a group."""
    marked = {name: mark for name, mark in marks.items() if cells[name].str.contains("[.,]").any()}
    if declared is not None:
        return Choice(declared, "declared", "declared", [_alternative(_other(declared), None)])
    if not marked:
        return None
    found = max(sorted(set(marked.values())), key=list(marked.values()).count)
    telling = [name for name, mark in marked.items() if mark == found]
    sure = any(_tells_its_mark(name, cells[name]) for name in telling)
    others = [_alternative(_other(found), None)]
    return Choice(found, "certain" if sure else "likely", "shown" if sure else "by_separator", others)


def time_column_choice(
    clock: list[str], candidates: list[str], cells: Mapping[str, pl.Series], declared: str | None
) -> Choice:
    others = [_alternative(name, _first(cells[name])) for name in candidates if name not in clock]
    sure: Sure = "declared" if declared else "likely" if others else "certain"
    why = "declared" if declared else "first_with_times" if others else "only_one_with_times"
    return Choice(clock[0] if len(clock) == 1 else " + ".join(clock), sure, why, others)


def format_choice(found: TimeFormat, cells: pl.Series, declared: str | None, *, ordered: bool) -> Choice:
    """`ordered`: a user said whether the day comes first."""
    others = []
    for each in fitting_formats(cells)[:MOST_FORMATS]:
        if each != found and (example := _read_first(cells, each)) is not None:
            others.append(_alternative(_written(each), example))
    if declared is not None or ordered:
        return Choice(_written(found), "declared", "declared", others)
    alike = any(each["example"] != _read_first(cells, found) for each in others)
    return Choice(_written(found), "certain", "rows_decide" if alike else "one_pattern", others)


def zone_choice(format_: TimeFormat, declared: str | None, usual: str | None) -> Choice:
    """`usual` is the zone that the session was given."""
    zones = dict.fromkeys(each for each in (usual, *ZONES) if each)
    others = [_alternative(zone, None) for zone in zones]
    if format_.offset or format_.pattern.endswith("1970"):
        return Choice("UTC", "certain", "offsets" if format_.offset else "since_1970", [])
    if declared is not None:
        return Choice(
            declared, "declared", "declared", [each for each in others if each["value"] != declared]
        )
    return Choice("UTC", "guess", "nothing_tells", [each for each in others if each["value"] != "UTC"])


def _written(format_: TimeFormat) -> str:
    return format_.pattern + ("%z" if format_.offset else "")


def _read_first(cells: pl.Series, format_: TimeFormat) -> str | None:
    first = cells.filter(cells.str.len_bytes() > 0).head(1)
    try:
        read = instants(first, format_, "UTC", np.zeros(1, dtype=np.int64))
    except DataError:
        return None
    return str(np.datetime64(int(read[0]) // 10**9, "s")).replace("T", " ")


def _tells_its_mark(name: str, cells: pl.Series) -> bool:
    """Whether its cells can be read in one way only, whatever separates the columns."""
    try:
        numbers(name, cells, None, ",", np.arange(len(cells), dtype=np.int64))
    except DataError:
        return False
    return True


def _other(mark: str) -> str:
    return "," if mark == "." else "."


def _first(cells: pl.Series) -> str | None:
    filled = cells.filter(cells.str.len_bytes() > 0).head(1)
    return None if filled.is_empty() else str(filled[0])[:EXAMPLE]


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)[:EXAMPLE] or None
    except UnicodeDecodeError:
        return None


def _alternative(value: Any, example: str | None) -> dict[str, Any]:
    return {"value": value, "example": example}
