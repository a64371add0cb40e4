"""Split-conformal quantiles: how far the truth lay from the forecast of samples that were not trained on.

Vovk, Gammerman & Shafer, "Algorithmic Learning in a Random World" (2005); Lei et al., J. Am. Stat. Assoc.
113 (2018). Of n validation residuals y - p, sorted, the k-th lies above the next one with probability
k / (n + 1) if both are drawn alike; a lower level t takes k = floor(t (n + 1)), an upper one the ceiling, so
that the interval between two levels covers at least what it says. Neighbouring windows are no independent
draws and a series changes over time, which is why the test part measures the coverage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.quantile_levels import check_levels

Array = NDArray[np.float64]
NO_LEVELS = "quantiles were switched off"
NO_SAMPLES = "there are no validation samples whose errors could tell"


@dataclass(frozen=True)
class Quantiles:
    """What is added to a forecast, in original units: offsets (levels, steps, outputs).

    They ascend for a point forecast. A model that forecasts the levels itself is corrected level by level
    (Romano, Patterson & Candès, NeurIPS 2019): its forecasts have the levels as their first axis.
    """

    levels: tuple[float, ...]
    offsets: Array
    samples: int
    notes: list[str] = field(default_factory=list)
    own: bool = False  # added to the model's own forecasts of the levels, not to its point forecast

    def apply(self, forecast: Array) -> Array:
        """(k, steps, outputs), or that by level -> (levels, k, steps, outputs); the levels never cross."""
        if not self.own:
            return np.asarray(forecast[None] + self.offsets[:, None])
        return np.sort(forecast + self.offsets[:, None], axis=0)

    def of_output(self, output: int) -> Quantiles:
        """Of one output: offsets (levels, steps), for forecasts without the axis of outputs."""
        return replace(self, offsets=self.offsets[:, :, output])

    def by_level(self, forecast: Array) -> dict[str, Any]:
        """{"0.05": [[[...]]], ...} as JSON carries it."""
        return {
            str(level): values.tolist()
            for level, values in zip(self.levels, self.apply(forecast), strict=True)
        }

    @property
    def reason(self) -> str | None:
        """Why there are none."""
        return None if self.levels else self.notes[0]

    def to_json(self) -> dict[str, Any]:
        offsets = {str(level): each.tolist() for level, each in zip(self.levels, self.offsets, strict=True)}
        about = {"validation_samples": self.samples, "notes": self.notes, "own": self.own}
        return {"offsets": offsets, **about}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Quantiles:
        levels = tuple(float(level) for level in content["offsets"])
        offsets = np.array(list(content["offsets"].values()), dtype=np.float64)
        about = content["validation_samples"], content["notes"], content.get("own", False)
        return cls(levels, offsets, *about)


def split_conformal(truth: Array, forecast: Array, levels: Sequence[float]) -> Quantiles:
    """From the validation samples, in original units: truth (n, steps, outputs), and the forecast as that or,
    of a model that forecasts the levels itself, (levels, n, steps, outputs).
    """
    chosen, n = check_levels(levels), len(truth)
    nothing = np.zeros((0, *truth.shape[1:]))
    if not chosen or n == 0:
        return Quantiles((), nothing, n, [NO_SAMPLES if chosen else NO_LEVELS])
    own = forecast.ndim > truth.ndim
    if not own:
        residuals = np.sort(truth - forecast, axis=0)
        offsets = [_between(residuals, *_ranks(level, n)) for level in chosen]
    else:
        sides = zip(chosen, forecast, strict=True)
        offsets = [_between(np.sort(truth - guess, axis=0), *_ranks(level, n)) for level, guess in sides]
    return Quantiles(
        chosen, np.stack(offsets), n, [note for level in chosen for note in _notes(level, n)], own
    )


def _ranks(level: float, n: int) -> tuple[int, int]:
    """The residuals (1 is the smallest) whose mean is taken; equal but for the median."""
    exact = round(level * (n + 1), 9)  # 0.1 · 10 is 1, not a little more
    low, high = floor(exact), ceil(exact)
    if level < 0.5:
        high = low
    elif level > 0.5:
        low = high
    return min(max(low, 1), n), min(max(high, 1), n)


def _between(residuals: Array, low: int, high: int) -> Array:
    return np.asarray((residuals[low - 1] + residuals[high - 1]) / 2)


def _notes(level: float, n: int) -> list[str]:
    outer = min(level, 1 - level)
    if round(outer * (n + 1), 9) >= 1:
        return []
    needed = ceil(round(1 / outer, 9)) - 1
    return [
        f"Level {level} needs {needed} validation samples and there are {n}: "
        "it is the most extreme error among them"
    ]
