"""A recurrent cell that is fed its own output; the file travels with every model that has one."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="trainyard")
class FeedbackCell(keras.layers.Layer):  # type: ignore[misc]
    """State (h, c, value); each step adds a change to the value before it. The inputs only count steps."""

    def __init__(self, units: int, outputs: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.outputs = units, outputs
        self.state_size = [units, units, outputs]
        self.output_size = outputs
        self.cell = keras.layers.LSTMCell(units)
        self.head = keras.layers.Dense(outputs, kernel_initializer="zeros")

    def build(self, _shape: Any) -> None:
        self.cell.build((None, self.outputs))
        self.head.build((None, self.units))

    def call(self, _inputs: Any, states: Any, training: bool = False) -> Any:
        hidden, carry, value = states
        out, (hidden, carry) = self.cell(value, [hidden, carry])
        value = value + self.head(out)
        return value, [hidden, carry, value]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units, "outputs": self.outputs}
