"""Everything a finished training leaves to download: model, scalers, archive, predictions, plots."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from services.forecasting.archive import write_archive, write_bundle, write_scaler_pickles
from services.forecasting.stored_forecasts import write_forecasts
from services.workloads.base import Run
from services.workloads.forecast import pictures
from utils.files import atomic_writer

if TYPE_CHECKING:
    from services.workloads.forecast.training import Trained

EXAMPLE_SAMPLES = 3
ZIP = "application/zip"
ONNX_MODES = ("AUTO", "LIN", "RIDGE")


def export(run: Run, trained: Trained, results: dict[str, Any], details: dict[str, Any]) -> dict[str, Any]:
    """Write and store all artifacts; returns their keys, the scalers and the plots for the tables."""
    stamp = datetime.now(UTC).strftime("%Y%m%d_%H%M%S")
    run.report(phase="export", message="Storing model, scalers and plots")
    scalers = trained.scalers.to_json()
    models = _save_model(run, trained, stamp)
    _save_onnx(run, trained, stamp)
    _save_scalers(run, scalers, stamp)
    predictions_key = save_predictions(run, trained, results["skill"])
    _save_details(run, details)
    archive_key, size = _save_archive(run, trained, results, scalers)
    return {
        "models": models,
        "scalers": scalers,
        "predictions_key": predictions_key,
        "archive_key": archive_key,
        "archive_bytes": size,
        "plots": pictures.of_training(run, trained, details)
        + pictures.of_importance(run, results.get("importance")),
    }


def _save_model(run: Run, trained: Trained, stamp: str) -> list[str]:
    """One artifact per file of the model, named as the first system named them, and the bundle to load."""
    folder = run.workdir / "model"
    folder.mkdir()
    saved = [file for file in trained.model.save(folder) if file.kind == "model"]
    prefix = f"{trained.config.model.MODE.replace(' ', '_')}_{stamp}_"
    names = [f"{prefix}best_{file.name}" for file in saved]
    for file, name in zip(saved, names, strict=True):
        run.save_artifact("model", name, folder / file.name)
    bundle = run.workdir / "model_bundle.zip"
    write_bundle(bundle, trained.model, trained.quantiles)
    run.save_artifact("bundle", bundle.name, bundle, ZIP)
    return names


def _save_onnx(run: Run, trained: Trained, stamp: str) -> None:
    """Where a graph computes exactly what the model does; it is loaded only then."""
    if trained.config.model.MODE not in ONNX_MODES:
        return
    from services.forecasting.onnx_export import write_onnx

    path = run.workdir / f"{trained.config.model.MODE}_{stamp}_best_model.onnx"
    write_onnx(path, trained.model, trained.scalers)
    run.save_artifact("onnx", path.name, path)


def _save_scalers(run: Run, scalers: dict[str, Any], stamp: str) -> None:
    path = run.workdir / "scalers.json"
    path.write_text(json.dumps(scalers, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    run.save_artifact("scalers", path.name, path, "application/json")
    packed = run.workdir / "scalers.zip"
    write_scaler_pickles(packed, scalers, stamp)
    run.save_artifact("scalers_zip", packed.name, packed, ZIP)


def save_predictions(run: Run, trained: Trained, skill: dict[str, dict[str, Any]]) -> str:
    """Rows of the dataset that were tested, the forecasts for them and all that is shown beside these."""
    path = run.workdir / "test_predictions.npz"
    with atomic_writer(path) as file:
        write_forecasts(file, _arrays(trained, skill))
    return run.save_artifact("predictions", path.name, path)


def _arrays(trained: Trained, skill: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    dataset, quantiles = trained.dataset, trained.quantiles
    arrays = {
        "rows": trained.split.test,
        "references": np.asarray(dataset.references[trained.split.test]),
        "lead": np.stack([history.window.offsets for history in dataset.histories]),  # ns
        "truth": trained.truth,
        "forecast": trained.forecast,
        "levels": np.array(quantiles.levels),
        "offsets": quantiles.offsets,
    }
    best = [skill[name]["best_baseline"] for name in dataset.output_names]
    if all(best):
        columns = [trained.baselines[name][:, :, j] for j, name in enumerate(best)]
        arrays["baseline"] = np.stack(columns, axis=2).astype(np.float32)
        arrays["baseline_names"] = np.array(best)
    if trained.own_quantiles is not None:  # windows first, so that those of one lie together
        arrays["own"] = np.moveaxis(trained.own_quantiles, 0, 1).astype(np.float32)
    return arrays


def _save_details(run: Run, details: dict[str, Any]) -> None:
    path = run.workdir / "evaluation.json"
    path.write_text(json.dumps(details, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    run.save_artifact("evaluation", path.name, path, "application/json")


def _save_archive(
    run: Run, trained: Trained, results: dict[str, Any], scalers: dict[str, Any]
) -> tuple[str, int]:
    """The self-contained ZIP, with an example that its predict.py must reproduce."""
    rows = trained.split.test[:EXAMPLE_SAMPLES]
    example = trained.dataset.raw_inputs(rows)
    scaled = trained.model.predict(trained.scalers.scale_inputs(example))
    path = run.workdir / "archive.zip"
    write_archive(
        path,
        model=trained.model,
        scalers=scalers,
        quantiles=trained.quantiles,
        manifest=_manifest(trained, results),
        example_input=example,
        example_output=trained.scalers.unscale_outputs(scaled),
    )
    return run.save_artifact("archive", path.name, path, ZIP), _size(path)


def _manifest(trained: Trained, results: dict[str, Any]) -> dict[str, Any]:
    config, dataset = trained.config, trained.dataset
    kept = ("model_type", "parameters", "arithmetic", "split", "skill", "versions", "fingerprint")
    return {
        **{name: results[name] for name in kept},
        "input_features": list(dataset.input_names),
        "output_features": list(dataset.output_names),
        "input_steps": dataset.input_steps,
        "output_steps": dataset.output_steps,
        "output_step_minutes": list(dataset.step_minutes),
        "series": [
            series.model_dump(mode="json", exclude={"file_id", "blob_key"}) for series in config.series
        ],
        "calendar": [component.model_dump(mode="json") for component in config.calendar],
        "steps": config.steps.model_dump(mode="json"),
        "units": "as in the uploaded files; times are UTC, windows are hours relative to the reference time",
    }


def _size(path: Path) -> int:
    return path.stat().st_size
