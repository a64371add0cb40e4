"""A linear model with its scalers as one ONNX graph: original units in, original units out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from services.forecasting.models.base import Model
from services.forecasting.models.linear import DirectLinear, StepwiseLinear
from services.forecasting.scaling import Array, Scalers

OPSET, IR = 17, 8  # of 2022: what runtimes in the field understand
DOUBLE = TensorProto.DOUBLE


def write_onnx(path: Path, model: Model, scalers: Scalers) -> None:
    """Input `windows` (n, input_steps, features), output `forecast` (n, output_steps, outputs), float64."""
    assert isinstance(model, DirectLinear | StepwiseLinear) and model.shape is not None
    shape = model.shape
    matrix, constant = _in_original_units(model, scalers)
    step_wise = isinstance(model, StepwiseLinear)
    into = [] if step_wise else [helper.make_node("Flatten", ["windows"], ["flat"], axis=1)]
    out = [] if step_wise else [helper.make_node("Reshape", ["sum", "shape"], ["forecast"])]
    nodes = [
        *into,
        helper.make_node("MatMul", ["windows" if step_wise else "flat", "coefficients"], ["product"]),
        helper.make_node("Add", ["product", "constant"], ["forecast" if step_wise else "sum"]),
        *out,
    ]
    constants = [_constant("coefficients", matrix), _constant("constant", constant)]
    if not step_wise:
        constants.append(_constant("shape", np.array([-1, shape.output_steps, shape.n_outputs])))
    graph = helper.make_graph(
        nodes,
        model.mode,
        [helper.make_tensor_value_info("windows", DOUBLE, ["n", shape.input_steps, shape.n_inputs])],
        [helper.make_tensor_value_info("forecast", DOUBLE, ["n", shape.output_steps, shape.n_outputs])],
        constants,
    )
    made = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR, producer_name="Trainyard"
    )
    _describe(made, scalers)
    onnx.checker.check_model(made, full_check=True)
    path.write_bytes(made.SerializeToString())


def _in_original_units(model: DirectLinear | StepwiseLinear, scalers: Scalers) -> tuple[Array, Array]:
    """Scaling is linear too, so it goes into the coefficients: y = x @ matrix + constant."""
    (factor, shift), (out_factor, out_shift) = scalers.input_arrays, scalers.output_arrays
    assert model.shape is not None
    if isinstance(model, StepwiseLinear):
        plain = model.coefficients.T
    else:
        plain, repeats = model.coefficients, model.shape.input_steps
        factor, shift = np.tile(factor, repeats), np.tile(shift, repeats)
        out_factor = np.tile(out_factor, model.shape.output_steps)
        out_shift = np.tile(out_shift, model.shape.output_steps)
    constant = (shift @ plain + model.intercept - out_shift) / out_factor
    return factor[:, None] * plain / out_factor, constant


def _constant(name: str, values: np.ndarray) -> TensorProto:
    return numpy_helper.from_array(np.ascontiguousarray(values), name)


def _describe(model: onnx.ModelProto, scalers: Scalers) -> None:
    about = {
        "input_features": "\n".join(each.name for each in scalers.input),
        "output_features": "\n".join(each.name for each in scalers.output),
        "units": "as in the uploaded files; scaling is part of the graph",
    }
    helper.set_model_props(model, about)
