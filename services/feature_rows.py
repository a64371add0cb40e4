"""Reads numbers a user sends for the features of a model: by order or by name, never guessed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from services.errors import Invalid, TooLarge

MAX_VALUES = 500_000  # they travel through the job's row
Rows = list[list[float]]


class FeatureRows:
    """The features that a model was trained on, in their order; refusals carry `code`."""

    def __init__(self, names: Sequence[str], code: str) -> None:
        self.names = list(names)
        self._code = code

    def samples(self, value: Any, steps: int) -> list[Rows]:
        """(samples, steps, features) from 3-D lists, one window, or rows by name."""
        if not isinstance(value, list) or not value:
            raise self._refuse("input_data", f"must be a list of windows of {steps} rows")
        windows = value if self._is_window(value[0]) else [value]
        self._limit(len(windows) * steps)
        return [
            self._window(f"input_data[{index}]" if windows is value else "input_data", window, steps)
            for index, window in enumerate(windows)
        ]

    def table(self, value: Any) -> Rows:
        """Rows × features from a list of rows or an object of columns."""
        if isinstance(value, dict):
            return self._from_columns(value)
        if not isinstance(value, list) or not value:
            raise self._refuse("input_data", "must be a list of rows or an object of columns")
        self._limit(len(value))
        return [self._row(f"input_data[{index}]", row) for index, row in enumerate(value)]

    @staticmethod
    def _is_window(value: Any) -> bool:
        return isinstance(value, list) and (not value or isinstance(value[0], list | dict))

    def _window(self, where: str, rows: Any, steps: int) -> Rows:
        if not isinstance(rows, list) or len(rows) != steps:
            found = len(rows) if isinstance(rows, list) else type(rows).__name__
            raise self._refuse(where, f"must have {steps} rows (time steps), not {found}", steps=steps)
        return [self._row(f"{where}[{index}]", row) for index, row in enumerate(rows)]

    def _row(self, where: str, row: Any) -> list[float]:
        if isinstance(row, dict):
            self._check_names(where, row)
            return [self._number(f"{where}.{name}", row[name]) for name in self.names]
        if not isinstance(row, list):
            raise self._refuse(where, "must be a list of numbers or an object by feature name")
        if len(row) != len(self.names):
            raise self._refuse(where, f"has {len(row)} values, expected {len(self.names)}")
        return [
            self._number(f"{where}[{index}] ({self.names[index]})", cell) for index, cell in enumerate(row)
        ]

    def _from_columns(self, columns: Mapping[str, Any]) -> Rows:
        self._check_names("input_data", columns)
        lengths = {len(cells) if isinstance(cells, list) else -1 for cells in columns.values()}
        if len(lengths) != 1 or lengths & {-1, 0}:
            raise self._refuse("input_data", "must hold lists of one and the same length above 0")
        self._limit(max(lengths))
        numbers = [
            [self._number(f"input_data.{name}[{index}]", cell) for index, cell in enumerate(columns[name])]
            for name in self.names
        ]
        return [list(row) for row in zip(*numbers, strict=True)]

    def _check_names(self, where: str, given: Mapping[str, Any]) -> None:
        missing = [name for name in self.names if name not in given]
        unknown = [name for name in given if name not in self.names]
        if missing or unknown:
            raise self._refuse(
                where,
                "; ".join(
                    f"{what} {', '.join(map(repr, names))}"
                    for what, names in (("lacks", missing), ("has the unknown", unknown))
                    if names
                ),
                missing=missing,
                unknown=unknown,
            )

    def _number(self, where: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._refuse(where, f"must be a number, not {str(value)[:40]!r}")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self._refuse(where, "must be finite")
        return number

    def _limit(self, rows: int) -> None:
        count = rows * len(self.names)
        if count > MAX_VALUES:
            raise TooLarge(
                f"input_data holds {count} values; one request takes at most {MAX_VALUES}",
                suggestion="Send it in several requests",
            )

    def _refuse(self, where: str, message: str, **more: Any) -> Invalid:
        return Invalid(
            f"{where} {message}",
            code=self._code,
            suggestion=f"Send the features in this order, or by name: {', '.join(self.names)}",
            details={"field": where, "expected_features": self.names, **more},
        )
