"""user_data of the forecast endpoint: newest rows of input series, in either of its two forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.errors import Invalid
from services.forecast_inputs.given import MAX_VALUES, Values
from services.windows.moment import nanoseconds, read_instant

TIME, VALUE = "UTC", "value"
WAY_OUT = 'Send {"Load": {"UTC": ["2026-03-01 12:00:00"], "Load": [4.5]}}, or a list of {UTC, value}'


def read_user_data(data: Any, names: Sequence[str]) -> Values:
    """By input series and instant; a series that is not sent is taken from its stored file."""
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise _refuse("user_data", "must be an object of series")
    unknown = [name for name in data if name not in names]
    if unknown:
        raise Invalid(
            f"user_data names {unknown[0][:80]!r}, which is no input series",
            code="INVALID_FEATURES",
            suggestion=f"The input series are {', '.join(names)}",
            details={"field": "user_data", "expected_features": list(names)},
        )
    rows = {name: _series(name, given) for name, given in data.items()}
    if sum(len(each) for each in rows.values()) > MAX_VALUES:
        raise _refuse("user_data", f"holds more than {MAX_VALUES} values")
    return rows


def _series(name: str, given: Any) -> dict[int, float]:
    where = f"user_data.{name[:80]}"
    if isinstance(given, list):
        pairs = [_pair(f"{where}[{place}]", row) for place, row in enumerate(given)]
    else:
        pairs = list(zip(*_columns(where, name, given), strict=True))
    if not pairs:
        raise Invalid(
            f"{where} holds no rows",
            code="MISSING_USER_DATA",
            suggestion="Leave the series out to use its stored file",
            details={"field": "user_data"},
        )
    return {_instant(where, time): _number(where, value) for time, value in pairs}


def _pair(where: str, row: Any) -> tuple[Any, Any]:
    if not isinstance(row, dict) or set(row) != {TIME, VALUE}:
        raise _refuse(where, f"must be an object of {TIME} and {VALUE}")
    return row[TIME], row[VALUE]


def _columns(where: str, name: str, given: Any) -> tuple[list[Any], list[Any]]:
    if not isinstance(given, Mapping) or set(given) != {TIME, name}:
        raise _refuse(where, f"must be an object of the lists {TIME} and {name[:80]}, or a list of rows")
    times, values = given[TIME], given[name]
    if not isinstance(times, list) or not isinstance(values, list) or len(times) != len(values):
        raise _refuse(where, "must hold two lists of the same length")
    return times, values


def _instant(where: str, text: Any) -> int:
    """UTC unless it says otherwise."""
    try:
        moment = datetime.fromisoformat(str(text).strip())
    except ValueError:
        raise _refuse(where, f"holds no time: {str(text)[:40]!r}") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return nanoseconds(read_instant(where, aware.isoformat()))


def _number(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        raise _refuse(where, f"must hold finite numbers, not {str(value)[:40]!r}")
    return float(value)


def _refuse(where: str, text: str) -> Invalid:
    return Invalid(
        f"{where} {text}", code="VALIDATION_ERROR", suggestion=WAY_OUT, details={"field": "user_data"}
    )
