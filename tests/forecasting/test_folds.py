"""Folds keep to their times: nothing crosses a border, the hold-out stays untouched, settings act."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.forecasting.errors import DataError
from services.forecasting.folds import Fold, FoldPlan, FoldSpec, plan_folds
from tests.forecasting.features import DAY, HOUR, START

REACH = (-24 * HOUR, 24 * HOUR)


def hourly(days: int) -> np.ndarray:
    return START + np.arange(days * 24, dtype=np.int64) * HOUR


def plan(days: int, **spec: Any) -> tuple[np.ndarray, FoldPlan]:
    times = hourly(days)
    return times, plan_folds(times, REACH, FoldSpec(**spec))


def slow_folds(times: np.ndarray, reach: tuple[int, int], spec: FoldSpec) -> list[tuple[list[int], ...]]:
    """The same by looking at every sample for every fold; `test`, `step` and `embargo` are given."""
    assert spec.test is not None and spec.step is not None
    embargo = reach[1] - reach[0] if spec.embargo is None else spec.embargo
    held = [i for i in range(len(times)) if i >= len(times) - int(np.ceil(spec.holdout * len(times)))]
    usable = [i for i in range(len(times)) if not held or times[i] + embargo < times[held[0]]]
    end = times[usable[-1]] + 1
    first = end - spec.test - (spec.count - 1) * spec.step
    found = []
    for k in range(spec.count):
        begin = first + k * spec.step
        test = [i for i in usable if begin <= times[i] < begin + spec.test]
        known = [i for i in usable if times[i] + embargo < times[test[0]]]
        if spec.window == "sliding":
            known = [i for i in known if times[i] >= begin - (first - times[0])]
        cut = len(known) - round(spec.validation * len(known))
        validation = known[cut:]
        train = [i for i in known[:cut] if not validation or times[i] + embargo < times[validation[0]]]
        found.append((train, validation, test))
    return found


@pytest.mark.parametrize("window", ["expanding", "sliding"])
@pytest.mark.parametrize("holdout", [0.0, 0.15])
@pytest.mark.parametrize("embargo", [None, 5 * DAY])
def test_folds_are_those_of_a_loop_over_all_samples(window: Any, holdout: float, embargo: int | None) -> None:
    times = np.delete(hourly(120), slice(400, 460))
    spec = FoldSpec(4, 6 * DAY, 5 * DAY, window, embargo, holdout=holdout)
    found = plan_folds(times, REACH, spec).folds
    told = [(each.train.tolist(), each.validation.tolist(), each.test.tolist()) for each in found]
    assert told == slow_folds(times, REACH, spec)


def parts(fold: Fold) -> list[np.ndarray]:
    return [fold.train, fold.validation, fold.test]


@settings(max_examples=150, deadline=None)
@given(
    days=st.integers(30, 200),
    gaps=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 60)), max_size=4),
    reach=st.tuples(st.integers(-48, 0), st.integers(1, 48)),
    count=st.integers(2, 8),
    test=st.none() | st.integers(1, 200),
    step=st.none() | st.integers(1, 200),
    more=st.integers(0, 50),
    window=st.sampled_from(["expanding", "sliding"]),
    holdout=st.sampled_from([0.0, 0.05, 0.3]),
    validation=st.sampled_from([0.0, 0.2]),
)
def test_no_two_parts_of_a_fold_share_an_instant_and_no_fold_meets_the_holdout(
    days: int,
    gaps: list[tuple[float, int]],
    reach: tuple[int, int],
    count: int,
    test: int | None,
    step: int | None,
    more: int,
    window: Any,
    holdout: float,
    validation: float,
) -> None:
    times = hourly(days)
    for place, length in gaps:
        times = np.delete(times, slice(int(place * len(times)), int(place * len(times)) + length))
    span = (reach[0] * HOUR, reach[1] * HOUR)
    embargo = span[1] - span[0] + more * HOUR
    spec = FoldSpec(
        count=count,
        test=None if test is None else test * HOUR,
        step=None if step is None else step * HOUR,
        window=window,
        embargo=embargo,
        validation=validation,
        holdout=holdout,
    )
    try:
        found = plan_folds(times, span, spec)
    except DataError as error:
        assert error.code == "NOT_ENOUGH_SAMPLES"
        return
    held = times[found.final.test] if found.final else times[:0]
    assert len(held) == np.ceil(holdout * len(times))
    for fold in [*found.folds, *([found.final] if found.final else [])]:
        there = [times[rows] for rows in parts(fold) if len(rows)]
        assert len(fold.train) and len(fold.test) and bool(len(fold.validation)) == (validation > 0)
        for earlier, later in pairwise(there):
            assert earlier.max() + embargo < later.min()
    for fold in found.folds:
        for rows in parts(fold):
            assert not len(held) or not len(rows) or times[rows].max() + embargo < held.min()
    origins = [times[fold.test[0]] for fold in found.folds]
    assert origins == sorted(origins)


def test_origins_lie_one_step_apart_and_the_last_test_ends_with_the_data() -> None:
    times, found = plan(100, count=4, step=3 * DAY, test=2 * DAY)
    origins = times[[fold.test[0] for fold in found.folds]]
    assert np.diff(origins).tolist() == [3 * DAY] * 3
    assert all(len(fold.test) == 48 for fold in found.folds)
    assert found.folds[-1].test[-1] == len(times) - 1


def test_test_parts_follow_each_other_and_take_half_of_the_time_unless_told_otherwise() -> None:
    times, found = plan(100, count=5)
    tested = np.concatenate([fold.test for fold in found.folds])
    assert np.array_equal(tested, np.arange(tested[0], len(times)))
    assert len(tested) == pytest.approx(len(times) / 2, abs=5)


def test_an_expanding_window_grows_and_a_sliding_one_keeps_its_length() -> None:
    _, growing = plan(100, count=4)
    assert {int(fold.train[0]) for fold in growing.folds} == {0}
    lengths = [len(fold.train) + len(fold.validation) for fold in growing.folds]
    assert lengths == sorted(set(lengths))
    _, sliding = plan(100, count=4, window="sliding")
    lengths = [len(fold.train) + len(fold.validation) for fold in sliding.folds]
    assert max(lengths) - min(lengths) <= 1
    starts = [int(fold.train[0]) for fold in sliding.folds]
    assert starts == sorted(set(starts))


def test_an_embargo_below_the_reach_of_the_windows_is_refused_with_the_least_that_would_do() -> None:
    with pytest.raises(DataError) as refused:
        plan(100, embargo=47 * HOUR)
    assert refused.value.code == "EMBARGO_TOO_SHORT"
    assert refused.value.details == {"field": "folds.embargo_hours", "limit": 48.0}


@pytest.mark.parametrize(
    ("days", "spec", "words"),
    [
        (10, {"count": 5, "test": 4 * DAY}, ["240 samples", "96 h", "528 h of 239 h"]),
        (10, {"count": 3, "test": 2 * DAY}, ["fold 1 of 3", "train"]),
        (40, {"count": 2, "embargo": 15 * DAY}, ["fold 1 of 2", "360 h"]),
        (3, {"count": 2, "holdout": 0.5}, ["72 samples"]),
    ],
    ids=str,
)
def test_too_little_data_is_refused_with_the_numbers(
    days: int, spec: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(DataError) as refused:
        plan(days, **spec)
    assert refused.value.code == "NOT_ENOUGH_SAMPLES"
    for word in words:
        assert word in refused.value.message
