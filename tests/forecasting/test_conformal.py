"""Quantiles from validation errors: as sure as they say, never crossing, honest about too few samples."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binom

from services.forecasting.conformal import Quantiles, split_conformal
from services.forecasting.errors import DataError
from services.forecasting.quantile_levels import LEVELS, check_levels
from services.forecasting.quantile_scores import central_intervals, crps_skill, quantile_scores

finite = st.floats(-1e6, 1e6)
level_sets = st.lists(st.floats(0.001, 0.999), min_size=1, max_size=20, unique=True).map(sorted)


def test_an_offset_is_the_residual_of_its_rank() -> None:
    residuals = np.array([5.0, -2.0, 1.0, 3.0, -4.0, 0.5, 9.0, -1.0, 2.0])  # nine of them: ranks are tenths
    found = split_conformal(residuals[:, None, None], np.zeros((9, 1, 1)), (0.1, 0.25, 0.5, 0.75, 0.9))
    assert found.offsets.ravel().tolist() == [-4.0, -2.0, 1.0, 5.0, 9.0]
    assert found.notes == []


def test_steps_and_outputs_have_their_own_offsets() -> None:
    truth = np.random.default_rng(0).normal(size=(99, 3, 2)) * np.array([[1, 10], [2, 20], [3, 30]])
    found = split_conformal(truth + 7, np.full(truth.shape, 7.0), (0.1, 0.9))
    for step in range(3):
        for output in range(2):
            ordered = sorted(truth[:, step, output])
            assert found.offsets[:, step, output] == pytest.approx([ordered[9], ordered[89]])


@pytest.mark.parametrize("n", [19, 50, 400])
def test_the_intervals_of_exchangeable_errors_cover_what_they_say(n: int) -> None:
    """Each of 2000 repetitions draws anew; a new truth lies inside within binomial bounds."""
    random, repetitions = np.random.default_rng(1), 2000
    errors = random.standard_t(3, (n, repetitions, 1))  # every step is a repetition
    news = random.standard_t(3, (1, repetitions, 1))
    found = split_conformal(errors, np.zeros_like(errors), LEVELS)
    scores = quantile_scores(news, np.zeros_like(news), found, ["load"])["load"]
    for interval in scores["intervals"]:
        low, high = interval["levels"]
        exact = (math.ceil(round(high * (n + 1), 9)) - math.floor(round(low * (n + 1), 9))) / (n + 1)
        least, most = binom.ppf([0.0005, 0.9995], repetitions, exact)
        assert least <= interval["coverage"]["total"] * repetitions <= most
        assert exact >= interval["nominal"] - 1e-9


@settings(max_examples=60, deadline=None)
@given(arrays(float, (7, 2, 1), elements=finite), arrays(float, (3, 2, 1), elements=finite), level_sets)
def test_quantiles_never_cross(residuals: np.ndarray, forecast: np.ndarray, levels: list[float]) -> None:
    drawn = split_conformal(residuals, np.zeros_like(residuals), levels).apply(forecast)
    assert drawn.shape == (len(levels), 3, 2, 1)
    assert (np.diff(drawn, axis=0) >= 0).all()


def test_a_model_that_forecasts_the_levels_itself_is_corrected_level_by_level() -> None:
    """It knows how uncertain each sample is, but is too sure by half; corrected it covers what it says."""
    random, levels = np.random.default_rng(5), (0.1, 0.5, 0.9)
    width = random.uniform(1, 10, (2, 4000, 2, 1))
    known, new = random.normal(size=width.shape) * width
    before, ahead = (np.array([-0.6, 0.0, 0.6])[:, None, None, None] * each for each in width)
    found = split_conformal(known, before, levels)
    scores = quantile_scores(new, ahead, found, ["load"])
    assert scores["load"]["intervals"][0]["coverage"]["total"] == pytest.approx(0.8, abs=0.02)
    again = Quantiles.from_json(json.loads(json.dumps(found.to_json())))
    assert again.own and not split_conformal(known, known, levels).own
    crossing = ahead[::-1]
    assert (np.diff(found.apply(crossing), axis=0) >= 0).all()
    plain = split_conformal(known, np.zeros_like(known), levels)
    fixed = quantile_scores(new, np.zeros_like(new), plain, ["load"])
    assert scores["load"]["CRPS"]["total"] < fixed["load"]["CRPS"]["total"], "knowing the width pays"


def test_too_few_samples_give_the_extreme_error_and_say_so() -> None:
    residuals = np.arange(10.0)[:, None, None]
    found = split_conformal(residuals, np.zeros_like(residuals), (0.05, 0.5, 0.95))
    assert found.offsets.ravel().tolist() == [0.0, 4.5, 9.0]
    assert len(found.notes) == 2
    assert "0.05" in found.notes[0] and "19" in found.notes[0] and "10" in found.notes[0]
    enough = np.arange(19.0)[:, None, None]
    assert split_conformal(enough, np.zeros_like(enough), (0.05, 0.5, 0.95)).notes == []


def test_without_samples_or_levels_there_are_none_with_a_reason() -> None:
    nothing = np.zeros((0, 4, 1))
    for found, word in (
        (split_conformal(nothing, nothing, LEVELS), "validation"),
        (split_conformal(np.ones((9, 4, 1)), np.ones((9, 4, 1)), []), "switched off"),
    ):
        assert found.levels == () and word in (found.reason or "")
        again = Quantiles.from_json(json.loads(json.dumps(found.to_json())))
        assert (again.levels, again.reason) == ((), found.reason)


def test_what_is_stored_comes_back() -> None:
    truth = np.random.default_rng(2).normal(size=(30, 4, 2))
    found = split_conformal(truth, truth * 0.5, LEVELS)
    again = Quantiles.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False)))
    assert (again.levels, again.samples, again.notes) == (found.levels, 30, found.notes)
    np.testing.assert_array_equal(again.offsets, found.offsets)
    assert list(again.by_level(truth[:2])) == [str(level) for level in LEVELS]


@pytest.mark.parametrize(
    ("levels", "word"),
    [
        ([0.0], "between 0 and 1"),
        ([0.1, 1.0], "place 1"),
        ([-0.5], "-0.5"),
        ([float("nan")], "nan"),
        ([0.5, 0.1], "ascend"),
        ([0.1, 0.1], "ascend"),
        (list(np.linspace(0.001, 0.999, 100)), "99"),
    ],
    ids=str,
)
def test_levels_that_cannot_be_meant_are_refused(levels: list[float], word: str) -> None:
    with pytest.raises(DataError) as caught:
        check_levels(levels)
    assert caught.value.code == "INVALID_QUANTILES"
    assert word in caught.value.message and caught.value.suggestion


def test_central_intervals_are_levels_as_far_from_both_ends() -> None:
    assert central_intervals(LEVELS) == [(0, 6), (1, 5), (2, 4)]
    assert central_intervals((0.1, 0.3, 0.5, 0.8)) == []
    assert central_intervals([i / 100 for i in range(1, 100)])[0] == (0, 98)


def slow_scores(y: np.ndarray, p: np.ndarray, found: Quantiles) -> dict[str, np.ndarray]:
    """Pinball loss, coverage and width, one value at a time."""
    n, steps = y.shape
    levels = found.levels
    pinball, below = np.zeros((2, len(levels), steps))
    for i, level in enumerate(levels):
        for s in range(steps):
            for k in range(n):
                short = y[k, s] - (p[k, s] + found.offsets[i, s, 0])
                pinball[i, s] += (level * short if short >= 0 else (level - 1) * short) / n
                below[i, s] += (short <= 0) / n
    return {"pinball": pinball, "below": below}


@settings(max_examples=30, deadline=None)
@given(arrays(float, (6, 3), elements=finite), arrays(float, (6, 3), elements=finite))
def test_scores_are_those_of_an_obvious_loop(y: np.ndarray, p: np.ndarray) -> None:
    known = np.random.default_rng(3).normal(size=(40, 3, 1)) * 1e5
    found = split_conformal(known, np.zeros_like(known), LEVELS)
    scores = quantile_scores(y[:, :, None], p[:, :, None], found, ["load"])["load"]
    slow = slow_scores(y, p, found)
    for i, level in enumerate(LEVELS):
        assert scores["pinball"][str(level)]["steps"] == pytest.approx(slow["pinball"][i], rel=1e-9)
        assert scores["below"][str(level)]["steps"] == pytest.approx(slow["below"][i])
    assert scores["CRPS"]["steps"] == pytest.approx(2 * slow["pinball"].mean(axis=0), rel=1e-9)
    assert scores["CRPS"]["total"] == pytest.approx(2 * slow["pinball"].mean(), rel=1e-9)
    widest = scores["intervals"][0]
    assert widest["width"]["steps"] == pytest.approx(
        found.offsets[6, :, 0] - found.offsets[0, :, 0], rel=1e-6
    )
    json.dumps(scores, allow_nan=False)


def test_the_crps_of_many_levels_is_the_one_of_the_normal_distribution() -> None:
    """Of N(0, 1) about its truth the expected CRPS is 1 / sqrt(pi) (Gneiting & Raftery 2007, eq. 21)."""
    random = np.random.default_rng(4)
    known, new = random.normal(size=(2, 20_000, 1, 1))
    found = split_conformal(known, np.zeros_like(known), [i / 100 for i in range(1, 100)])
    scores = quantile_scores(new, np.zeros_like(new), found, ["load"])["load"]
    assert scores["CRPS"]["total"] == pytest.approx(1 / math.sqrt(math.pi), rel=0.02)


def test_the_skill_of_quantiles_compares_over_the_same_samples() -> None:
    random = np.random.default_rng(6)
    truth = random.normal(size=(500, 2, 1))
    good, bad = truth + random.normal(0, 1, truth.shape), truth + random.normal(0, 4, truth.shape)
    of_good, of_bad = (split_conformal(truth, each, LEVELS) for each in (good, bad))
    found = crps_skill(truth[:, :, 0], good[:, :, 0], of_good.of_output(0), bad[:, :, 0], of_bad.of_output(0))
    assert found["CRPS"] == quantile_scores(truth, good, of_good, ["x"])["x"]["CRPS"]["total"]
    assert found["skill"] == pytest.approx(0.75, abs=0.02), "spreads of 1 and 4"
    assert found["samples"] == 500


def test_a_series_that_never_changes_has_sure_quantiles() -> None:
    same = np.full((25, 3, 1), 5.0)
    found = split_conformal(same, same, LEVELS)
    assert (found.offsets == 0).all()
    scores = quantile_scores(same, same, found, ["load"])["load"]
    assert scores["CRPS"]["total"] == 0
    assert scores["intervals"][0]["coverage"]["total"] == 1
