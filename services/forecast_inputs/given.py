"""Values that a user gives for what no file knows yet: by feature and time, as JSON or as pasted CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.errors import Invalid
from services.windows.moment import nanoseconds, read_instant

Values = Mapping[str, Mapping[int, float]]  # by feature and instant (ns)
CODE = "INVALID_GIVEN_VALUES"
MAX_VALUES = 100_000
SEPARATORS = (";", "\t", ",")


@dataclass(frozen=True)
class Given:
    """`steps` are values of single steps as they are; `rows` stand as further rows of the files."""

    steps: Values
    rows: Values


def read_given(body: Mapping[str, Any], columns: Sequence[str], files: Sequence[str]) -> Given:
    """`given` by the input columns of files, `csv` by the input files; an unknown name is refused."""
    steps = {
        _known("given", feature, columns): _values(f"given.{feature}", values)
        for feature, values in _by_feature(body.get("given")).items()
    }
    rows = _from_csv(body.get("csv"), files)
    if sum(len(values) for found in (steps, rows) for values in found.values()) > MAX_VALUES:
        raise _refuse("given", f"and csv hold more than {MAX_VALUES} values")
    return Given(steps, rows)


def no_such_step(feature: str, time: str) -> Invalid:
    return _refuse(f"given.{feature}", f"has no step at {time}; predict/inputs lists them")


def _by_feature(given: Any) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(isinstance(each, dict) for each in given.values()):
        raise _refuse("given", "must be an object of features, each an object of values by time")
    return given


def _known(where: str, feature: str, names: Sequence[str]) -> str:
    if feature not in names:
        raise _refuse(where, f"names {feature[:80]!r}, which is not among {', '.join(names)}")
    return feature


def _values(where: str, values: Mapping[str, Any]) -> dict[int, float]:
    return {
        nanoseconds(read_instant(where, time)): _number(f"{where}.{time[:40]}", value)
        for time, value in values.items()
        if value is not None
    }


def _number(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refuse(where, f"must be a number, not {str(value)[:40]!r}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _refuse(where, "must be finite")
    return number


def _from_csv(text: Any, names: Sequence[str]) -> dict[str, dict[int, float]]:
    """A head of time and features, then rows; decimal commas where the separator is none. UTC unless said."""
    if text is None or text == "":
        return {}
    if not isinstance(text, str):
        raise _refuse("csv", "must be a text")
    head, _, _ = text.strip().partition("\n")
    separator = next((each for each in SEPARATORS if each in head), ",")
    rows = list(csv.reader(io.StringIO(text.strip()), delimiter=separator))
    features = [_known("csv", name.strip(), names) for name in rows[0][1:]]
    if not features or len(rows) < 2:
        raise _refuse("csv", "must have a head (time and the names of features) and rows of values")
    found: dict[str, dict[int, float]] = {feature: {} for feature in features}
    for line, row in enumerate(rows[1:], start=2):
        time = nanoseconds(_time(f"csv line {line}", row[0])) if row and row[0].strip() else None
        if time is None or len(row) != len(features) + 1:
            raise _refuse(f"csv line {line}", f"must have a time and {len(features)} values")
        for feature, cell in zip(features, row[1:], strict=True):
            if cell.strip():
                found[feature][time] = _cell(f"csv line {line}", cell.strip(), separator)
    return found


def _time(where: str, text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _refuse(where, f"begins with no time: {text[:40]!r}; write 2026-03-01 12:00:00") from None
    return read_instant(where, (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).isoformat())


def _cell(where: str, text: str, separator: str) -> float:
    try:
        return _number(where, float(text if separator == "," else text.replace(",", ".")))
    except ValueError:
        raise _refuse(where, f"holds no number: {text[:40]!r}") from None


def _refuse(field: str, text: str) -> Invalid:
    return Invalid(
        f"{field} {text}",
        code=CODE,
        suggestion='Send given as {"Temperature": {"2026-03-01T12:00:00Z": 4.5}}, or csv with a head',
        details={"field": field.split(".")[0].split(" ")[0]},
    )
