"""What a user takes home: model, scalers, an example, and a predict.py that needs nothing of ours."""

from __future__ import annotations

import json
import pickle
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.conformal import Quantiles
from services.forecasting.errors import DataError
from services.forecasting.models import load
from services.forecasting.models.base import Model

Array = NDArray[np.float64]
SCRIPTS = Path(__file__).parent / "predict_scripts"
QUANTILES = "quantiles.json"
MAX_UNPACKED_BYTES = 4 * 1024**3


def write_bundle(path: Path, model: Model, quantiles: Quantiles) -> None:
    """The files of a model in one ZIP, for `load_bundle`, and what makes quantiles of its forecasts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model.save(folder)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, file.name)
            archive.writestr(QUANTILES, json.dumps(quantiles.to_json(), allow_nan=False))


def load_quantiles(folder: Path) -> Quantiles | None:
    """Of an unpacked bundle; None where a training of an earlier version left none."""
    path = folder / QUANTILES
    if not path.exists():
        return None
    return Quantiles.from_json(json.loads(path.read_text(encoding="utf-8")))


def load_bundle(path: Path, folder: Path) -> Model:
    """Unpack into this empty folder and load; refuses names that would lie elsewhere."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_unsafe(archive.infolist())
            archive.extractall(folder)
    except zipfile.BadZipFile as error:
        raise DataError("BROKEN_MODEL", f"The model bundle cannot be unpacked: {error}") from error
    return load(folder)


def _refuse_unsafe(entries: list[zipfile.ZipInfo]) -> None:
    if any("/" in entry.filename or "\\" in entry.filename or entry.is_dir() for entry in entries):
        raise DataError("UNSAFE_MODEL", "The model bundle holds names that are no plain file names")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise DataError("MODEL_TOO_LARGE", "The model bundle is larger than a model can be")


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
        for script in _scripts(model.mode):
            archive.write(SCRIPTS / script[0], script[1])
        if model.mode == "AR LSTM":
            archive.write(Path(__file__).parent / "models" / "autoregressive.py", "autoregressive.py")


def _scripts(mode: str) -> list[tuple[str, str]]:
    families = {"LIN": "linear", "LGBMR": "boosting", "SVR_dir": "svr", "SVR_MIMO": "svr"}
    family = families.get(mode, "keras")
    return [
        ("predict.txt", "predict.py"),
        (f"apply_{family}.txt", "apply_model.py"),
        ("README.txt", "README.md"),
    ]
