"""The day-ahead task on Victoria's demand: what is known at noon, what is asked for, and the split."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.vic_data import DAY, GAP, NAME, Victoria, read
from services.forecasting.errors import DataError

SHARED = Path(__file__).parents[2].parent / "shared"
MEASURED = Path(os.environ.get("DATA_SETS_DIR", SHARED / "data"))
CLOCK = 86_400


@pytest.fixture(scope="module")
def data() -> Victoria:
    if not (MEASURED / NAME).is_file():
        pytest.skip(f"{NAME} is not in {MEASURED}: set DATA_SETS_DIR")
    return read(MEASURED)


def test_a_target_is_a_local_day_and_is_asked_for_at_noon_before(data: Victoria) -> None:
    assert set(data.local[data.origins] % CLOCK) == {11.5 * 3_600}
    assert set(data.local[data.origins + 1 + GAP] % CLOCK) == {0.0}  # also where the clock changes
    ends = data.local[data.origins + GAP + DAY] % CLOCK
    assert (ends == 23.5 * 3_600).mean() > 0.99
    row = data.origins[3]
    assert list(data.targets(data.origins)[3]) == list(data.demand[row + 25 : row + 73])


def test_training_ends_before_validation_and_that_before_the_test(data: Victoria) -> None:
    assert len(data.test) == 365
    assert data.trained < data.validation[0] < data.validation[-1] < data.test[0]
    assert str(np.datetime64(int(data.local[data.trained]), "s")) == "2013-06-29T23:30:00"
    assert str(np.datetime64(int(data.local[data.test[0] + 1 + GAP]), "s")) == "2014-01-01T00:00:00"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=NAME):
        read(tmp_path)
