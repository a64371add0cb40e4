"""Apply a saved model to new windows."""

from __future__ import annotations

from typing import Any

import numpy as np

from services.forecasting.archive import load_bundle
from services.forecasting.errors import DataError
from services.forecasting.scaling import Scalers
from services.workloads.base import Run
from services.workloads.forecast.config import PredictConfig


def train(run: Run, config: PredictConfig) -> dict[str, Any]:
    """Predictions (samples, output_steps, outputs), in original units unless the caller scaled by itself."""
    run.report(phase="prepare", message="Loading the model")
    model = load_bundle(run.input(config.bundle_key), run.workdir / "model")
    scalers = Scalers.from_json(config.scalers)
    values = np.asarray(config.input_data, dtype=np.float64)
    scaled = model.predict(scalers.scale_inputs(values) if config.apply_scaling else values)
    result = scalers.unscale_outputs(scaled) if config.apply_scaling else scaled
    if not np.isfinite(result).all():
        raise DataError("PREDICTION_ERROR", "The model gave values that are no finite numbers for this input")
    return {"predictions": result.tolist(), "output_features": [each.name for each in scalers.output]}
