"""What a training tells of itself: complete, equal in short and in full, and JSON whatever the series."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from pydantic import ValidationError

from services.forecasting.quantile_levels import LEVELS
from services.workloads.forecast import pictures
from services.workloads.forecast.config import ForecastConfig, PredictConfig
from services.workloads.forecast.predict_job import train as predict
from services.workloads.forecast.training import train
from tests.workloads.by_hand import ByHand, dataset_config, load_series, series

PARTS = ("horizon", "compared", "profile", "significance", "uncertainty", "worst_windows")


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures take most of the time of so small a training, and have tests of their own."""
    monkeypatch.setattr(pictures, "of_training", lambda *_about: [])


def trained(folder: Path, **changes: Any) -> tuple[ByHand, dict[str, Any], dict[str, Any]]:
    """The run, its outcome and the evaluation in full; both are JSON without NaN."""
    run = ByHand(folder)
    config = {**dataset_config(folder), "model": {"MODE": "LIN"}, **changes}
    outcome = train(run, ForecastConfig.model_validate(config))
    json.dumps(outcome, allow_nan=False)
    full = json.loads(run.artifacts["evaluation.json"].read_text())
    assert set(PARTS) == set(full) <= set(outcome["results"])
    return run, outcome, full


def of_values(folder: Path, values: np.ndarray, steps: tuple[int, int]) -> dict[str, Any]:
    """The config of one series that forecasts itself."""
    before, after = (1 - steps[0], 0), (1, steps[1])
    return {
        "series": [
            series(folder, "load", values, before, "input"),
            series(folder, "load", values, after, "output"),
        ],
        "calendar": [],
        "steps": {"input_steps": steps[0], "output_steps": steps[1], "stride_minutes": 60.0},
    }


def test_the_tables_follow_from_the_stored_forecasts_of_the_test_samples(tmp_path: Path) -> None:
    run, outcome, full = trained(tmp_path)
    results = outcome["results"]
    with np.load(run.artifacts["test_predictions.npz"]) as stored:
        truth, forecast, references = stored["truth"], stored["forecast"], stored["references"]
    error = np.abs(truth - forecast)[:, :, 0]
    table = full["horizon"]["load"]
    assert table["MAE"] == pytest.approx(error.mean(axis=0))
    assert table["lead_minutes"] == [60.0 * step for step in range(1, 7)]
    assert results["horizon"]["load"]["first"]["MAE"] == table["MAE"][0]
    assert np.mean(table["MAE"]) == pytest.approx(results["skill"]["load"]["model_mae"])
    worst = int(error.mean(axis=1).argmax())
    first = full["worst_windows"]["load"][0]
    assert first["truth"] == truth[worst, :, 0].tolist()
    assert np.datetime64(first["reference_time"].removesuffix("Z"), "ns") == references[worst].astype(
        "<M8[ns]"
    )
    compared = full["compared"]["load"]
    assert compared["model"]["steps"]["MAE"] == pytest.approx(error.mean(axis=0))
    assert results["compared"]["load"]["model"]["MAE"] == pytest.approx(error.mean())
    assert compared["model"]["total"]["skill"] == pytest.approx(results["skill"]["load"]["skill"])
    for name, row in compared["baselines"].items():
        assert row["total"]["RMSE"] == pytest.approx(results["baselines"][name]["load"]["RMSE"])
        assert np.mean(row["steps"]["MAE"]) == pytest.approx(results["baselines"][name]["load"]["MAE"])
    best = compared["baselines"][results["skill"]["load"]["best_baseline"]]
    assert best["total"]["skill"] == 0 and min(best["steps"]["MAE"]) > 0
    assert results["test_samples"]["count"] == len(truth) and len(results["test_samples"]["hash"]) == 64
    test = results["significance"]["load"]
    assert test["lag"] == 5 and test["samples"] == len(truth)
    assert test["mean_difference"] == pytest.approx(
        error.mean() - results["skill"]["load"]["baseline_mae"], rel=1e-9
    )


@pytest.mark.usefixtures("undrawn")
def test_quantiles_come_from_the_validation_samples_and_are_kept_for_predictions(tmp_path: Path) -> None:
    run, outcome, full = trained(tmp_path, quantiles=[0.1, 0.5, 0.9])
    about = full["uncertainty"]
    assert (about["method"], about["levels"]) == ("split conformal", [0.1, 0.5, 0.9])
    assert about["validation_samples"] == outcome["results"]["split"]["n_val"]
    interval = about["outputs"]["load"]["intervals"][0]
    assert interval["nominal"] == 0.8 and 0.65 < interval["coverage"]["total"] < 0.95
    beside = about["outputs"]["load"]["against_baseline"]
    assert beside["CRPS"] == pytest.approx(about["outputs"]["load"]["CRPS"]["total"])
    assert (
        beside["skill"] == pytest.approx(1 - beside["CRPS"] / beside["baseline_CRPS"]) and beside["skill"] > 0
    )
    assert beside["baseline"] == outcome["results"]["skill"]["load"]["best_baseline"]
    assert outcome["results"]["uncertainty"]["outputs"]["load"]["against_baseline"] == beside
    window = np.full((2, 24, 4), 200.0).tolist()
    config = {
        "trained_job": str(UUID(int=3)),
        "bundle_key": run.artifacts["model_bundle.zip"].name,
        "scalers": outcome["scalers"],
        "input_data": window,
    }
    answer = predict(ByHand(tmp_path), PredictConfig.model_validate(config))
    drawn = {level: np.array(values) for level, values in answer["quantiles"].items()}
    assert list(drawn) == ["0.1", "0.5", "0.9"] and answer["no_quantiles"] is None
    assert drawn["0.9"].shape == (2, 6, 1)
    assert np.mean(drawn["0.9"] - drawn["0.1"]) == pytest.approx(interval["width"]["total"])
    scaled = PredictConfig.model_validate({**config, "apply_scaling": False})
    answer = predict(ByHand(tmp_path), scaled)
    assert answer["quantiles"] is None and "original units" in answer["no_quantiles"]


def spreading(folder: Path) -> dict[str, Any]:
    """A series whose noise is ten times as large from noon to midnight, and the hour as an input."""
    random, at = np.random.default_rng(8), np.arange(24 * 250)
    noise = random.normal(0, 1, len(at)) * np.where(at % 24 >= 12, 10.0, 1.0)
    config = of_values(folder, 100 + 20 * np.sin(2 * np.pi * at / 24) + noise, (24, 3))
    hour = {"component": "D", "per_step": False, "start_hours": 0.0, "end_hours": 0.0}
    return {**config, "calendar": [hour]}


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_quantiles_by_pinball_loss_are_as_sure_and_follow_the_situation(tmp_path: Path) -> None:
    model = {"MODE": "LGBMR", "N_ESTIMATORS": 40, "LEARNING_RATE": 0.15}
    config = {**spreading(tmp_path), "model": model, "quantiles": [0.1, 0.5, 0.9], "importance": False}
    plain = trained(tmp_path, **config)[2]["uncertainty"]
    run, outcome, full = trained(tmp_path, **config, quantile_method="pinball")
    about = full["uncertainty"]
    assert "pinball" in about["method"] and plain["method"] == "split conformal"
    scores, fixed = about["outputs"]["load"], plain["outputs"]["load"]
    assert scores["intervals"][0]["coverage"]["total"] == pytest.approx(0.8, abs=0.06)
    assert scores["CRPS"]["total"] < 0.9 * fixed["CRPS"]["total"], "knowing the hour pays"
    assert scores["against_baseline"]["CRPS"] == pytest.approx(scores["CRPS"]["total"])
    with zipfile.ZipFile(run.artifacts["archive.zip"]) as archive:
        archive.extractall(tmp_path / "home")
    command = [sys.executable, "predict.py", "example_input.json", "--quantiles"]
    said = subprocess.run(command, cwd=tmp_path / "home", capture_output=True, text=True, check=True)
    config = {
        "trained_job": str(UUID(int=3)),
        "bundle_key": run.artifacts["model_bundle.zip"].name,
        "scalers": outcome["scalers"],
        "input_data": json.loads((tmp_path / "home/example_input.json").read_text()),
    }
    answer = predict(ByHand(tmp_path), PredictConfig.model_validate(config))["quantiles"]
    printed = json.loads(said.stdout)
    assert list(printed) == list(answer) == ["0.1", "0.5", "0.9"]
    drawn = np.array(list(answer.values()))
    np.testing.assert_allclose(list(printed.values()), drawn, rtol=1e-6)
    assert (np.diff(drawn, axis=0) >= 0).all()


def test_pinball_is_refused_where_a_model_cannot_be_trained_for_it(tmp_path: Path) -> None:
    base = dataset_config(tmp_path)
    for model, levels, word in (
        ({"MODE": "LIN"}, LEVELS, "LIN"),
        ({"MODE": "LGBMR"}, [i / 21 for i in range(1, 21)], "20"),
    ):
        with pytest.raises(ValidationError, match=word):
            ForecastConfig.model_validate(
                {**base, "model": model, "quantiles": levels, "quantile_method": "pinball"}
            )


def test_without_quantiles_everything_else_is_there_and_the_reason_is_told(tmp_path: Path) -> None:
    run, outcome, full = trained(tmp_path, quantiles=[])
    about = full["uncertainty"]
    assert (about["method"], about["levels"], about["outputs"]) == (None, [], {})
    assert "switched off" in about["notes"][0]
    kinds = {plot["plot_type"] for plot in outcome["plots"]}
    assert {"horizon_error", "error_heatmap"} <= kinds and not {"quantile_fan", "reliability"} & kinds
    with zipfile.ZipFile(io.BytesIO(run.artifacts["archive.zip"].read_bytes())) as archive:
        assert json.loads(archive.read("quantiles.json"))["offsets"] == {}


@pytest.mark.usefixtures("undrawn")
def test_without_validation_samples_there_are_no_quantiles_and_it_says_why(tmp_path: Path) -> None:
    full = trained(tmp_path, split={"train": 80, "validation": 0, "test": 20})[2]
    assert full["uncertainty"]["levels"] == []
    assert "validation samples" in full["uncertainty"]["notes"][0]


@pytest.mark.usefixtures("undrawn")
def test_holidays_and_the_clock_are_those_of_the_session(tmp_path: Path) -> None:
    holiday = {"component": "H", "local": True, "per_step": False, "country": "AT"}
    holiday |= {"start_hours": 0.0, "end_hours": 0.0}
    steps = {"input_steps": 24, "output_steps": 6, "stride_minutes": 60.0, "timezone": "Europe/Vienna"}
    config = {**of_values(tmp_path, load_series(24 * 400), (24, 6)), "calendar": [holiday], "steps": steps}
    profile = trained(tmp_path, **config)[2]["profile"]["load"]
    assert profile["timezone"] == "Europe/Vienna"
    assert profile["holiday"]["count"][1] > 0  # 26 December to New Year lie in the test part
    assert sum(profile["holiday"]["count"]) == sum(profile["hour"]["count"])


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("steps", "arithmetic"), [((5, 1), "honest"), ((3, 3), "honest"), ((3, 3), "compat")], ids=str
)
def test_a_constant_series_is_told_in_nulls_with_reasons(
    tmp_path: Path, steps: tuple[int, int], arithmetic: str
) -> None:
    same = of_values(tmp_path, np.full(400, 7.0), steps)
    _, outcome, full = trained(tmp_path, **same, arithmetic=arithmetic)
    table, test = full["horizon"]["load"], outcome["results"]["significance"]["load"]
    for column in ("MASE", "NRMSE_range", "skill"):
        assert table[column] == [None] * steps[1] and table["undefined"][column]
    assert (test["statistic"], test["p_value"]) == (None, None) and test["reason"]
    assert full["uncertainty"]["levels"] == list(LEVELS)
    scores = full["uncertainty"]["outputs"]["load"]
    assert scores["CRPS"]["total"] == pytest.approx(0, abs=1e-9)
    assert scores["against_baseline"]["skill"] is None and scores["against_baseline"]["reason"]


@pytest.mark.usefixtures("undrawn")
def test_few_samples_and_gaps_are_told_honestly(tmp_path: Path) -> None:
    values = load_series(24 * 7)
    values[[60, 61, 62, 63, 64, 65]] = np.nan
    _, outcome, full = trained(tmp_path, **of_values(tmp_path, values, (6, 4)))
    notes = full["uncertainty"]["notes"]
    n = outcome["results"]["split"]["n_val"]
    assert (n < 19) == bool(notes) and all(str(n) in note for note in notes)
    test = outcome["results"]["significance"]["load"]
    assert test["p_value"] is not None or test["reason"]
