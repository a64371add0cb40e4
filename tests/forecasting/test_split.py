"""Train, validation and test share no instant; percentages, shuffling and seed do what they say."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from services.forecasting.errors import DataError
from services.forecasting.split import Split, SplitSpec, historical_split, honest_split
from tests.forecasting.features import HOUR, START

REACH = (-24 * HOUR, 24 * HOUR)


def references(days: float, every: int = HOUR) -> np.ndarray:
    return START + np.arange(int(days * 24 * HOUR / every), dtype=np.int64) * every


def split(days: float, reach: tuple[int, int] = REACH, **spec: Any) -> tuple[np.ndarray, Split]:
    times = references(days)
    return times, honest_split(times, reach, SplitSpec(**spec))


def instants(times: np.ndarray, rows: np.ndarray, reach: tuple[int, int] = REACH) -> set[int]:
    """Every hour that a window of these samples touches."""
    offsets = np.arange(reach[0], reach[1] + 1, HOUR)
    return set((times[rows][:, None] + offsets).ravel().tolist())


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("days", [30, 100, 400])
def test_no_instant_lies_in_windows_of_two_parts(days: float, shuffle: bool) -> None:
    times, found = split(days, shuffle=shuffle, seed=1)
    parts = [instants(times, rows) for rows in (found.train, found.validation, found.test)]
    assert all(not first & second for first, second in [*pairwise(parts), (parts[0], parts[2])])


@pytest.mark.parametrize("shuffle", [False, True])
def test_every_sample_is_in_one_part_or_counted_as_left_out(shuffle: bool) -> None:
    times, found = split(200, shuffle=shuffle)
    together = np.concatenate([found.train, found.validation, found.test])
    assert len(np.unique(together)) == len(together)
    assert len(together) + found.dropped_by_embargo == len(times)
    assert found.dropped_by_embargo > 0


def test_without_shuffling_time_goes_from_train_over_validation_to_test() -> None:
    _, found = split(100)
    assert found.train.max() < found.validation.min() <= found.validation.max() < found.test.min()


def test_percentages_are_obeyed() -> None:
    times, found = split(400, train=0.5, validation=0.25, test=0.25)
    assert len(found.test) == len(times) / 4
    assert len(found.train) / len(times) == pytest.approx(0.5, abs=0.02)


def test_shuffling_moves_whole_blocks_by_the_seed() -> None:
    _, first = split(400, shuffle=True, seed=7)
    _, again = split(400, shuffle=True, seed=7)
    _, other = split(400, shuffle=True, seed=8)
    assert first.test.tolist() == again.test.tolist() != other.test.tolist()
    jumps = int((np.diff(first.test) > 1).sum())
    assert 1 <= jumps <= 4  # a tenth of forty blocks
    sizes = [len(rows) for rows in (first.train, first.validation, first.test)]
    assert sizes[0] > 2 * sizes[1] > 2 * sizes[2]


def test_windows_that_only_touch_the_reference_time_need_no_more_than_one_sample_between() -> None:
    _, found = split(10, (0, 0))
    assert found.dropped_by_embargo == 0


def test_a_part_with_a_share_of_zero_is_empty() -> None:
    _, found = split(100, train=0.8, validation=0.0, test=0.2)
    assert len(found.validation) == 0
    assert len(found.test) > 0


@pytest.mark.parametrize("shuffle", [False, True])
def test_too_little_data_to_keep_the_parts_apart_is_said_with_numbers(shuffle: bool) -> None:
    with pytest.raises(DataError) as refused:
        split(5, shuffle=shuffle)
    assert refused.value.code == "NOT_ENOUGH_SAMPLES"
    assert refused.value.details


def test_the_historical_split_takes_rounded_shares_and_leaves_nothing_out() -> None:
    found = historical_split(852, SplitSpec())
    assert [len(found.train), len(found.validation), len(found.test)] == [596, 170, 86]
    assert found.train.tolist() == list(range(596))
    shuffled = historical_split(852, SplitSpec(shuffle=True, seed=3))
    assert sorted(np.concatenate([shuffled.train, shuffled.validation, shuffled.test])) == list(range(852))
    assert shuffled.train.tolist() == historical_split(852, SplitSpec(shuffle=True, seed=3)).train.tolist()
