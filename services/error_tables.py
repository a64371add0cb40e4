"""Checks edited evaluation tables: outputs and columns as stored, equal lengths, finite numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from services.errors import Invalid

MAX_ROWS = 4096
Table = Mapping[str, Any]


def check_tables(given: Mapping[str, Any], df_eval: Table, df_eval_ts: Table, model_type: str) -> None:
    """Invalid INVALID_EVALUATION_TABLES naming the place that is wrong."""
    if given.get("model_type") not in (None, model_type):
        raise _invalid("model_type", f"is {given['model_type']!r}, the tables belong to a {model_type}")
    _check_level("df_eval", given.get("df_eval"), df_eval)
    per_step = given.get("df_eval_ts")
    _same_keys("df_eval_ts", per_step, df_eval_ts)
    for feature, levels in df_eval_ts.items():
        _check_level(f"df_eval_ts.{feature}", (per_step or {})[feature], levels)


def _check_level(where: str, tables: Any, stored: Table) -> None:
    _same_keys(where, tables, stored)
    for name, columns in stored.items():
        place = f"{where}.{name}"
        _same_keys(place, tables[name], columns)
        lengths = {len(_numbers(f"{place}.{column}", tables[name][column])) for column in columns}
        if len(lengths) > 1:
            raise _invalid(place, f"has columns of different lengths ({sorted(lengths)})")


def _same_keys(where: str, given: Any, stored: Table) -> None:
    if not isinstance(given, dict):
        raise _invalid(where, f"must be a JSON object, not {type(given).__name__}")
    if set(given) != set(stored):
        missing, unknown = sorted(set(stored) - set(given)), sorted(set(given) - set(stored))
        raise _invalid(
            where, f"must have the keys of the stored table (missing {missing}, unknown {unknown})"
        )


def _numbers(where: str, values: Any) -> list[Any]:
    if not isinstance(values, list) or len(values) > MAX_ROWS:
        raise _invalid(where, f"must be a list of at most {MAX_ROWS} numbers")
    for index, value in enumerate(values):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not (number and math.isfinite(value)):
            raise _invalid(f"{where}[{index}]", "must be a finite number or null")
    return values


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(
        f"{field} {message}",
        code="INVALID_EVALUATION_TABLES",
        suggestion="Send the tables as GET /api/training/evaluation-tables/<session_id> gives them, edited",
        details={"field": field},
    )
