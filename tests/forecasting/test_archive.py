"""What a user takes home runs without us; what comes back in is not trusted."""

from __future__ import annotations

import ast
import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.forecasting.archive import (
    load_bundle,
    load_quantiles,
    write_archive,
    write_bundle,
    write_scaler_pickles,
)
from services.forecasting.conformal import Quantiles
from services.forecasting.errors import DataError
from services.forecasting.models.base import Model
from services.forecasting.scaling import Scaler, Scalers
from tests.forecasting.learning import SMALL, everything, fitted, task, usual, usual_task

QUANTILES = Quantiles((0.1, 0.9), np.array([np.full((4, 2), -1.5), np.full((4, 2), 2.5)]), 40)
ALLOWED = {"keras", "skops", "lightgbm", "numpy", "autoregressive", "apply_model", *sys.stdlib_module_names}


def taken_home(mode: str, path: Path) -> Path:
    """The archive of a model, unpacked."""
    about, model = usual_task(), usual(mode)[0]
    return unpacked(path, model, about.scalers, about.dataset.raw_inputs(np.arange(3)))


def unpacked(path: Path, model: Model, scalers: Scalers, example: np.ndarray) -> Path:
    expected = scalers.unscale_outputs(model.predict(scalers.scale_inputs(example)))
    write_archive(
        path / "archive.zip",
        model=model,
        scalers=scalers.to_json(),
        quantiles=QUANTILES,
        manifest={"input_features": ["load", "temperature"], "versions": {}},
        example_input=example,
        example_output=expected,
    )
    folder = path / "home"
    with zipfile.ZipFile(path / "archive.zip") as archive:
        archive.extractall(folder)
    return folder


def run_predict(folder: Path, *options: str) -> Any:
    """In a clean process that cannot import this project."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-W", "ignore", "predict.py", "example_input.json", *options]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


# Ours and LightGBM, the others among the slow ones: to load the libraries is most of the time of each.
FAMILIES = ["LIN", "LGBMR"]
OTHERS = [
    pytest.param(mode, marks=pytest.mark.slow)
    for mode in ("AR LSTM", "DLinear", "SVR_dir", "SVR_MIMO", "ENSEMBLE")
]


@pytest.mark.parametrize("mode", [*FAMILIES, *OTHERS])
def test_the_archive_reproduces_its_expected_output_in_a_clean_process(mode: str, tmp_path: Path) -> None:
    folder = taken_home(mode, tmp_path)
    expected = np.array(json.loads((folder / "expected_output.json").read_text()))
    assert expected.shape == (3, 4, 2)
    np.testing.assert_allclose(run_predict(folder), expected, rtol=1e-6, atol=1e-6)
    assert {"manifest.json", "scalers.json", "README.md", "model"} <= {path.name for path in folder.iterdir()}


def test_the_archive_prints_the_quantiles_of_its_forecasts(tmp_path: Path) -> None:
    folder = taken_home("LIN", tmp_path)
    expected = np.array(json.loads((folder / "expected_output.json").read_text()))
    printed = run_predict(folder, "--quantiles")
    assert list(printed) == ["0.1", "0.9"]
    np.testing.assert_allclose(printed["0.1"], expected - 1.5, rtol=1e-9)
    np.testing.assert_allclose(printed["0.9"], expected + 2.5, rtol=1e-9)


@pytest.mark.parametrize("mode", ["LIN", pytest.param("SVR_MIMO", marks=pytest.mark.slow)])
def test_the_archive_of_a_historical_model_runs_too(mode: str, tmp_path: Path) -> None:
    about = task(input_steps=4, output_steps=4, hours=200)
    model, _, _ = fitted(about, mode, "compat")
    folder = unpacked(tmp_path, model, about.scalers, about.dataset.raw_inputs(np.arange(2)))
    expected = json.loads((folder / "expected_output.json").read_text())
    np.testing.assert_allclose(run_predict(folder), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("mode", [*FAMILIES, *OTHERS])
def test_the_scripts_of_the_archive_import_nothing_of_ours(mode: str, tmp_path: Path) -> None:
    names = set()
    for script in taken_home(mode, tmp_path).glob("*.py"):
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add((node.module or "").split(".")[0])
    assert names <= ALLOWED


@pytest.mark.parametrize("mode", SMALL)
def test_a_bundle_holds_all_that_loading_needs(mode: str, tmp_path: Path) -> None:
    model = usual(mode)[0]
    write_bundle(tmp_path / "bundle.zip", model, QUANTILES)
    again = load_bundle(tmp_path / "bundle.zip", tmp_path / "folder")
    assert again.mode == mode
    kept = load_quantiles(tmp_path / "folder")
    assert kept is not None and kept.levels == (0.1, 0.9)
    np.testing.assert_array_equal(kept.offsets, QUANTILES.offsets)
    x, _ = everything(usual_task().test)
    np.testing.assert_allclose(again.predict(x[:5]), model.predict(x[:5]), atol=1e-6)


@pytest.mark.parametrize("name", ["../outside.txt", "a/b.txt", "a\\b.txt", "/etc/passwd"])
def test_a_bundle_that_would_write_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(DataError) as caught:
        load_bundle(tmp_path / "bundle.zip", tmp_path / "folder")
    assert caught.value.code == "UNSAFE_MODEL"
    assert list((tmp_path / "folder").iterdir()) == []


def test_a_bundle_that_is_no_zip_or_lacks_files_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("something.txt", "x")
    for name in ("text.zip", "empty.zip"):
        with pytest.raises(DataError) as caught:
            load_bundle(tmp_path / name, tmp_path / name.removesuffix(".zip"))
        assert caught.value.code == "BROKEN_MODEL"


def test_scaler_pickles_have_the_form_of_the_first_system(tmp_path: Path) -> None:
    scalers = Scalers(
        [Scaler("load", 10.0, 30.0, -1.0, 1.0), Scaler("raw", None, None)],
        [Scaler("flat", 5.0, 5.0)],
    )
    write_scaler_pickles(tmp_path / "scalers.zip", scalers.to_json(), "20240101_000000")
    with zipfile.ZipFile(tmp_path / "scalers.zip") as archive:
        assert sorted(archive.namelist()) == [
            "i_scale_20240101_000000.save",
            "o_scale_20240101_000000.save",
        ]
        inputs = pickle.loads(archive.read("i_scale_20240101_000000.save"))
        outputs = pickle.loads(archive.read("o_scale_20240101_000000.save"))
    assert list(inputs) == [0, 1]
    assert inputs[1] is None
    assert inputs[0].transform([[10.0], [20.0], [30.0]]).ravel().tolist() == [-1.0, 0.0, 1.0]
    assert outputs[0].transform([[5.0]]).ravel().tolist() == [0.0]
