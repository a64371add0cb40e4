"""Forecasts and the shared model of a backtest as files that its later attempts read.

Their names hold the attempt that wrote them and are told in the task's result, so what a worker that has
lost the job may still write is never taken for the result of another.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from services.forecasting.models import load
from services.forecasting.models.base import Model
from services.workloads.base import Run
from utils.files import atomic_writer


def keep_forecast(run: Run, key: str, values: np.ndarray) -> str:
    """The name to ask for."""
    path = run.workdir / f"{key}-{run.attempt}.npz"
    with atomic_writer(path) as file:
        np.savez(file, allow_pickle=False, forecast=values)
    return _keep(run, path)


def kept_forecast(run: Run, name: str) -> np.ndarray | None:
    """None if it is not there as it was stored."""
    path = run.kept(name)
    if path is None:
        return None
    with np.load(path, allow_pickle=False) as stored:
        return np.asarray(stored["forecast"])


def keep_model(run: Run, model: Model) -> str:
    """The name to ask for."""
    folder = run.workdir / f"model-{run.attempt}"
    folder.mkdir()
    model.save(folder)
    path = Path(shutil.make_archive(str(folder), "zip", folder))
    shutil.rmtree(folder)
    return _keep(run, path)


def kept_model(run: Run, name: str) -> Model | None:
    path = run.kept(name)
    if path is None:
        return None
    folder = run.workdir / Path(name).stem
    shutil.unpack_archive(path, folder, "zip")
    return load(folder)


def _keep(run: Run, path: Path) -> str:
    run.keep(path.name, path)
    path.unlink()
    return path.name
