"""The port for models: fitted on samples, applied to arrays, kept as files that are safe to open."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from services.forecasting.models.checkpoints import Checkpoints, NoCheckpoints
from services.forecasting.models.files import META

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]
Rows = slice | NDArray[np.int64]


class Samples(Protocol):
    """Scaled windows, cut when asked for."""

    @property
    def input_steps(self) -> int: ...
    @property
    def n_inputs(self) -> int: ...
    @property
    def output_steps(self) -> int: ...
    @property
    def n_outputs(self) -> int: ...

    def __len__(self) -> int: ...

    def x(self, rows: Rows) -> Array:
        """(k, input_steps, n_inputs)"""

    def y(self, rows: Rows) -> Array:
        """(k, output_steps, n_outputs)"""

    def x32(self, rows: Rows) -> Array32:
        """x in float32, for models that read many batches"""

    def y32(self, rows: Rows) -> Array32: ...


class Point(NamedTuple):
    """Metrics of a moment of a fit that passed without a report."""

    step: int
    epoch: int
    metrics: Mapping[str, float]


class Report(Protocol):
    """Says how far a fit is; what it raises ends the fit and passes through."""

    def __call__(
        self,
        current: float,
        total: float,
        *,
        metrics: Mapping[str, float] | None = None,
        earlier: Sequence[Point] = (),
        epoch: int | None = None,
        step: int | None = None,
        message: str | None = None,
        event: str = "progress",
        data: Mapping[str, Any] | None = None,
    ) -> None: ...


@dataclass(frozen=True)
class FitInfo:
    """How a fit went; `history` holds one value per epoch, notes are for people."""

    epochs_completed: int | None = None
    stopped_early: bool = False
    history: dict[str, list[float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    finished_early: bool = False  # because Checkpoints.finish_asked


@dataclass(frozen=True)
class SavedFile:
    name: str
    kind: Literal["model", "support"]  # what a user downloads, and what `load` needs beside it


@dataclass(frozen=True)
class Shape:
    """The windows a model was fitted on."""

    input_steps: int
    n_inputs: int
    output_steps: int
    n_outputs: int

    @classmethod
    def of(cls, samples: Samples) -> Shape:
        return cls(samples.input_steps, samples.n_inputs, samples.output_steps, samples.n_outputs)


class Model(ABC):
    """Scaled windows in, scaled windows out."""

    mode = ""
    # set before a fit that may be stopped and continued; a family that cannot be continued leaves it alone
    checkpoints: Checkpoints = NoCheckpoints()

    @property
    def modes(self) -> list[str]:
        """Its own, then those of its members where it has some."""
        return [self.mode]

    @abstractmethod
    def fit(self, train: Samples, validation: Samples, report: Report) -> FitInfo: ...

    @abstractmethod
    def predict(self, x: Array) -> Array:
        """(k, input_steps, n_inputs) -> (k, output_steps, n_outputs)"""

    @abstractmethod
    def write(self, folder: Path) -> list[SavedFile]:
        """Write the family's files into this folder."""

    def save(self, folder: Path) -> list[SavedFile]:
        """Write everything `load` needs; returns all files but the one that names the mode."""
        files = self.write(folder)
        (folder / META).write_text(json.dumps({"mode": self.mode}), encoding="utf-8")
        return files


def batches(n: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]
