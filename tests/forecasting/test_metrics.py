"""Measures have the properties that their formulas promise, for any truth and forecast."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from services.forecasting.evaluation import evaluate
from services.forecasting.metrics import (
    NAMES,
    column_spread,
    column_sums,
    covered,
    crps,
    finite,
    further_measures,
    measures,
    pinball_loss,
)

# 64ths of whole numbers: sums of a few are exact, so that order does not matter
exact = st.integers(-(10**6), 10**6).map(lambda i: i / 64)
columns = arrays(float, (8, 3), elements=exact)
levels = st.floats(0.01, 0.99)


def every_measure(y: np.ndarray, p: np.ndarray, naive: float = 2.0) -> dict[str, list[float | None]]:
    sums = column_sums(y, p, "honest")
    found = {**measures(sums, naive, "honest"), **further_measures(sums, column_spread(y, p))}
    return {name: finite(values) for name, values in found.items()}


@settings(max_examples=50, deadline=None)
@given(columns, columns, st.integers(1, 7))
def test_sums_of_two_parts_are_the_sums_of_the_whole(y: np.ndarray, p: np.ndarray, cut: int) -> None:
    whole = column_sums(y, p, "honest")
    parts = column_sums(y[:cut], p[:cut], "honest") + column_sums(y[cut:], p[cut:], "honest")
    spread = column_spread(y[:cut], p[:cut]) | column_spread(y[cut:], p[cut:])
    for name, values in vars(whole).items():
        assert getattr(parts, name) == pytest.approx(values, rel=1e-12), name
    for name, values in vars(column_spread(y, p)).items():
        assert getattr(spread, name).tolist() == values.tolist(), name


@settings(max_examples=50, deadline=None)
@given(columns, columns, st.sampled_from([-4.0, 0.5, 1024.0]))
def test_another_unit_changes_what_has_one_and_nothing_else(
    y: np.ndarray, p: np.ndarray, factor: float
) -> None:
    before, after = every_measure(y, p), every_measure(y * factor, p * factor, 2.0 * abs(factor))
    powers = {"MAE": abs(factor), "RMSE": abs(factor), "MSE": factor**2, "BIAS": factor}
    for name, values in before.items():
        for value, again in zip(values, after[name], strict=True):
            expected = None if value is None else pytest.approx(value * powers.get(name, 1.0), rel=1e-9)
            assert again == expected, name


@settings(max_examples=50, deadline=None)
@given(columns, columns)
def test_measures_stand_to_each_other_as_they_must(y: np.ndarray, p: np.ndarray) -> None:
    found = every_measure(y, p)
    for j in range(3):
        mae, rmse, bias = (found[name][j] for name in ("MAE", "RMSE", "BIAS"))
        assert mae is not None and rmse is not None and bias is not None
        assert abs(bias) <= mae * (1 + 1e-12) and mae <= rmse * (1 + 1e-12) + 1e-12
        assert 0 <= (found["sMAPE"][j] or 0) <= 200 + 1e-9
    assert every_measure(y, y)["MAE"] == [0, 0, 0] == every_measure(y, y)["BIAS"]


@settings(max_examples=50, deadline=None)
@given(columns, columns, levels)
def test_the_pinball_loss_is_the_piecewise_line_of_its_definition(
    y: np.ndarray, q: np.ndarray, level: float
) -> None:
    found = pinball_loss(y, q, level)
    for place in np.ndindex(y.shape):
        short = y[place] - q[place]
        assert found[place] == pytest.approx(level * short if short >= 0 else (level - 1) * short)
    assert (found >= 0).all()
    assert pinball_loss(y, q, 0.5) == pytest.approx(np.abs(y - q) / 2)
    assert pinball_loss(-y, -q, 1 - level) == pytest.approx(found)


@given(arrays(float, 30, elements=exact), levels)
def test_no_constant_has_less_pinball_loss_than_the_quantile(y: np.ndarray, level: float) -> None:
    best = np.quantile(y, level, method="inverted_cdf")
    smallest = pinball_loss(y, np.full_like(y, best), level).mean()
    for other in y:
        assert pinball_loss(y, np.full_like(y, other), level).mean() >= smallest - 1e-9


def test_crps_is_twice_the_mean_pinball_loss_of_the_levels() -> None:
    assert crps(np.array([[1.0, 2.0], [3.0, 6.0]])).tolist() == [4.0, 8.0]


def test_an_interval_covers_its_borders() -> None:
    y, low, high = np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.ones(5), np.full(5, 3.0)
    assert covered(y, low, high).tolist() == [False, True, True, True, False]


def slow_level(y: np.ndarray, p: np.ndarray, level: int) -> list[tuple[float, float]]:
    """Pairs of block means, sample by sample and block by block."""
    return [
        (sum(row[i : i + level]) / level, sum(guess[i : i + level]) / level)
        for row, guess in zip(y.tolist(), p.tolist(), strict=True)
        for i in range(0, len(row) // level * level, level)
    ]


@settings(max_examples=30, deadline=None)
@given(arrays(float, (4, 7, 1), elements=exact), arrays(float, (4, 7, 1), elements=exact))
def test_every_averaging_level_is_the_one_of_a_slow_loop(truth: np.ndarray, forecast: np.ndarray) -> None:
    table = evaluate(truth, forecast, ["load"], [15.0]).df_eval["load"]
    assert set(table) == {"delta [min]", *NAMES}
    for level in range(1, 8):
        pairs = slow_level(truth[:, :, 0], forecast[:, :, 0], level)
        errors = [abs(a - b) for a, b in pairs]
        relative = [abs(a - b) / abs(a) for a, b in pairs if abs(a) > 1e-9]
        assert table["MAE"][level - 1] == pytest.approx(np.mean(errors), rel=1e-9, abs=1e-9)
        assert table["RMSE"][level - 1] == pytest.approx(
            np.mean(np.square(errors)) ** 0.5, rel=1e-9, abs=1e-9
        )
        if len(relative) == len(pairs):  # a mean of zero may come out as a rounding error
            assert table["MAPE"][level - 1] == pytest.approx(100 * np.mean(relative), rel=1e-6)
