"""What a user takes home: model, scalers, an example, and a predict.py that needs nothing of ours."""

from __future__ import annotations

import json
import pickle  # nosec B403 - written for the first system's readers, read nowhere
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.bundles import pack, unpack
from services.forecasting.conformal import Quantiles
from services.forecasting.models import load
from services.forecasting.models.base import Model

Array = NDArray[np.float64]
FAMILIES = {
    "AUTO": "linear",
    "LIN": "linear",
    "RIDGE": "linear",
    "LGBMR": "boosting",
    "SVR_dir": "svr",
    "SVR_MIMO": "svr",
    "ENSEMBLE": "ensemble",
}
SCRIPTS = Path(__file__).parent / "predict_scripts"
QUANTILES = "quantiles.json"


def write_bundle(path: Path, model: Model, quantiles: Quantiles) -> None:
    """The files of a model in one ZIP, for `load_bundle`, and what makes quantiles of its forecasts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model.save(folder)
        (folder / QUANTILES).write_text(json.dumps(quantiles.to_json(), allow_nan=False), encoding="utf-8")
        pack(folder, path)


def load_quantiles(folder: Path) -> Quantiles | None:
    """Of an unpacked bundle; None where a training of an earlier version left none."""
    path = folder / QUANTILES
    if not path.exists():
        return None
    return Quantiles.from_json(json.loads(path.read_text(encoding="utf-8")))


def load_bundle(path: Path, folder: Path) -> Model:
    """Unpack into this empty folder and load; refuses names that would lie elsewhere."""
    unpack(path, folder)
    return load(folder)


def write_scaler_pickles(path: Path, scalers: Mapping[str, Any], stamp: str) -> None:
    """The first system's form: two pickles, each a dict column -> fitted MinMaxScaler or None.

    They are only written, for users whose scripts read them; the server never opens one.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for side, prefix in (("input", "i"), ("output", "o")):
            columns = {i: _sklearn_scaler(each) for i, each in enumerate(scalers[side])}
            archive.writestr(f"{prefix}_scale_{stamp}.save", pickle.dumps(columns))


def _sklearn_scaler(scaler: Mapping[str, Any]) -> Any:
    from sklearn.preprocessing import MinMaxScaler

    if not scaler["scaled"]:
        return None
    extremes = np.array([[scaler["data_min"]], [scaler["data_max"]]])
    return MinMaxScaler(feature_range=tuple(scaler["feature_range"])).fit(extremes)


def write_archive(
    path: Path,
    *,
    model: Model,
    scalers: Mapping[str, Any],
    quantiles: Quantiles,
    manifest: Mapping[str, Any],
    example_input: Array,
    example_output: Array,
) -> None:
    """One ZIP to be unpacked anywhere: `python predict.py example_input.json` prints `expected_output.json`.

    Inputs (k, input_steps, n_inputs) and outputs (k, output_steps, n_outputs) in original units.
    """
    with tempfile.TemporaryDirectory() as name, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        folder = Path(name)
        model.save(folder)
        for file in sorted(folder.iterdir()):
            archive.write(file, f"model/{file.name}")
        for about, content in (
            ("scalers.json", scalers),
            (QUANTILES, quantiles.to_json()),
            ("manifest.json", manifest),
            ("example_input.json", example_input.tolist()),
            ("expected_output.json", example_output.tolist()),
        ):
            archive.writestr(about, json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1))
        for script, called in _scripts(model.modes):
            archive.write(SCRIPTS / script, called)
        if "AR LSTM" in model.modes:
            archive.write(Path(__file__).parent / "models" / "autoregressive.py", "autoregressive.py")


def _scripts(modes: list[str]) -> list[tuple[str, str]]:
    """What is written of ours and its name there: the first mode is the model, the others its members."""
    first, *members = (FAMILIES.get(mode, "keras") for mode in modes)
    parts = [(f"apply_{family}.txt", f"apply_{family}.py") for family in sorted(set(members))]
    return [
        ("predict.txt", "predict.py"),
        (f"apply_{first}.txt", "apply_model.py"),
        *parts,
        ("README.txt", "README.md"),
    ]
