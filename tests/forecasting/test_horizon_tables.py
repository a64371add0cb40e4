"""Error per horizon step: every column is what a loop over samples says, and what has no value says why."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from services.forecasting import absolute_errors
from services.forecasting.evaluation import skill
from services.forecasting.horizon_tables import horizon_tables
from services.forecasting.metrics import FURTHER, NAMES

MEASURES = (*NAMES, *FURTHER)
# small whole numbers make zeros and equal values likely; sums of 64ths are exact
values = st.one_of(st.integers(-3, 3).map(float), st.integers(-(10**6), 10**6).map(lambda i: i / 64))


def slow_step(y: list[float], p: list[float], scale: float) -> dict[str, float | None]:
    """One step as the formulas are written."""
    n = len(y)
    errors = [abs(a - b) for a, b in zip(y, p, strict=True)]
    mae, mse, mean = sum(errors) / n, sum(e * e for e in errors) / n, sum(y) / n
    relative = [e / abs(a) for e, a in zip(errors, y, strict=True) if a != 0]
    halves = [(abs(a) + abs(b)) / 2 for a, b in zip(y, p, strict=True)]
    size, width = sum(abs(a) for a in y), max(y) - min(y)
    return {
        "MAE": mae,
        "MSE": mse,
        "RMSE": mse**0.5,
        "MAPE": 100 * sum(relative) / len(relative) if relative else None,
        "MAPE_left_out": n - len(relative),
        "NRMSE": mse**0.5 / abs(mean) if mean else None,
        "NRMSE_range": mse**0.5 / width if width else None,
        "WAPE": 100 * sum(errors) / size if size else None,
        "sMAPE": 100 * sum(e / h if h else 0 for e, h in zip(errors, halves, strict=True)) / n,
        "MASE": mae / scale if scale else None,
        "BIAS": sum(b - a for a, b in zip(y, p, strict=True)) / n,
    }


def table_of(truth: np.ndarray, forecast: np.ndarray, **more: Any) -> dict[str, Any]:
    """Of one output, with a scale of MASE of 2 in every step."""
    naive = np.zeros((3, truth.shape[1], 1))
    baselines = more.get("baselines", {"last value": truth + 4.0})
    lead = [[60.0 * (s + 1) for s in range(truth.shape[1])]]
    return horizon_tables(truth, forecast, baselines, ["load"], lead, (naive + 2.0, naive))["load"]


@settings(max_examples=60, deadline=None)
@given(arrays(float, (9, 2, 1), elements=values), arrays(float, (9, 2, 1), elements=values))
def test_every_measure_of_every_step_is_the_one_of_a_slow_loop(
    truth: np.ndarray, forecast: np.ndarray
) -> None:
    table = table_of(truth, forecast)
    for step in range(2):
        slow = slow_step(truth[:, step, 0].tolist(), forecast[:, step, 0].tolist(), 2.0)
        for name, expected in slow.items():
            found = table[name][step]
            assert found == (None if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-12)), name
    json.dumps(table, allow_nan=False)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    truth = random.normal(100, 20, (50, 4, 2))
    forecast, naive = truth + random.normal(0, 3, truth.shape), truth[:9] + 2
    arguments = (
        truth,
        forecast,
        {"last value": truth + 4.0},
        ["a", "b"],
        [[1.0] * 4] * 2,
        (truth[:9], naive),
    )
    whole = horizon_tables(*arguments)
    monkeypatch.setattr(absolute_errors, "CHUNK", 12)
    again = horizon_tables(*arguments)
    for name in MEASURES:
        assert again["b"][name] == pytest.approx(whole["b"][name], rel=1e-12)


def test_the_scaled_error_compares_step_by_step_with_the_seasonal_naive_of_the_training() -> None:
    truth = np.zeros((5, 3, 1))
    known = np.zeros((4, 3, 1))
    naive = known + np.array([1.0, 2.0, 0.0])[:, None]
    table = horizon_tables(truth, truth + 6, {"b": truth + 1}, ["load"], [[1.0, 2.0, 3.0]], (known, naive))
    assert table["load"]["MASE"] == [6.0, 3.0, None]
    assert "naive" in table["load"]["undefined"]["MASE"]


def test_the_skill_of_a_step_is_against_the_best_baseline_of_that_step() -> None:
    truth = np.random.default_rng(1).normal(size=(40, 2, 1))
    early, late = truth + np.array([[1.0], [8.0]]), truth + np.array([[4.0], [4.0]])
    early[:10, 0] = np.nan  # nothing is judged where a baseline says nothing
    forecast = truth + 2.0
    forecast[:10] += 100
    table = table_of(truth, forecast, baselines={"early": early, "late": late})
    assert table["best_baseline"] == ["early", "late"]
    assert table["baseline_MAE"] == pytest.approx([1.0, 4.0])
    assert table["skill"] == pytest.approx([-1.0, 0.5])
    assert (table["samples"], table["samples_compared"]) == (40, 30)


def test_steps_and_totals_tell_the_same() -> None:
    random = np.random.default_rng(2)
    truth = random.normal(100, 20, (60, 5, 1))
    forecast, baseline = truth + random.normal(0, 3, truth.shape), truth + random.normal(0, 5, truth.shape)
    table = table_of(truth, forecast, baselines={"b": baseline})
    total = skill(truth, forecast, {"b": baseline}, ["load"])["load"]
    assert np.mean(table["MAE"]) == pytest.approx(total["model_mae"])
    assert np.mean(table["baseline_MAE"]) == pytest.approx(total["baseline_mae"])


@pytest.mark.parametrize("n", [0, 1, 5])
@pytest.mark.parametrize("steps", [1, 3])
def test_odd_series_give_nulls_with_reasons_and_valid_json(n: int, steps: int) -> None:
    for value in (0.0, 7.0):
        truth = np.full((n, steps, 1), value)
        for baseline in (truth, np.full(truth.shape, np.nan)):
            table = table_of(truth, truth, baselines={"last value": baseline})
            text = json.dumps(table, allow_nan=False)
            nulls = {name for name, column in table.items() if isinstance(column, list) and None in column}
            assert nulls == set(table["undefined"])
            assert "NRMSE_range" in nulls and "skill" in nulls and len(text) > 100
            assert all(len(table[name]) == steps for name in MEASURES)


def test_a_forecast_that_ran_away_is_null_not_nan() -> None:
    truth = np.ones((4, 2, 1))
    table = table_of(truth, np.full(truth.shape, np.nan))
    assert table["MAE"] == [None, None] and table["skill"] == [None, None]
    json.dumps(table, allow_nan=False)
