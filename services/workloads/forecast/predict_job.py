"""Apply a saved model to new windows."""

from __future__ import annotations

from typing import Any

import numpy as np

from services.forecasting.archive import load_bundle, load_quantiles
from services.forecasting.conformal import Quantiles
from services.forecasting.errors import DataError
from services.forecasting.models.quantile_model import QuantileModel
from services.forecasting.scaling import Scalers
from services.workloads.base import Run
from services.workloads.forecast.config import PredictConfig


def train(run: Run, config: PredictConfig) -> dict[str, Any]:
    """Predictions (samples, output_steps, outputs), in original units unless the caller scaled by itself.

    In original units their quantiles too, {level: predictions}; null where there are none, with the reason.
    """
    run.report(phase="prepare", message="Loading the model")
    model = load_bundle(run.input(config.bundle_key), run.workdir / "model")
    scalers = Scalers.from_json(config.scalers)
    values = np.asarray(config.input_data, dtype=np.float64)
    inputs = scalers.scale_inputs(values) if config.apply_scaling else values
    scaled = model.predict(inputs)
    result = scalers.unscale_outputs(scaled) if config.apply_scaling else scaled
    if not np.isfinite(result).all():
        raise DataError("PREDICTION_ERROR", "The model gave values that are no finite numbers for this input")
    quantiles = load_quantiles(run.workdir / "model")
    base = result
    if quantiles is not None and quantiles.own and config.apply_scaling:
        assert isinstance(model, QuantileModel), "the bundle was written with its own quantiles"
        base = scalers.unscale_outputs(model.predict_quantiles(inputs))
    return {
        "predictions": result.tolist(),
        "output_features": [each.name for each in scalers.output],
        **_quantiles(quantiles, base, config.apply_scaling),
    }


def _quantiles(known: Quantiles | None, base: np.ndarray, original_units: bool) -> dict[str, Any]:
    if known is None:
        reason = "the model was trained before quantiles were kept; train it again"
    elif not original_units:
        reason = "quantiles are known in original units alone, and apply_scaling is false"
    elif known.reason is not None:
        reason = known.reason
    else:
        return {"quantiles": known.by_level(base), "no_quantiles": None}
    return {"quantiles": None, "no_quantiles": reason}
