"""NLinear and DLinear (Zeng et al. 2023, LTSF-Linear): a linear map of the past, trained as a network."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from services.forecasting.models.base import Shape
from services.forecasting.models.parameters import ModelParams


def linear_network(params: ModelParams, shape: Shape, anchors: list[int | None]) -> Any:
    """(b, input_steps, n_inputs) -> (b, output_steps, n_outputs).

    An output with an anchor is a linear function of its own past, by weights that all outputs share, as
    published: NLinear takes the last value off before and adds it after, DLinear maps the moving average
    and the rest each by weights of its own. The published models know no other inputs. Here all columns
    that are no output's past (known ahead, calendar) add a linear term of their own; an output without an
    anchor sees every column.
    """
    x = keras.Input((shape.input_steps, shape.n_inputs))
    parts = []
    if any(anchor is not None for anchor in anchors):
        past = chosen_columns(x, anchors, "past")
        parts.append(_nlinear(past, shape) if params.MODE == "NLinear" else _dlinear(past, shape, params.K))
    own = [anchor for anchor in anchors if anchor is not None]
    others = [column for column in range(shape.n_inputs) if column not in own]
    if None in anchors:
        parts.append(_term(x, shape, np.array([anchor is None for anchor in anchors]), "everything"))
    if others and own:
        rest = chosen_columns(x, list(others), "others")
        parts.append(_term(rest, shape, np.array([anchor is not None for anchor in anchors]), "beside"))
    return keras.Model(x, parts[0] if len(parts) == 1 else keras.layers.Add()(parts))


def weights_of_linear_network(mode: str, shape: Shape, anchors: list[int | None]) -> int:
    maps = 2 if mode == "DLinear" else 1
    terms = shape.n_inputs * shape.n_outputs * (1 + (None in anchors))
    average = shape.input_steps**2 if mode == "DLinear" else 0
    return shape.input_steps * shape.output_steps * (maps + terms) + average


def chosen_columns(x: Any, columns: list[int | None], name: str) -> Any:
    """(b, steps, len(columns)): these columns, zeros for None; plain layers, as .h5 knows no slices."""
    choice = np.zeros((x.shape[-1], len(columns)))
    for place, column in enumerate(columns):
        if column is not None:
            choice[column, place] = 1.0
    return _fixed(x, choice, name)


def _nlinear(past: Any, shape: Shape) -> Any:
    newest = keras.layers.Cropping1D((shape.input_steps - 1, 0))(past)
    last = keras.layers.Reshape((shape.n_outputs,))(newest)
    moved = keras.layers.Subtract()([past, keras.layers.RepeatVector(shape.input_steps)(last)])
    return keras.layers.Add()(
        [_over_time(moved, shape, "map"), keras.layers.RepeatVector(shape.output_steps)(last)]
    )


def _dlinear(past: Any, shape: Shape, width: int) -> Any:
    turned = keras.layers.Permute((2, 1))(past)
    smooth = _fixed(turned, moving_average(shape.input_steps, width), "moving_average")
    trend = keras.layers.Permute((2, 1))(smooth)
    rest = keras.layers.Subtract()([past, trend])
    return keras.layers.Add()([_over_time(trend, shape, "trend"), _over_time(rest, shape, "rest")])


def moving_average(steps: int, width: int) -> np.ndarray:
    """(steps, steps) A with trend = h @ A: the mean of `width` values around each, the ends repeated."""
    matrix = np.zeros((steps, steps))
    around = np.arange(width) - (width - 1) // 2
    for at in range(steps):
        np.add.at(matrix[:, at], np.clip(at + around, 0, steps - 1), 1.0 / width)
    return matrix


def _over_time(past: Any, shape: Shape, name: str) -> Any:
    """(b, L, J) -> (b, H, J), all outputs by the same weights."""
    turned = keras.layers.Permute((2, 1))(past)
    layer = keras.layers.Dense(shape.output_steps, kernel_initializer="zeros", name=name)
    return keras.layers.Permute((2, 1))(layer(turned))


def _term(columns: Any, shape: Shape, applies: np.ndarray, name: str) -> Any:
    """A linear function of all these values for every step of the outputs that `applies` marks."""
    flat = keras.layers.Flatten()(columns)
    found = keras.layers.Dense(shape.output_steps * int(applies.sum()), kernel_initializer="zeros")(flat)
    steps = keras.layers.Reshape((shape.output_steps, int(applies.sum())))(found)
    if applies.all():
        return steps
    place = np.zeros((int(applies.sum()), len(applies)))
    place[np.arange(len(place)), np.flatnonzero(applies)] = 1.0
    return _fixed(steps, place, name)


def _fixed(x: Any, matrix: np.ndarray, name: str) -> Any:
    layer = keras.layers.Dense(matrix.shape[1], use_bias=False, trainable=False, name=name)
    found = layer(x)
    layer.set_weights([matrix])
    return found
