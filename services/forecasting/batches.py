"""Batches of scaled windows in float32, copied from views over the series: no window is held beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from services.forecasting.columns import Column, Lattice
from services.forecasting.resident import release
from services.forecasting.scaling import Scaler

Values32 = NDArray[np.float32]
Indices = NDArray[np.int64]
PART = 2**18


@dataclass(frozen=True)
class Block:
    """Lattice columns of one rhythm, scaled; every window of them is one piece of memory.

    `view` is (starts, steps · columns), without bytes of its own. Where a window takes every s-th point,
    the points are laid out phase by phase (0, s, 2s, … then 1, s+1, …), so that it is still one piece.
    """

    columns: list[int]
    view: Values32
    per_reference: int
    per_step: int
    phase_length: int

    @classmethod
    def of(cls, columns: Sequence[int], lattices: Sequence[Lattice], scalers: Sequence[Scaler]) -> Block:
        per_step, steps = max(1, lattices[0].per_step), lattices[0].steps  # one step has no distance
        length = -(-len(lattices[0].values) // per_step)
        laid = np.zeros((length * per_step, len(columns)), dtype=np.float32)
        for place, (lattice, scaler) in enumerate(zip(lattices, scalers, strict=True)):
            for start in range(0, len(lattice.values), PART):  # no scaled series of float64 as a whole
                part = lattice.values[start : start + PART]
                laid[start : start + len(part), place] = part * scaler.factor + scaler.shift
            release(lattice.values)
        flat = laid.reshape(length, per_step, -1).swapaxes(0, 1).ravel()
        starts = length * per_step - steps + 1
        shape, strides = (starts, steps * len(columns)), (len(columns) * flat.itemsize, flat.itemsize)
        view = as_strided(flat, shape, strides, writeable=False)
        return cls(list(columns), view, lattices[0].per_reference, per_step, length)

    def windows(self, index: Indices) -> Values32:
        """(k, steps, columns) of these references."""
        first = index if self.per_reference == 1 else index * self.per_reference
        if self.per_step > 1:
            first = first % self.per_step * self.phase_length + first // self.per_step
        return self.view[first].reshape(len(index), -1, len(self.columns))


class Batches32:
    """The columns of one side (inputs or outputs), scaled once; `windows` cuts (k, steps, columns).

    Its values are those of the columns scaled in float64, then rounded to float32.
    """

    def __init__(self, columns: Sequence[Column], scalers: Sequence[Scaler], steps: int) -> None:
        self._shape = (steps, len(columns))
        groups: dict[tuple[int, int, int], list[int]] = {}
        self._others: list[tuple[int, Column, Scaler]] = []
        for place, (column, scaler) in enumerate(zip(columns, scalers, strict=True)):
            if isinstance(column, Lattice):
                rhythm = (column.per_reference, column.per_step, len(column.values))
                groups.setdefault(rhythm, []).append(place)
            else:
                self._others.append((place, column, scaler))
        self._blocks = [
            Block.of(places, [_lattice(columns[i]) for i in places], [scalers[i] for i in places])
            for places in groups.values()
        ]

    def windows(self, index: Indices) -> Values32:
        """(k, steps, columns), a fresh array."""
        if len(self._blocks) == 1 and not self._others:
            return self._blocks[0].windows(index)
        result = np.empty((len(index), *self._shape), dtype=np.float32)
        for block in self._blocks:
            result[:, :, block.columns] = block.windows(index)
        for place, column, scaler in self._others:
            result[:, :, place] = column.windows(index) * scaler.factor + scaler.shift
        return result


def _lattice(column: Column) -> Lattice:
    assert isinstance(column, Lattice)
    return column
