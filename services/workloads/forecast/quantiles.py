"""Quantiles of a training: from the errors on the validation samples, or a model's own corrected by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from services.forecasting.conformal import Quantiles, split_conformal
from services.forecasting.dataset import Dataset
from services.forecasting.models.base import Model
from services.forecasting.models.quantile_model import QuantileModel
from services.forecasting.scaling import Scalers
from services.forecasting.split import Split
from services.workloads.base import Run

if TYPE_CHECKING:
    from services.workloads.forecast.config import ForecastConfig

BATCH = 1024


def learn(
    run: Run,
    config: ForecastConfig,
    dataset: Dataset,
    split: Split,
    scalers: Scalers,
    model: Model,
    guessed: np.ndarray,
) -> tuple[Quantiles, np.ndarray | None]:
    """Quantiles, and of a model that forecasts them itself its forecasts (levels, n_test, steps, outputs).

    `guessed` is the point forecast of the validation samples; everything in original units.
    """
    known = dataset.raw_outputs(split.validation)
    wanted = config.quantile_method == "pinball" and config.quantiles and len(known)
    if not wanted:
        return split_conformal(known, guessed, config.quantiles), None
    assert isinstance(model, QuantileModel), "check_pinball admits no other"
    _train(run, config, dataset, split, scalers, model)
    own = own_forecasts(model, dataset, split.validation, scalers)
    quantiles = split_conformal(known, own, config.quantiles)
    return quantiles, own_forecasts(model, dataset, split.test, scalers)


def own_forecasts(model: QuantileModel, dataset: Dataset, rows: np.ndarray, scalers: Scalers) -> np.ndarray:
    """(levels, k, steps, outputs) in original units, batch by batch."""
    shape = (len(model.quantile_levels), len(rows), dataset.output_steps, len(dataset.output_names))
    found = np.empty(shape)
    for start in range(0, len(rows), BATCH):
        part = slice(start, min(start + BATCH, len(rows)))
        scaled = model.predict_quantiles(scalers.scale_inputs(dataset.raw_inputs(rows[part])))
        found[:, part] = scalers.unscale_outputs(scaled)
    return found


def _train(
    run: Run, config: ForecastConfig, dataset: Dataset, split: Split, scalers: Scalers, model: QuantileModel
) -> None:
    def report(current: float, total: float, **more: object) -> None:
        run.report(phase="evaluate", current=current, total=total, message=f"Quantiles: {more['message']}")

    train, held = (dataset.samples(rows, scalers) for rows in (split.train, split.validation))
    model.fit_quantiles(train, held, config.quantiles, report)
