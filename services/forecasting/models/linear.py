"""Linear regression: exact from the whole window, with or without a penalty; historical, step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from services.forecasting.errors import DataError
from services.forecasting.models.base import Array, FitInfo, Model, Report, Samples, SavedFile, Shape
from services.forecasting.models.moments import Moments, flat, moments

# Relative to the mean diagonal of the Gram matrix; only keeps exactly collinear columns solvable.
RIDGE = 1e-6
PENALTIES = np.logspace(-6, 2, 17)  # relative to the mean variance sum of an input
UNCHOSEN = 1e-3
FILE = "model.npz"
MAX_COLUMNS = 10_000


class DirectLinear(Model):
    """Every output step is a linear function of all inputs of the window, fitted by least squares.

    Normal equations on centred float64 values, with a tiny ridge against collinear calendar columns.
    """

    def __init__(self) -> None:
        self.shape: Shape | None = None
        self.coefficients: Array = np.empty(0)  # (input_steps * n_inputs, output_steps * n_outputs)
        self.intercept: Array = np.empty(0)

    def fit(self, train: Samples, validation: Samples, report: Report) -> FitInfo:
        self.shape = Shape.of(train)
        _refuse_huge(self.shape, self.mode)
        sums = moments(train, _teller(report, "Summing products"))
        self.coefficients, self.intercept = sums.solve(RIDGE * sums.scale)
        report(1, 1, message="Solved")
        return FitInfo(notes=_notes(sums))

    def predict(self, x: Array) -> Array:
        assert self.shape is not None
        found = flat(x) @ self.coefficients + self.intercept
        return found.reshape(len(x), self.shape.output_steps, self.shape.n_outputs)

    def write(self, folder: Path) -> list[SavedFile]:
        return _write(self, folder, step_wise=False)


class Ridge(DirectLinear):
    """The same map with a penalty on its coefficients, as in sklearn.linear_model.Ridge.

    Without ALPHA the penalty is the one of PENALTIES, relative to the mean variance sum of an input, whose
    squared error on the validation samples is smallest; the model itself never sees those.
    """

    def __init__(self, alpha: float | None = None) -> None:
        super().__init__()
        self.alpha = alpha

    def fit(self, train: Samples, validation: Samples, report: Report) -> FitInfo:
        self.shape = Shape.of(train)
        _refuse_huge(self.shape, self.mode)
        sums = moments(train, _teller(report, "Summing products", 0.5))
        if self.alpha is None:
            self.alpha, note = _chosen(sums, validation, report)
        else:
            note = f"ALPHA = {self.alpha:g}, as given"
        self.coefficients, self.intercept = sums.solve(self.alpha)
        report(1, 1, message="Solved")
        return FitInfo(notes=[note])


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
        return _write(self, folder, step_wise=True)


def _chosen(sums: Moments, validation: Samples, report: Report) -> tuple[float, str]:
    """The penalty with the smallest error on the validation samples, and a note of it."""
    if not len(validation):
        alpha = sums.scale * UNCHOSEN
        return alpha, f"ALPHA = {alpha:.3g}: there are no validation samples to choose it by"
    held = moments(validation, _teller(report, "Summing products of the validation samples", 0.25, 0.5))
    errors = {}
    for done, penalty in enumerate(PENALTIES, start=1):
        alpha = float(penalty * sums.scale)
        errors[alpha] = float(held.squared_error(*sums.solve(alpha)).sum())
        report(0.75 + 0.25 * done / (len(PENALTIES) + 1), 1, message="Choosing the penalty")
    best = min(errors, key=errors.__getitem__)
    edge = " (the end of the grid)" if best in (min(errors), max(errors)) else ""
    return best, f"ALPHA = {best:.3g}{edge}, chosen on {len(validation)} validation samples"


def _write(model: DirectLinear | StepwiseLinear, folder: Path, *, step_wise: bool) -> list[SavedFile]:
    assert model.shape is not None
    np.savez(
        folder / FILE,
        coefficients=model.coefficients,
        intercept=model.intercept,
        output_shape=[model.shape.output_steps, model.shape.n_outputs],
        input_shape=[model.shape.input_steps, model.shape.n_inputs],
        step_wise=step_wise,
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


def _refuse_huge(shape: Shape, mode: str) -> None:
    """The Gram matrix has columns² entries."""
    columns = shape.input_steps * shape.n_inputs
    if columns > MAX_COLUMNS:
        raise DataError(
            "MODEL_TOO_LARGE",
            f"{mode} would have {columns} inputs ({shape.input_steps} steps of {shape.n_inputs} features); "
            f"{MAX_COLUMNS} are allowed",
            suggestion="Use fewer input steps (eingabe) or features, or another MODE",
            details={"inputs": columns, "limit": MAX_COLUMNS},
        )


def _teller(
    report: Report, message: str, share: float = 0.9, start: float = 0.0
) -> Callable[[int, int], None]:
    """Tells batches as this share of the whole fit."""

    def told(done: int, total: int) -> None:
        report(start + share * done / total, 1, message=message)

    return told


def _notes(sums: Moments) -> list[str]:
    columns = len(sums.mean_x)
    if sums.count > 3 * columns:
        return []
    return [
        f"{sums.count} training samples for {columns} coefficients per output step: expect overfitting, "
        "which RIDGE holds back"
    ]
