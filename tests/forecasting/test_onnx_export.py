"""A linear model as ONNX forecasts in a runtime of others what it forecasts here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from services.forecasting.models.base import Shape
from services.forecasting.models.linear import DirectLinear, StepwiseLinear
from services.forecasting.onnx_export import write_onnx
from services.forecasting.scaling import Scaler, Scalers

RNG = np.random.default_rng(3)
SCALERS = Scalers(
    [Scaler("load", 100.0, 900.0, -1, 1), Scaler("temperature"), Scaler("still", 5.0, 5.0)],
    [Scaler("load", 100.0, 900.0, -1, 1), Scaler("heat", -3.0, 2.0)],
)


def direct() -> DirectLinear:
    model = DirectLinear()
    model.mode, model.shape = "RIDGE", Shape(4, 3, 5, 2)
    model.coefficients, model.intercept = RNG.normal(size=(12, 10)), RNG.normal(size=10)
    return model


def stepwise() -> StepwiseLinear:
    model = StepwiseLinear()
    model.mode, model.shape = "LIN", Shape(4, 3, 4, 2)
    model.coefficients, model.intercept = RNG.normal(size=(2, 3)), RNG.normal(size=2)
    return model


@pytest.mark.parametrize("made", [direct, stepwise])
def test_the_graph_forecasts_in_original_units(made: type, tmp_path: Path) -> None:
    model = made()
    write_onnx(tmp_path / "model.onnx", model, SCALERS)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    for windows in (1, 7):
        x = RNG.normal(200, 50, size=(windows, 4, 3))
        (found,) = session.run(["forecast"], {"windows": x})
        expected = SCALERS.unscale_outputs(model.predict(SCALERS.scale_inputs(x)))
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    about = session.get_modelmeta().custom_metadata_map
    assert about["input_features"].split("\n") == ["load", "temperature", "still"]
