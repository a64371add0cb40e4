"""The table that trees are fitted on: a row per (sample, step), its features, how its truth is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.forecasting.models.base import Array, Samples

BATCH = 512
WINDOW_POINTS = 24  # values of the window that every row sees, evenly spaced, the newest included
Table = NDArray[np.float32]


@dataclass(frozen=True)
class Form:
    """`anchors[j]` is the input whose newest value is taken off output j; `relative` are the inputs whose
    windows are told as differences from their newest value.

    Trees cannot reach beyond the values they saw, so a series that wanders is better told by its changes;
    one that follows weather and calendar is better told by its level.
    """

    anchors: tuple[int | None, ...]
    relative: tuple[int, ...]

    @classmethod
    def changes(cls, anchors: Sequence[int | None]) -> Form:
        return cls(tuple(anchors), tuple(sorted({each for each in anchors if each is not None})))

    @classmethod
    def levels(cls, outputs: int) -> Form:
        return cls((None,) * outputs, ())

    def origin(self, x: Array) -> Array:
        """(k, n_inputs): what windows are told from."""
        origin = np.zeros((len(x), x.shape[2]))
        origin[:, list(self.relative)] = x[:, -1, list(self.relative)]
        return origin

    def last_values(self, x: Array) -> Array:
        """(k, n_outputs): what is added to the forecasts of the trees."""
        columns = [np.zeros(len(x)) if anchor is None else x[:, -1, anchor] for anchor in self.anchors]
        return np.stack(columns, axis=1)


def rows_of(samples: Samples, form: Form, limit: int, seed: int) -> tuple[Table, Array]:
    """At most `limit` (sample, step) rows, and how far their truths lie from the last value."""
    steps_ahead = samples.output_steps
    everything = len(samples) * steps_ahead
    chosen = np.arange(everything)
    if everything > limit:
        chosen = np.sort(np.random.default_rng(seed).choice(everything, limit, replace=False))
    sample, step = np.divmod(chosen, steps_ahead)
    tables, truths = [], []
    for start in range(0, len(samples), BATCH):
        low, high = np.searchsorted(sample, [start, start + BATCH])
        part = slice(start, min(start + BATCH, len(samples)))
        local, steps = sample[low:high] - start, step[low:high]
        x = samples.x(part)
        tables.append(table(x, form, local, steps, steps_ahead))
        truths.append(samples.y(part)[local, steps] - form.last_values(x)[local])
    return np.concatenate(tables), np.concatenate(truths)


def table(x: Array, form: Form, sample: NDArray[np.int64], step: NDArray[np.int64], steps: int) -> Table:
    """Features of rows: x is (k, input_steps, n_inputs), sample and step are (rows,)."""
    length = x.shape[1]
    points = np.unique(np.linspace(0, length - 1, min(length, WINDOW_POINTS)).astype(np.int64))
    newest, origin = x[:, -1], form.origin(x)
    window = (x[:, points] - origin[:, None]).reshape(len(x), -1)
    per_sample = np.concatenate([window, newest, x.mean(axis=1) - origin], axis=1).astype(np.float32)
    place = step * (length - 1) // max(1, steps - 1)  # the same share of the window as of the horizon
    aligned = (x[sample, place] - origin[sample]).astype(np.float32)
    return np.concatenate([per_sample[sample], aligned, step[:, None].astype(np.float32)], axis=1)
