"""The problem that samples of a dataset pose, and what its solution means for their scaled windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.forecasting.columns import Column, Computed, Constant, Held, Lattice
from services.forecasting.dataset import Samples
from services.forecasting.exact.fit import Linear
from services.forecasting.exact.parts import Part
from services.forecasting.exact.problem import Problem
from services.forecasting.windows import HOUR

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
DAY = 24 * HOUR
# More columns cost more than they tell: longer windows are cut to their newest steps, wider sets thinned.
MOST_STEPS, MOST_SHARED = 2016, 600
# Windows that hold a value over a gap are left out of the sums, while they are few.
MOST_HELD = 0.2
# Windows off every lattice are written out, while they are no more values than this.
MOST_VALUES = 40_000_000


class Layout:
    """Which parts of a problem are which steps of which input column of the samples."""

    def __init__(self, samples: Samples, anchors: Sequence[int | None], pasts: Sequence[int]) -> None:
        self._samples = samples
        columns = samples.columns
        parts = {i: self._past_part(columns[i]) for i in {*pasts, *anchors} if i is not None}
        found = {i: part for i, part in sorted(parts.items()) if part is not None}
        self._past = past = list(found)
        self.index = _without_held(samples.index, [columns[i] for i in past])
        self._kept = min(samples.input_steps, MOST_STEPS)
        rest = [i for i in range(len(columns)) if i not in past]
        chosen = {i: self._chosen(columns[i], len(rest)) for i in rest}
        self._shared = [(i, k) for i, steps in chosen.items() for k in steps]
        self.problem = Problem(
            history=tuple(part.newest(self._kept) for part in found.values()),
            shared=tuple(self._thinned(i, steps) for i, steps in chosen.items()),
            targets=tuple(self._target(column) for column in samples.targets),
            anchors=tuple(past.index(a) if a in past else None for a in anchors),
        )

    @property
    def day(self) -> int | None:
        """Steps of a day in the windows of the past; None where that is no whole number."""
        if not self._past:
            return None
        step = _step(self._samples.columns[self._past[0]], self._samples.stride)
        steps = round(DAY / step) if step else 0
        return steps if steps and abs(steps * step - DAY) < steps else None  # a step is cut to whole ns

    def coefficients(self, found: Linear) -> tuple[Array, Array]:
        """(input_steps * n_inputs, output_steps * n_outputs) and (output_steps * n_outputs,): for the
        scaled windows, flattened as the models flatten them."""
        samples, problem = self._samples, self.problem
        weights = np.zeros((samples.input_steps, samples.n_inputs, problem.horizon, samples.n_outputs))
        level = np.zeros((problem.horizon, samples.n_outputs))
        for j in range(samples.n_outputs):
            for place, i in enumerate(self._past):
                weights[-self._kept :, i, :, j] = found.history[j][place]
            for (i, k), row in zip(self._shared, found.shared[j], strict=True):
                weights[k, i, :, j] = row
            level[:, j] = found.intercept[j]
        factor, shift = samples.scalers.input_arrays
        out_factor, out_shift = samples.scalers.output_arrays
        scaled = weights / factor[None, :, None, None]
        level -= np.einsum("kiho,i->ho", scaled, shift)
        flat = (scaled * out_factor).reshape(samples.input_steps * samples.n_inputs, -1)
        return flat, (level * out_factor + out_shift).ravel()

    def _chosen(self, column: Column, of: int) -> list[int]:
        """The steps of a shared column that are used, evenly spaced, the last included."""
        steps = self._samples.input_steps
        if isinstance(column, Constant):
            return [steps - 1]
        apart = -(-steps // max(1, MOST_SHARED // of))
        return list(range((steps - 1) % apart, steps, apart))

    def _past_part(self, column: Column) -> Part | None:
        lattice = _lattice(column, self._samples.index)
        if lattice is not None:
            return _part(lattice)
        steps = self._samples.input_steps
        if isinstance(column, Constant) or len(self._samples) * steps > MOST_VALUES:
            return None
        return _dense(column, self._samples.index, np.arange(steps))

    def _thinned(self, i: int, steps: list[int]) -> Part:
        column = self._samples.columns[i]
        if isinstance(column, Lattice):
            apart = steps[1] - steps[0] if len(steps) > 1 else 1
            values = column.values[steps[0] * column.per_step :]
            return Part(values, column.per_reference, apart * column.per_step, len(steps))
        if isinstance(column, Constant):
            return Part(column.values, 1, 0, 1)
        return _dense(column, self._samples.index, np.array(steps))

    def _target(self, column: Column) -> Part:
        if isinstance(column, Lattice):
            return _part(column)
        return _dense(column, self._samples.index, np.arange(self._samples.output_steps))


def _dense(column: Column, index: Indices, steps: Indices) -> Part:
    """Windows that no lattice holds, written out for these samples alone."""
    values = np.full((int(index[-1]) + 1, len(steps)), np.nan)
    values[index] = column.windows(index)[:, steps]
    return Part(values.ravel(), len(steps), 1, len(steps))


def _part(column: Lattice) -> Part:
    return Part(column.values, column.per_reference, column.per_step, column.steps)


def _lattice(column: Column, index: Indices) -> Lattice | None:
    """The lattice of a column whose windows, but for a few over a gap, are those of the lattice."""
    if isinstance(column, Held) and isinstance(column.drawn, Lattice):
        return column.drawn if column.holds(index).mean() <= MOST_HELD else None
    return column if isinstance(column, Lattice) else None


def _step(column: Column, stride: int) -> int:
    """Distance of two steps of a window (ns); 0 where it has none."""
    if isinstance(column, Lattice):
        return stride * column.per_step // max(1, column.per_reference)
    if isinstance(column, Held):
        return column.at.window.step
    return column.window.step if isinstance(column, Computed) else 0


def _without_held(index: Indices, columns: list[Column]) -> Indices:
    for column in columns:
        if isinstance(column, Held) and _lattice(column, index) is not None:
            index = index[~column.holds(index)]
    return index
