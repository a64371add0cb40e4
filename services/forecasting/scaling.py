"""Min-max scalers, one per feature: x' = (x - m) / (M - m) · (b - a) + a (forecasting.md A.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.errors import DataError

Array = NDArray[np.float64]
# A narrower span is noise of the arithmetic: the feature counts as constant, as scikit-learn has it.
CONSTANT = 10 * float(np.finfo(np.float64).eps)


def check_bounds(name: str, low: float, high: float) -> None:
    if not low < high:
        raise DataError(
            "INVALID_SCALING",
            f"skalierungMin of {name!r} must be below skalierungMax, not {low} and {high}",
            details={"field": "skalierungMin", "feature": name},
        )


@dataclass(frozen=True)
class Scaler:
    """`data_min` None: the feature passes unscaled. A constant feature maps to the lower bound."""

    name: str
    data_min: float | None = None
    data_max: float | None = None
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        check_bounds(self.name, self.low, self.high)

    @property
    def factor(self) -> float:
        if self.data_min is None or self.data_max is None:
            return 1.0
        span = self.data_max - self.data_min
        return (self.high - self.low) / (span if span >= CONSTANT else 1.0)

    @property
    def shift(self) -> float:
        return 0.0 if self.data_min is None else self.low - self.data_min * self.factor

    def to_json(self) -> dict[str, Any]:
        if self.data_min is None:
            return {"name": self.name, "scaled": False}
        limits = {"data_min": self.data_min, "data_max": self.data_max}
        return {"name": self.name, "scaled": True, **limits, "feature_range": [self.low, self.high]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Scaler:
        if not value["scaled"]:
            return cls(value["name"])
        low, high = value["feature_range"]
        return cls(value["name"], value["data_min"], value["data_max"], low, high)


class Scalers:
    """The scalers of all input and output features, in feature order."""

    def __init__(self, inputs: list[Scaler], outputs: list[Scaler]) -> None:
        self.input = inputs
        self.output = outputs
        self.input_arrays = _arrays(inputs)  # factors and shifts: x' = x * factor + shift
        self.output_arrays = _arrays(outputs)

    def scale_inputs(self, x: Array) -> Array:
        """(…, n_inputs) in original units -> scaled."""
        factor, shift = self.input_arrays
        return np.asarray(x * factor + shift)

    def scale_outputs(self, y: Array) -> Array:
        factor, shift = self.output_arrays
        return np.asarray(y * factor + shift)

    def unscale_outputs(self, y: Array) -> Array:
        factor, shift = self.output_arrays
        return np.asarray((y - shift) / factor)

    def to_json(self) -> dict[str, Any]:
        return {
            "input": [scaler.to_json() for scaler in self.input],
            "output": [scaler.to_json() for scaler in self.output],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Scalers:
        return cls(
            [Scaler.from_json(each) for each in value["input"]],
            [Scaler.from_json(each) for each in value["output"]],
        )


def _arrays(scalers: list[Scaler]) -> tuple[Array, Array]:
    return np.array([s.factor for s in scalers]), np.array([s.shift for s in scalers])
