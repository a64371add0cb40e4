"""Every model family: fitted on views, repeatable, stopped when told, kept in files that are safe to open."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.forecasting.errors import DataError
from services.forecasting.models import create, load
from services.forecasting.models.base import Shape
from services.forecasting.models.parameters import ModelParams
from tests.forecasting.learning import SMALL, Reports, Task, everything, fitted, task, usual, usual_task

ROOT = Path(__file__).resolve().parents[2]
KERAS = ("NLinear", "DLinear", "Dense", "CNN", "LSTM", "AR LSTM")
modes = pytest.mark.parametrize("mode", SMALL)


@pytest.fixture(scope="module")
def unequal() -> Task:
    return usual_task()


@pytest.fixture(scope="module")
def equal() -> Task:
    return task(input_steps=6, output_steps=6)


@modes
def test_every_mode_forecasts_several_outputs_over_its_own_horizon_and_is_the_same_when_loaded(
    mode: str, unequal: Task, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model, info, reports = usual(mode)
    x, y = everything(unequal.test)
    forecast = model.predict(x)
    assert forecast.shape == y.shape == (len(x), 4, 2)
    assert np.isfinite(forecast).all()
    assert all(told["current"] <= told["total"] for told in reports.told)
    assert reports.told[-1]["current"] <= reports.told[-1]["total"]
    assert (info.epochs_completed is None) == (mode not in KERAS)
    with caplog.at_level(logging.WARNING):
        files = model.save(tmp_path)
    assert not caplog.records
    assert {file.name for file in files} <= {path.name for path in tmp_path.iterdir()}
    np.testing.assert_allclose(load(tmp_path).predict(x), forecast, atol=1e-6)


@pytest.mark.parametrize("mode", ["LIN", "Dense", "SVR_dir", "LGBMR"])
def test_an_exception_of_the_listener_ends_a_fit(mode: str, unequal: Task) -> None:
    class Cancelled(Exception):
        pass

    model = create(ModelParams(MODE=mode, **SMALL[mode]), "honest", anchors=[0, None])  # type: ignore[arg-type]
    reports = Reports(refuse=Cancelled())
    with pytest.raises(Cancelled):
        model.fit(unequal.train, unequal.validation, reports)
    assert len(reports.told) == 1


@pytest.mark.parametrize("mode", ["Dense", "SVR_MIMO", "LGBMR"])
def test_the_same_seed_gives_the_same_forecast_and_another_seed_another(mode: str, unequal: Task) -> None:
    x, _ = everything(unequal.test)
    first = usual(mode)[0].predict(x)
    again, other = (fitted(unequal, mode, SEED=seed)[0].predict(x) for seed in (0, 4))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-6


@pytest.mark.parametrize(
    ("mode", "params"),
    [
        ("AUTO", {}),
        ("LIN", {}),
        ("NLinear", {"EP": 20, "LEARNING_RATE": 0.01}),
        ("DLinear", {"EP": 20, "LEARNING_RATE": 0.01}),
        ("Dense", {"EP": 20}),
        ("LGBMR", {"N_ESTIMATORS": 60}),
    ],
)
def test_models_beat_the_last_value(mode: str, params: dict[str, Any], unequal: Task) -> None:
    model, _, _ = fitted(unequal, mode, **params)
    x, y = everything(unequal.test)
    error = np.abs(model.predict(x) - y)[:, :, 0].mean()
    assert error < 0.6 * np.abs(x[:, -1:, 0] - y[:, :, 0]).mean()


def test_linear_regression_uses_every_step_of_the_window(unequal: Task) -> None:
    model, _, _ = usual("LIN")
    x, y = everything(unequal.train)
    design = np.column_stack([x.reshape(len(x), -1), np.ones(len(x))])
    best = design @ np.linalg.lstsq(design, y.reshape(len(x), -1), rcond=None)[0]
    np.testing.assert_allclose(model.predict(x).reshape(len(x), -1), best, atol=1e-3)


def test_the_historical_linear_regression_sees_one_step_at_a_time(equal: Task) -> None:
    model, _, _ = fitted(equal, "LIN", "compat")
    x, y = everything(equal.train)
    design = np.column_stack([x.reshape(-1, 2), np.ones(len(x) * 6)])
    best = np.linalg.lstsq(design, y.reshape(-1, 2), rcond=None)[0]
    np.testing.assert_allclose(model.coefficients, best[:2].T, atol=1e-9)  # type: ignore[attr-defined]
    np.testing.assert_allclose(model.intercept, best[2], atol=1e-9)  # type: ignore[attr-defined]


@pytest.mark.parametrize("mode", ["LIN", "SVR_MIMO"])
def test_historical_step_wise_models_refuse_unequal_windows(mode: str, unequal: Task) -> None:
    with pytest.raises(DataError) as caught:
        fitted(unequal, mode, "compat")
    assert caught.value.code == "UNEQUAL_STEPS"


@pytest.mark.parametrize("mode", ["CNN", "LSTM", "AR LSTM", "SVR_dir", "LGBMR"])
def test_a_mode_without_historical_arithmetic_says_so(mode: str, equal: Task) -> None:
    with pytest.raises(DataError) as caught:
        fitted(equal, mode, "compat")
    assert caught.value.code == "NO_COMPAT_ARITHMETIC"


def test_the_historical_dense_network_has_the_weights_of_the_first_system() -> None:
    model, _, _ = fitted(task(input_steps=13, output_steps=13), "Dense", "compat", LAY=2, N=8, EP=1)
    # (13·2+1)·8 + (8+1)·8 + (8+1)·13·2
    assert model.net.count_params() == 216 + 72 + 234  # type: ignore[attr-defined]


def test_an_autoregressive_network_is_as_large_for_any_horizon() -> None:
    from services.forecasting.models.keras_nets import network

    params = ModelParams(MODE="AR LSTM", N=8)
    sizes = [network(params, Shape(12, 2, steps, 2), [0, None]).count_params() for steps in (2, 8)]
    assert sizes[0] == sizes[1]


def test_a_taught_network_told_its_own_forecasts_makes_them_again(unequal: Task) -> None:
    from services.forecasting.models.keras_nets import taught

    model, _, _ = fitted(unequal, "AR LSTM", EP=4, N=4)  # one epoch taught, three by its own outputs
    x, y = (part[:5].astype(np.float32) for part in everything(unequal.test))
    teaching, free = taught(model.net), model.predict(x)  # type: ignore[attr-defined]
    np.testing.assert_allclose(np.asarray(teaching([x, free])), free, atol=1e-6)
    told = np.asarray(teaching([x, y]))
    np.testing.assert_allclose(told[:, 0], free[:, 0], atol=1e-6)
    assert np.abs(told[:, 1:] - free[:, 1:]).max() > 1e-3
    assert {id(each) for each in teaching.trainable_variables} == {
        id(each)
        for each in model.net.trainable_variables  # type: ignore[attr-defined]
    }


def test_a_network_tells_batches_epochs_and_why_it_stopped(unequal: Task) -> None:
    _, info, reports = fitted(unequal, "Dense", EP=50, PATIENCE=1, LEARNING_RATE=0.05)
    epochs = [told for told in reports.told if told.get("metrics")]
    passed = len(epochs) + sum(len(told["earlier"]) for told in epochs)
    assert {told.get("event", "progress") for told in reports.told} == {"batch", "validated", "progress"}
    assert info.epochs_completed == passed == len(info.history["val_loss"]) < 50
    assert set(epochs[0]["metrics"]) == {
        *("loss", "val_loss", "root_mean_squared_error", "val_root_mean_squared_error")
    }
    assert info.stopped_early
    assert "Stopped after epoch" in info.notes[0]


@pytest.mark.parametrize("mode", KERAS)
def test_both_files_of_a_network_hold_the_same_one(mode: str, unequal: Task, tmp_path: Path) -> None:
    import keras

    model, _, _ = usual(mode)
    model.save(tmp_path)
    x, _ = everything(unequal.test)
    old = keras.saving.load_model(tmp_path / "model.h5", compile=False)
    np.testing.assert_allclose(np.asarray(old(x)), model.predict(x), atol=1e-6)


def test_an_svr_of_many_rows_is_fitted_on_a_share_and_says_so(unequal: Task) -> None:
    _, info, _ = fitted(unequal, "SVR_MIMO", MAX_ROWS=50)
    assert info.notes == [f"Fitted on 50 of {len(unequal.train) * 4} rows, chosen at random (MAX_ROWS)"]


def test_hyper_parameters_of_boosting_are_obeyed(unequal: Task, tmp_path: Path) -> None:
    model, _, reports = fitted(unequal, "LGBMR", N_ESTIMATORS=7, MAX_DEPTH=1, LEARNING_RATE=0.01)
    model.save(tmp_path)
    for number in (1, 2):
        text = (tmp_path / f"model_{number}.lgb.txt").read_text()
        assert text.startswith("tree\n")
        trees = text.split("\nTree=")[1:]
        assert len(trees) == 7
        assert all("num_leaves=2\n" in tree for tree in trees)
        assert "[learning_rate: 0.01]" in text
    assert reports.told[-1]["total"] == 14


@pytest.mark.parametrize("mode", ["Dense", "CNN", "LSTM"])
def test_a_network_beyond_memory_is_refused_before_it_is_built(mode: str, unequal: Task) -> None:
    with pytest.raises(DataError) as caught:
        fitted(unequal, mode, N=4096, LAY=16, K=64)
    assert caught.value.code == "MODEL_TOO_LARGE"
    assert caught.value.suggestion


@pytest.mark.parametrize("mode", ["LIN", "SVR_dir", "LGBMR", "Dense"])
def test_damaged_files_are_refused_in_words(mode: str, tmp_path: Path) -> None:
    model, _, _ = usual(mode)
    for file in model.save(tmp_path):
        (tmp_path / file.name).write_bytes(b"PK\x03\x04 not what it was")
    with pytest.raises(DataError) as caught:
        load(tmp_path)
    assert caught.value.code == "BROKEN_MODEL"


def test_an_estimator_file_that_names_other_types_is_not_loaded(tmp_path: Path) -> None:
    from skops import io

    model, _, _ = usual("SVR_dir")
    model.save(tmp_path)
    io.dump([Path("/etc")], tmp_path / "model.skops")
    with pytest.raises(DataError) as caught:
        load(tmp_path)
    assert caught.value.code == "UNSAFE_MODEL"


def test_importing_the_models_loads_none_of_them() -> None:
    code = (
        "import sys, services.forecasting.models\n"
        "print(sorted({'tensorflow', 'keras', 'sklearn', 'lightgbm', 'numpy', 'skops'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
