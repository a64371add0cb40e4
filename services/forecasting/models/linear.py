"""Linear regression: one exact map from the whole window, or the historical one from step to step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from services.forecasting.errors import DataError
from services.forecasting.models.base import Array, FitInfo, Model, Report, Samples, SavedFile, Shape, batches

BATCH = 512
# Relative to the mean diagonal of the Gram matrix; only keeps exactly collinear columns solvable.
RIDGE = 1e-6
FILE = "model.npz"
MAX_COLUMNS = 10_000


class DirectLinear(Model):
    """Every output step is a linear function of all inputs of the window, fitted by least squares.

    Normal equations on centred float64 values, summed batch by batch (no window is held twice), with a
    tiny ridge against collinear calendar columns.
    """

    def __init__(self) -> None:
        self.shape: Shape | None = None
        self.coefficients: Array = np.empty(0)  # (input_steps * n_inputs, output_steps * n_outputs)
        self.intercept: Array = np.empty(0)

    def fit(self, train: Samples, validation: Samples, report: Report) -> FitInfo:
        self.shape = Shape.of(train)
        _refuse_huge(self.shape)
        mean_x, mean_y = _means(train)
        gram = np.zeros((len(mean_x), len(mean_x)))
        moment = np.zeros((len(mean_x), len(mean_y)))
        parts = batches(len(train), BATCH)
        for done, part in enumerate(parts, start=1):
            x, y = _flat(train.x(part)) - mean_x, _flat(train.y(part)) - mean_y
            gram += x.T @ x
            moment += x.T @ y
            report(done, len(parts) + 1, message="Summing products")
        gram[np.diag_indices_from(gram)] += RIDGE * max(float(np.trace(gram)) / len(gram), 1e-12)
        self.coefficients = np.asarray(np.linalg.solve(gram, moment), dtype=np.float64)
        self.intercept = np.asarray(mean_y - mean_x @ self.coefficients)
        report(len(parts) + 1, len(parts) + 1, message="Solved")
        return FitInfo(notes=_notes(len(train), len(mean_x)))

    def predict(self, x: Array) -> Array:
        assert self.shape is not None
        flat = _flat(x) @ self.coefficients + self.intercept
        return flat.reshape(len(x), self.shape.output_steps, self.shape.n_outputs)

    def write(self, folder: Path) -> list[SavedFile]:
        assert self.shape is not None
        np.savez(
            folder / FILE,
            coefficients=self.coefficients,
            intercept=self.intercept,
            output_shape=[self.shape.output_steps, self.shape.n_outputs],
            input_shape=[self.shape.input_steps, self.shape.n_inputs],
            step_wise=False,
        )
        return [SavedFile(FILE, "model")]


class StepwiseLinear(Model):
    """The historical LIN: output step k from the inputs of step k alone, one OLS per output (A.8)."""

    def __init__(self) -> None:
        self.shape: Shape | None = None
        self.coefficients: Array = np.empty(0)  # (n_outputs, n_inputs)
        self.intercept: Array = np.empty(0)

    def fit(self, train: Samples, validation: Samples, report: Report) -> FitInfo:
        refuse_unequal_steps(train, "LIN")
        self.shape = Shape.of(train)
        x = train.x(slice(0, len(train))).reshape(-1, train.n_inputs)
        y = train.y(slice(0, len(train))).reshape(-1, train.n_outputs)
        mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
        solved = np.linalg.lstsq(x - mean_x, y - mean_y, rcond=None)[0]
        self.coefficients = solved.T
        self.intercept = mean_y - mean_x @ solved
        report(1, 1, message="Solved")
        return FitInfo()

    def predict(self, x: Array) -> Array:
        result: Array = x @ self.coefficients.T + self.intercept
        return result

    def write(self, folder: Path) -> list[SavedFile]:
        assert self.shape is not None
        np.savez(
            folder / FILE,
            coefficients=self.coefficients,
            intercept=self.intercept,
            output_shape=[self.shape.output_steps, self.shape.n_outputs],
            input_shape=[self.shape.input_steps, self.shape.n_inputs],
            step_wise=True,
        )
        return [SavedFile(FILE, "model")]


def load(folder: Path) -> Model:
    with (folder / FILE).open("rb") as file, np.load(file, allow_pickle=False) as stored:
        values: dict[str, Any] = {name: stored[name] for name in stored.files}
    model: DirectLinear | StepwiseLinear
    model = StepwiseLinear() if bool(values["step_wise"]) else DirectLinear()
    model.coefficients, model.intercept = values["coefficients"], values["intercept"]
    model.shape = Shape(*map(int, values["input_shape"]), *map(int, values["output_shape"]))
    return model


def refuse_unequal_steps(samples: Samples, mode: str) -> None:
    """The step-wise models of the first system know only windows of equal length."""
    if samples.input_steps != samples.output_steps:
        raise DataError(
            "UNEQUAL_STEPS",
            f"{mode} in compat arithmetic needs eingabe = ausgabe, "
            f"not {samples.input_steps} and {samples.output_steps}",
            suggestion='Leave "arithmetic": "compat" out, or set equal steps',
        )


def _refuse_huge(shape: Shape) -> None:
    """The Gram matrix has columns² entries."""
    columns = shape.input_steps * shape.n_inputs
    if columns > MAX_COLUMNS:
        raise DataError(
            "MODEL_TOO_LARGE",
            f"LIN would have {columns} inputs ({shape.input_steps} steps of {shape.n_inputs} features); "
            f"{MAX_COLUMNS} are allowed",
            suggestion="Use fewer input steps (eingabe) or features, or another MODE",
            details={"inputs": columns, "limit": MAX_COLUMNS},
        )


def _flat(values: Array) -> Array:
    return values.reshape(len(values), -1)


def _means(train: Samples) -> tuple[Array, Array]:
    total_x: Array | float = 0.0
    total_y: Array | float = 0.0
    for part in batches(len(train), BATCH):
        total_x = total_x + _flat(train.x(part)).sum(axis=0)
        total_y = total_y + _flat(train.y(part)).sum(axis=0)
    return np.asarray(total_x) / len(train), np.asarray(total_y) / len(train)


def _notes(n: int, columns: int) -> list[str]:
    if n > 3 * columns:
        return []
    return [f"{n} training samples for {columns} coefficients per output step: expect overfitting"]
