"""The test of Diebold and Mariano: right by hand, rarely wrong, sure where much differs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from services.forecasting.significance import against_best, diebold_mariano, overlap_of


def by_hand(difference: np.ndarray, index: np.ndarray, overlap: int) -> float:
    """The statistic as the papers write it, pair by pair."""
    n, h, mean = len(difference), overlap + 1, sum(difference) / len(difference)
    at = {int(i): d - mean for i, d in zip(index, difference, strict=True)}
    gamma = [sum(x * at[i + k] for i, x in at.items() if i + k in at) / n for k in range(h)]
    plain = gamma[0] + 2 * sum(gamma[1:])
    least = gamma[0] + 2 * sum((1 - k / h) * gamma[k] for k in range(1, h))
    return mean / (max(plain, least) / n) ** 0.5 * ((n + 1 - 2 * h + h * (h - 1) / n) / n) ** 0.5


def overlapping(random: np.random.Generator, n: int, h: int, shift: float = 0.0) -> np.ndarray:
    """Mean absolute errors of two forecasters over windows of h steps, one less the other."""
    first, second = np.abs(random.normal(size=(2, n + h - 1)))
    return np.convolve(first - second + shift, np.ones(h) / h, "valid")


@pytest.mark.parametrize("overlap", [0, 1, 5])
def test_the_statistic_is_the_one_of_the_papers(overlap: int) -> None:
    difference = overlapping(np.random.default_rng(1), 80, overlap + 1, 0.1)
    for index in (np.arange(80), np.arange(80) + np.arange(80) // 7 * 3):  # with gaps
        found = diebold_mariano(difference, index, overlap)
        assert found["statistic"] == pytest.approx(by_hand(difference, index, overlap), rel=1e-9)
        assert found["mean_difference"] == pytest.approx(difference.mean())


def test_without_overlap_it_is_the_test_of_student() -> None:
    difference = np.random.default_rng(2).normal(0.2, 1, 50)
    found, expected = diebold_mariano(difference, np.arange(50), 0), ttest_1samp(difference, 0)
    assert found["statistic"] == pytest.approx(expected.statistic)
    assert found["p_value"] == pytest.approx(expected.pvalue)


def test_the_order_of_samples_does_not_matter() -> None:
    random = np.random.default_rng(3)
    difference, mixed = overlapping(random, 200, 6), random.permutation(200)
    there = diebold_mariano(difference, np.arange(200), 5)
    assert diebold_mariano(difference[mixed], mixed, 5)["statistic"] == pytest.approx(there["statistic"])


@pytest.mark.parametrize(("n", "h"), [(200, 1), (600, 24), (2000, 96)])
def test_equal_forecasters_are_told_apart_as_rarely_as_the_level_says(n: int, h: int) -> None:
    random = np.random.default_rng(4)
    found = [diebold_mariano(overlapping(random, n, h), np.arange(n), h - 1) for _ in range(400)]
    rejected = np.mean([each["p_value"] < 0.05 for each in found])
    assert 0.025 <= rejected <= 0.09


def test_a_better_forecaster_is_recognised_and_the_sign_names_it() -> None:
    random = np.random.default_rng(5)
    found = [diebold_mariano(overlapping(random, 1000, 24, -0.15), np.arange(1000), 23) for _ in range(100)]
    assert np.mean([each["p_value"] < 0.05 for each in found]) > 0.8
    assert all(each["statistic"] < 0 for each in found)


@pytest.mark.parametrize(
    ("difference", "overlap", "word"),
    [
        (np.zeros(0), 0, "too few"),
        (np.ones(9), 0, "too few"),
        (np.ones(100), 30, "155"),
        (np.zeros(50), 0, "same everywhere"),
        (np.full(50, 0.1), 3, "same everywhere"),
    ],
)
def test_where_there_is_no_statistic_it_says_why(difference: np.ndarray, overlap: int, word: str) -> None:
    found = diebold_mariano(difference, np.arange(len(difference)), overlap)
    assert (found["statistic"], found["p_value"]) == (None, None)
    assert word in found["reason"]


def test_a_model_is_tested_against_its_best_baseline_where_all_have_a_forecast() -> None:
    random = np.random.default_rng(6)
    truth = random.normal(size=(120, 3, 2))
    forecast = truth + random.normal(0, 0.5, truth.shape)
    naive, other = truth + random.normal(0, 1, truth.shape), truth + 9
    other[:20, 1, 0] = np.nan
    best = {"load": "naive", "heat": None}
    found = against_best(
        truth, forecast, {"naive": naive, "other": other}, best, list(best), np.arange(120), [2, 2]
    )
    load = found["load"]
    errors = [np.abs(values - truth)[20:, :, 0].mean(axis=1) for values in (forecast, naive)]
    assert load["statistic"] == pytest.approx(by_hand(errors[0] - errors[1], np.arange(100), 2))
    assert (load["baseline"], load["samples"]) == ("naive", 100)
    assert load["p_value"] < 0.01 and load["reason"] is None
    assert found["heat"]["statistic"] is None and "baseline" in found["heat"]["reason"]


def test_windows_overlap_until_a_reference_time_lies_at_their_end() -> None:
    hour = 3600
    assert overlap_of(24 * hour, hour) == 23
    assert overlap_of(24 * hour, 24 * hour) == 0
    assert overlap_of(24 * hour, 5 * hour) == 4
    assert overlap_of(-hour, hour) == 0
