"""What a look at a file answers: its stretch of time, its first rows as text and read, what must be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.forecasting.csv_format import is_missing
from services.forecasting.errors import DataError
from services.forecasting.units import MINUTE

GRID_ROWS = 50
CELL = 200
UNREAD = int(np.iinfo(np.int64).min)  # stands for a time that could not be read


def about(column: pl.Series) -> dict[str, Any]:
    filled = column.filter(column.str.len_bytes() > 0)
    missing = sum(is_missing(cell) for cell in column.to_list())
    return {"missing": missing, "example": None if filled.is_empty() else str(filled[0])[:CELL]}


def extent(time: NDArray[np.int64] | None) -> dict[str, Any]:
    known = np.empty(0, dtype=np.int64) if time is None else time[time > UNREAD]
    distance = np.diff(np.unique(known))
    steps, counts = np.unique(distance, return_counts=True)
    return {
        "rows": 0 if time is None else len(time),
        "first": iso(int(known.min())) if known.size else None,
        "last": iso(int(known.max())) if known.size else None,
        "step_minutes": float(steps[np.argmax(counts)] / MINUTE) if steps.size else None,
    }


def grid(
    cells: Mapping[str, pl.Series],
    line: NDArray[np.int64],
    time: NDArray[np.int64] | None,
    values: dict[str, NDArray[np.float64]],
) -> list[dict[str, Any]]:
    rows = []
    for place in range(len(line)):
        texts = [str(column[place])[:CELL] for column in cells.values()]
        if not any(texts):
            continue
        known = time is not None and time[place] > UNREAD
        rows.append(
            {
                "row": int(line[place]),
                "cells": texts,
                "time": iso(int(time[place])) if time is not None and known else None,
                "numbers": [_number(values, name, place) for name in cells],
            }
        )
        if len(rows) == GRID_ROWS:
            break
    return rows


def _number(values: dict[str, NDArray[np.float64]], name: str, place: int) -> float | None:
    if name not in values or not np.isfinite(values[name][place]):
        return None
    return float(values[name][place])


def told(error: DataError) -> dict[str, Any]:
    """`choices` are the values of the field among which a user has to decide; code and details are enough to
    say it in another language than the message's."""
    details = error.details or {}
    name = str(details.get("field") or "").removeprefix("importOptions.") or None
    return {
        "code": error.code,
        "field": name,
        "row": details.get("row"),
        "column": details.get("column"),
        "message": error.message,
        "suggestion": error.suggestion,
        "details": details,
        "choices": _choices(name, details),
    }


def _choices(name: str | None, details: Any) -> list[dict[str, Any]]:
    readings = details.get("readings") or {}
    if name == "dayFirst":
        said = {"dayFirst": True, "monthFirst": False}
        return [{"value": said[order], "example": readings[order]} for order in readings if order in said]
    if name == "decimal":
        return [
            {"value": mark, "example": f"{value:g}"} for mark, value in readings.items() if value is not None
        ]
    if name == "timeColumn":
        return [{"value": column, "example": None} for column in details.get("columns", [])]
    if name == "separator":
        return [{"value": each, "example": None} for each in (";", ",", "\t", "|")]
    return []


def iso(time: int) -> str:
    return str(np.datetime64(time // 10**9, "s")) + "Z"
