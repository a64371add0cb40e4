"""One feature as the moments need it: values from which the windows of all samples can be read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """Step k of sample i is `values[i * per_sample + (first + k) * per_step]`; one value per sample where
    `steps` is 1. Values that no complete sample uses may be NaN.
    """

    values: Array
    per_sample: int
    per_step: int
    steps: int
    first: int = 0

    def at(self, index: Indices) -> Array:
        """(k, steps): the windows of these samples."""
        start = index[:, None] * self.per_sample + self.first * self.per_step
        return np.asarray(self.values[start + self.per_step * np.arange(self.steps)])

    def newest(self, steps: int) -> Part:
        """The same feature with its last steps only."""
        first = self.first + self.steps - steps
        return Part(self.values, self.per_sample, self.per_step, steps, first)

    def standardised(self, middle: float, spread: float) -> Part:
        """Values less a middle, in units of a spread; what is missing becomes 0, which no sum counts."""
        values = (self.values - middle) / spread
        values[~np.isfinite(values)] = 0.0
        return Part(values, self.per_sample, self.per_step, self.steps, self.first)

    def step(self, index: slice, k: int) -> Array:
        """Step k of a run of samples, as a view."""
        start = index.start * self.per_sample + (self.first + k) * self.per_step
        stop = start + (index.stop - index.start - 1) * self.per_sample + 1
        return self.values[start : stop : max(1, self.per_sample)]

    def span(self, index: slice) -> Array:
        """All values from the first step of a run's first sample to the last of its last, as a view."""
        start = index.start * self.per_sample + self.first * self.per_step
        stop = (index.stop - 1) * self.per_sample + (self.first + self.steps - 1) * self.per_step + 1
        return self.values[start:stop]

    @property
    def shift(self) -> int | None:
        """How many samples later the next step becomes this step; None where that is no whole number."""
        if self.steps > 1 and self.per_sample and self.per_step % self.per_sample == 0:
            return self.per_step // self.per_sample
        return None


def runs(index: Indices) -> list[slice]:
    """Ascending sample indices as stretches without a hole."""
    if not len(index):
        return []
    cuts = np.flatnonzero(np.diff(index) != 1) + 1
    starts = index[np.concatenate([[0], cuts])]
    ends = index[np.concatenate([cuts - 1, [len(index) - 1]])] + 1
    return [slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]
