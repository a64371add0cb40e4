"""Teacher forcing: the cell of an AR LSTM that is fed the truth of the step before; only for training."""

from __future__ import annotations

from typing import Any

import keras

from services.forecasting.models.autoregressive import FeedbackCell


class TaughtCell(keras.layers.Layer):  # type: ignore[misc]
    """Shares the weights of a FeedbackCell; its inputs are the values before each step (b, outputs)."""

    def __init__(self, cell: FeedbackCell) -> None:
        super().__init__()
        self.cell = cell
        self.state_size, self.output_size = cell.state_size, cell.output_size

    def build(self, _shape: Any) -> None:
        """The weights are those of the cell."""

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        hidden, carry, _ = states
        return self.cell(None, [hidden, carry, inputs], training=training)
