"""Measures, tables and skill: right by hand calculation, never silent about what has no value."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from services.forecasting.evaluation import baseline_table, evaluate, flat_metrics, skill
from services.forecasting.metrics import NAMES, measure

RANDOM = np.random.default_rng(0)
TRUTH = 100 + RANDOM.normal(0, 10, (50, 24, 2))
FORECAST = TRUTH + RANDOM.normal(0, 3, TRUTH.shape)
OUTPUTS = ["load", "heat"]


def honest(name: str, truth: list[float], forecast: list[float]) -> float | None:
    return measure(name, np.array(truth, float), np.array(forecast, float), "honest")[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("MAE", 1.5),
        ("MSE", 2.5),
        ("RMSE", 2.5**0.5),
        ("MAPE", 10),
        ("NRMSE", 2.5**0.5 / 15),
        ("WAPE", 10),
        ("sMAPE", 100 * (1 / 10.5 + 2 / 19) / 2),
        ("MASE", 0.15),
    ],
)
def test_measures_are_what_their_formulas_say(name: str, expected: float) -> None:
    assert honest(name, [10, 20], [11, 18]) == pytest.approx(expected)


def test_a_zero_truth_does_not_blow_up_the_percentage_error() -> None:
    assert honest("MAPE", [0, 10], [5, 11]) == pytest.approx(10)
    assert measure("MAPE", np.array([0.0, 10]), np.array([5.0, 11]), "compat")[0] > 1e15


def test_the_normed_error_does_not_change_its_sign_with_the_mean() -> None:
    assert honest("NRMSE", [-10, -20], [-11, -18]) == honest("NRMSE", [10, 20], [11, 18])


@pytest.mark.parametrize("name", ["MAPE", "WAPE", "NRMSE"])
def test_undefined_values_are_none_with_a_reason(name: str) -> None:
    value, reason = measure(name, np.zeros(3), np.ones(3), "honest")
    assert value is None
    assert "true value" in (reason or "")


def test_tables_have_twelve_levels_of_eight_measures_for_every_output() -> None:
    found = evaluate(TRUTH, FORECAST, OUTPUTS, [15, 60])
    assert list(found.df_eval) == OUTPUTS
    assert list(found.df_eval["load"]) == ["delta [min]", *NAMES]
    assert found.df_eval["load"]["delta [min]"] == [15.0 * g for g in range(1, 13)]
    assert list(found.df_eval_ts["heat"]) == [str(60.0 * g) for g in range(1, 13)]
    assert [len(each["MAE"]) for each in found.df_eval_ts["load"].values()] == [24 // g for g in range(1, 13)]
    assert found.undefined == {}


def test_a_level_measures_means_of_neighbouring_steps_without_the_remainder() -> None:
    found = evaluate(TRUTH, FORECAST, OUTPUTS, [15, 60])
    blocks = [(5 * b, 5 * b + 5) for b in range(4)]
    errors = [abs(TRUTH[i, a:b, 1].mean() - FORECAST[i, a:b, 1].mean()) for i in range(50) for a, b in blocks]
    assert found.df_eval["heat"]["MAE"][4] == pytest.approx(np.mean(errors))
    assert found.df_eval_ts["heat"]["300.0"]["MAE"][2] == pytest.approx(np.mean(errors[2::4]))


@pytest.mark.parametrize("steps", [1, 2, 5, 11])
def test_a_short_horizon_has_as_many_levels_as_steps(steps: int) -> None:
    found = evaluate(TRUTH[:, :steps], FORECAST[:, :steps], OUTPUTS, [15, 15])
    assert [len(column) for column in found.df_eval["load"].values()] == [steps] * 9
    assert len(found.df_eval_ts["load"]) == steps


@pytest.mark.parametrize(
    "truth", [np.zeros((4, 3, 1)), np.full((1, 3, 1), 5.0), np.full((4, 1, 1), np.float64(1e308))]
)
def test_odd_truths_give_nulls_with_reasons_and_valid_json(truth: np.ndarray) -> None:
    found = evaluate(truth, truth + 1, ["load"], [15])
    text = json.dumps([found.df_eval, found.df_eval_ts], allow_nan=False)
    assert "null" in text
    for place, reason in found.undefined.items():
        table, output, delta, *_metric = place.split("/")
        assert (table in ("df_eval", "df_eval_ts")) and output == "load" and float(delta) and reason


def test_no_test_samples_give_nulls_not_errors() -> None:
    found = evaluate(TRUTH[:0], FORECAST[:0], OUTPUTS, [15, 15])
    assert found.df_eval["load"]["MAE"] == [None] * 12
    assert found.undefined["df_eval/load/15.0/MAE"]


def test_scaled_errors_compare_with_the_naive_forecast_of_the_training_samples() -> None:
    training = (TRUTH[:20], TRUTH[:20] + np.linspace(1, 2, 24)[:, None])
    found = evaluate(TRUTH, FORECAST, OUTPUTS, [15, 15], training=training)
    table = found.df_eval["load"]
    assert table["MASE"][0] == pytest.approx(table["MAE"][0] / 1.5)
    positions = found.df_eval_ts["load"]["15.0"]
    assert positions["MASE"][0] == pytest.approx(positions["MAE"][0])
    assert positions["MASE"][23] == pytest.approx(positions["MAE"][23] / 2)


def test_without_a_naive_error_the_scaled_error_is_null_with_a_reason() -> None:
    for training in ((TRUTH[:5], TRUTH[:5]), (TRUTH[:0], TRUTH[:0])):
        found = evaluate(TRUTH, FORECAST, OUTPUTS, [15, 15], training=training)
        assert found.df_eval["load"]["MASE"] == [None] * 12
        assert "naive" in found.undefined["df_eval/load/15.0/MASE"]


def test_flat_metrics_hold_eight_totals_and_eight_lists_per_step() -> None:
    found = flat_metrics(TRUTH, FORECAST)
    assert list(found) == [*NAMES, *(f"{name}_TS" for name in NAMES)]
    assert found["MAE"] == pytest.approx(np.abs(TRUTH - FORECAST).mean())
    assert found["RMSE_TS"][3] == pytest.approx(np.sqrt(((TRUTH - FORECAST)[:, 3] ** 2).mean()))
    assert len(found["MASE_TS"]) == 24


def test_skill_is_measured_against_the_best_baseline_over_the_same_samples() -> None:
    best, worse = TRUTH + 4, TRUTH + 8
    worse[:10, 0, 0] = np.nan  # the others are not judged where one says nothing
    found = skill(TRUTH, TRUTH + 1, {"worse": worse, "best": best}, OUTPUTS)
    assert found["load"]["best_baseline"] == "best"
    assert found["load"]["baseline_mae"] == pytest.approx(4)
    assert found["load"]["skill"] == pytest.approx(0.75)
    assert [found[name]["samples"] for name in OUTPUTS] == [40, 50]


def test_a_model_that_ran_away_has_null_errors_not_nan() -> None:
    broken = np.full(TRUTH.shape, np.nan)
    found = skill(TRUTH, broken, {"last value": TRUTH + 1}, OUTPUTS)["load"]
    assert (found["model_mae"], found["skill"]) == (None, None)
    json.dumps(
        [flat_metrics(TRUTH, broken), evaluate(TRUTH, broken, OUTPUTS, [1, 1]).df_eval], allow_nan=False
    )


def test_skill_without_a_known_baseline_is_null() -> None:
    nothing: dict[str, Any] = {"last value": np.full(TRUTH.shape, np.nan)}
    assert baseline_table(TRUTH, nothing, OUTPUTS)["last value"]["load"] == {"MAE": None, "RMSE": None}
    found = skill(TRUTH, FORECAST, nothing, OUTPUTS)["load"]
    assert (found["best_baseline"], found["skill"]) == (None, None)
    assert found["model_mae"] == pytest.approx(np.abs(TRUTH - FORECAST)[:, :, 0].mean())
