"""The layers of the networks; every head of Dense, CNN, LSTM and AR LSTM starts at the last known value."""

from __future__ import annotations

from typing import Any

import keras

from services.forecasting.errors import DataError
from services.forecasting.models.autoregressive import FeedbackCell
from services.forecasting.models.base import Shape
from services.forecasting.models.linear_nets import chosen_columns, linear_network, weights_of_linear_network
from services.forecasting.models.parameters import ModelParams
from services.forecasting.models.taught import TaughtCell

MAX_WEIGHTS = 100_000_000
MAX_DILATION = 64
DECODER = "decoder"
LINEAR_MODES = ("NLinear", "DLinear")


def network(params: ModelParams, shape: Shape, anchors: list[int | None]) -> Any:
    """(b, input_steps, n_inputs) -> (b, output_steps, n_outputs).

    Where an output's own past is among the inputs, the network learns the difference to its last value;
    the output layer starts at zero, so that the first forecast is the last value (or 0 without one).
    """
    _refuse_huge(params, shape, anchors)
    if params.MODE in LINEAR_MODES:
        return linear_network(params, shape, anchors)
    x = keras.Input((shape.input_steps, shape.n_inputs))
    if params.MODE == "AR LSTM":
        return keras.Model(x, _autoregressive(params, shape, x, anchors))
    hidden = {"Dense": _dense, "CNN": _convolutions, "LSTM": _recurrent}[params.MODE](params, x)
    flat = keras.layers.Dense(shape.output_steps * shape.n_outputs, kernel_initializer="zeros")(hidden)
    change = keras.layers.Reshape((shape.output_steps, shape.n_outputs))(flat)
    if not any(anchor is not None for anchor in anchors):
        return keras.Model(x, change)
    last = keras.layers.RepeatVector(shape.output_steps)(_last_values(x, anchors))
    return keras.Model(x, keras.layers.Add()([change, last]))


def historical_dense(params: ModelParams, shape: Shape) -> Any:
    """The first system's Dense: flatten, LAY layers, an output layer of zeros (A.8)."""
    _refuse_huge(params, shape, [])
    x = keras.Input((shape.input_steps, shape.n_inputs))
    flat = keras.layers.Dense(shape.output_steps * shape.n_outputs, kernel_initializer="zeros")(
        _dense(params, x)
    )
    return keras.Model(x, keras.layers.Reshape((shape.output_steps, shape.n_outputs))(flat))


def _dense(params: ModelParams, x: Any) -> Any:
    hidden = keras.layers.Flatten()(x)
    for _ in range(params.LAY):
        hidden = keras.layers.Dense(params.N, activation=params.ACTF)(hidden)
    return hidden


def _convolutions(params: ModelParams, x: Any) -> Any:
    """Causal convolutions over time with the features as channels, each reaching twice as far back."""
    hidden = x
    for layer in range(params.LAY):
        dilation = min(2**layer, MAX_DILATION)
        hidden = keras.layers.Conv1D(
            params.N, params.K, padding="causal", dilation_rate=dilation, activation=params.ACTF
        )(hidden)
    return keras.layers.Flatten()(hidden)


def _recurrent(params: ModelParams, x: Any) -> Any:
    """An encoder: the last state of LAY layers has seen the whole window."""
    hidden = x
    for layer in range(params.LAY):
        whole = layer < params.LAY - 1
        hidden = keras.layers.LSTM(params.N, activation=_cell_activation(params), return_sequences=whole)(
            hidden
        )
    return hidden


def _autoregressive(params: ModelParams, shape: Shape, x: Any, anchors: list[int | None]) -> Any:
    hidden = x
    for _ in range(params.LAY - 1):
        hidden = keras.layers.LSTM(params.N, activation=_cell_activation(params), return_sequences=True)(
            hidden
        )
    encoder = keras.layers.LSTM(params.N, activation=_cell_activation(params), return_state=True)
    _, state, carry = encoder(hidden)
    last = _last_values(x, anchors)
    steps = keras.layers.RepeatVector(shape.output_steps)(last)
    cell = FeedbackCell(params.N, shape.n_outputs)
    decoder = keras.layers.RNN(cell, return_sequences=True, name=DECODER)
    return decoder(steps, initial_state=[state, carry, last])


def taught(net: Any) -> Any:
    """The same AR LSTM, by the same weights, told the truth of each step before it forecasts the next.

    (b, input_steps, n_inputs) and truths (b, output_steps, n_outputs) -> (b, output_steps, n_outputs).
    """
    decoder = net.get_layer(DECODER)
    _, *states = decoder.input
    outputs = states[-1].shape[-1]
    truth = keras.Input(net.output.shape[1:])
    first = keras.layers.Reshape((1, outputs))(states[-1])
    before = keras.layers.Concatenate(axis=1)([first, keras.layers.Cropping1D((0, 1))(truth)])
    told = keras.layers.RNN(TaughtCell(decoder.cell), return_sequences=True)
    return keras.Model([net.input, truth], told(before, initial_state=states))


def _cell_activation(params: ModelParams) -> str:
    """ReLU lets a recurrent state grow without bound; its cells keep tanh, as the field does."""
    return "tanh" if params.ACTF == "relu" else params.ACTF


def _last_values(x: Any, anchors: list[int | None]) -> Any:
    """(b, outputs): the newest input value of each output's own past, 0 where it is no input."""
    newest = keras.layers.Cropping1D((x.shape[1] - 1, 0))(x)
    return keras.layers.Reshape((len(anchors),))(chosen_columns(newest, anchors, "last_values"))


def _refuse_huge(params: ModelParams, shape: Shape, anchors: list[int | None]) -> None:
    weights = _weights(params, shape, anchors)
    if weights > MAX_WEIGHTS:
        raise DataError(
            "MODEL_TOO_LARGE",
            f"The network would have about {weights / 1e6:.0f} million weights; "
            f"{MAX_WEIGHTS // 10**6} million are allowed",
            suggestion="Use fewer units (N), layers (LAY) or steps",
            details={"weights": weights, "limit": MAX_WEIGHTS},
        )


def _weights(params: ModelParams, shape: Shape, anchors: list[int | None]) -> int:
    """About how many there will be, known before anything is allocated."""
    if params.MODE in LINEAR_MODES:
        return weights_of_linear_network(params.MODE, shape, anchors)
    n, outputs = params.N, shape.output_steps * shape.n_outputs
    if params.MODE == "Dense":
        return shape.input_steps * shape.n_inputs * n + (params.LAY - 1) * n * n + n * outputs
    if params.MODE == "CNN":
        inner = shape.n_inputs + (params.LAY - 1) * n
        return inner * n * params.K + shape.input_steps * n * outputs
    return 4 * n * (shape.n_inputs + n) + (params.LAY - 1) * 8 * n * n + n * outputs
