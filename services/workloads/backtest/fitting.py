"""One part of a backtest, a fold or the hold-out: its model fitted, its samples forecast."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from services.forecasting.baselines import predict_baselines
from services.forecasting.dataset import Dataset
from services.forecasting.errors import diverged
from services.forecasting.folds import Fold
from services.forecasting.models import create
from services.forecasting.models.base import Model, Report
from services.forecasting.scaling import Scalers
from services.workloads.backtest.config import BacktestConfig
from services.workloads.forecast.roles import anchors, pasts
from services.workloads.forecast.training import predict_rows


@dataclass(frozen=True)
class Learned:
    """A fitted model with its scalers, and the training part both come from."""

    model: Model
    scalers: Scalers
    fold: Fold
    notes: list[str]
    seconds: float


@dataclass(frozen=True)
class Judged:
    """Forecasts for the test part of one fold, in original units (samples, steps, outputs)."""

    rows: np.ndarray
    truth: np.ndarray
    forecast: np.ndarray
    baselines: dict[str, np.ndarray]


def learn(config: BacktestConfig, dataset: Dataset, fold: Fold, report: Report) -> Learned:
    started = time.monotonic()
    scalers = dataset.fit_scalers(fold.train)
    model = create(
        config.model, config.arithmetic, anchors=anchors(config, dataset), pasts=pasts(config, dataset)
    )
    fit = model.fit(dataset.samples(fold.train, scalers), dataset.samples(fold.validation, scalers), report)
    return Learned(model, scalers, fold, list(fit.notes), time.monotonic() - started)


def forecast(dataset: Dataset, learned: Learned, rows: np.ndarray, report: Report, which: str) -> np.ndarray:
    """In original units; refused where a number is not finite."""
    samples = dataset.samples(rows, learned.scalers)
    scaled = predict_rows(
        lambda part: learned.model.predict(samples.x(part)),
        len(rows),
        (dataset.output_steps, len(dataset.output_names)),
        lambda _done: report(1, 1),
    )
    if not np.isfinite(scaled).all():
        raise diverged(f"The model's forecasts of {which} are no finite numbers", of=which)
    return learned.scalers.unscale_outputs(scaled)


def judged(dataset: Dataset, rows: np.ndarray, values: np.ndarray) -> Judged:
    """Beside the truth and the baselines; both follow from the dataset alone."""
    return Judged(rows, dataset.raw_outputs(rows), values, predict_baselines(dataset, rows))
