"""What the training of a network remembers between epochs: its variables and its best record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from services.forecasting.models.checkpoints import Arrays, broken, write_state

VARIABLE, BEST = "variable", "best"


def arrays_of(variables: Sequence[Any]) -> dict[str, np.ndarray]:
    """By their places: the names that Keras gives count the layers of a process."""
    return _numbered(VARIABLE, [variable.numpy() for variable in variables])


def assign(variables: Sequence[Any], arrays: Arrays) -> None:
    stored = _collected(VARIABLE, arrays)
    if [_form(each) for each in stored] != [_form(variable.numpy()) for variable in variables]:
        raise broken("it belongs to another network")
    for variable, value in zip(variables, stored, strict=True):
        variable.assign(value)


@dataclass
class Best:
    """Early stopping as Keras does it: a lower loss resets the patience, the best weights come back."""

    patience: int
    loss: float = float("inf")
    epoch: int = 0  # counted from 1
    weights: list[np.ndarray] = field(default_factory=list)
    waited: int = 0

    def is_over(self, loss: float, epoch: int, net: Any) -> bool:
        if loss < self.loss or not self.weights:
            self.loss, self.weights = min(loss, self.loss), net.get_weights()
            self.epoch, self.waited = epoch, 0
            return False
        self.waited += 1
        return self.waited >= self.patience

    def put_back(self, net: Any) -> None:
        net.set_weights(self.weights)

    def save(self, folder: Path) -> None:
        """The record itself, apart from the state that is trained on."""
        write_state(folder, self.arrays(), {"epoch": self.epoch})

    def arrays(self) -> dict[str, np.ndarray]:
        return {"best_loss": np.array(self.loss), **_numbered(BEST, self.weights)}

    def plain(self) -> dict[str, int]:
        return {"best_epoch": self.epoch, "waited": self.waited}

    @classmethod
    def of(cls, patience: int, arrays: Arrays, plain: Mapping[str, Any]) -> Best:
        weights, loss = _collected(BEST, arrays), float(arrays["best_loss"])
        return cls(patience, loss, plain["best_epoch"], weights, plain["waited"])


def _numbered(kind: str, values: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{kind}_{place:05}": value for place, value in enumerate(values)}


def _collected(kind: str, arrays: Arrays) -> list[np.ndarray]:
    names = sorted(name for name in arrays if name.startswith(f"{kind}_") and name[-5:].isdigit())
    return [arrays[name] for name in names]


def _form(value: np.ndarray) -> tuple[tuple[int, ...], str]:
    return value.shape, value.dtype.str
