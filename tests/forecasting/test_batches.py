"""Fast batches hold what the slow way gives: the same windows, scaled, of any rhythm and kind of column."""

from __future__ import annotations

import numpy as np
import pytest

from services.forecasting.batches import Batches32
from services.forecasting.columns import Column, Constant, Lattice
from services.forecasting.scaling import Scaler
from tests.forecasting.learning import task

STEPS, REFERENCES = 5, 40


def lattice(per_reference: int, per_step: int, seed: int) -> Lattice:
    points = (REFERENCES - 1) * per_reference + (STEPS - 1) * per_step + 1
    return Lattice(np.random.default_rng(seed).normal(size=points), per_reference, per_step, STEPS)


COLUMNS: dict[str, list[Column]] = {
    "one rhythm": [lattice(1, 1, 0), lattice(1, 1, 1), lattice(1, 1, 2)],
    "every third point": [lattice(1, 3, 0), lattice(1, 3, 1)],
    "references further apart than points": [lattice(4, 3, 0)],
    "one step": [Lattice(np.arange(REFERENCES) * 0.5, 1, 0, 1)],
    "several rhythms and kinds": [
        lattice(1, 1, 0),
        Constant(np.arange(REFERENCES, dtype=np.float64), STEPS),
        lattice(4, 2, 1),
        lattice(1, 1, 2),
    ],
}


@pytest.mark.parametrize("columns", COLUMNS.values(), ids=COLUMNS)
def test_windows_are_those_of_the_columns_scaled_and_rounded(columns: list[Column]) -> None:
    scalers = [Scaler(f"c{i}", -2.0 - i, 3.0 + i, -1.0, 1.0) for i in range(len(columns))]
    index = np.random.default_rng(3).permutation(REFERENCES)[:17]
    slow = [
        column.windows(index) * scaler.factor + scaler.shift
        for column, scaler in zip(columns, scalers, strict=True)
    ]
    found = Batches32(columns, scalers, slow[0].shape[1]).windows(index)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.stack(slow, axis=2).astype(np.float32))


def test_samples_give_the_same_windows_in_both_precisions() -> None:
    about = task(hours=200)
    rows = np.array([3, 0, 7, 7])
    np.testing.assert_array_equal(about.train.x32(rows), about.train.x(rows).astype(np.float32))
    np.testing.assert_array_equal(about.train.y32(slice(2, 9)), about.train.y(slice(2, 9)).astype(np.float32))
    about.train.x32(rows)[:] = 0  # a copy: what a model does to its batch, the next does not see
    assert about.train.x32(rows).any()
