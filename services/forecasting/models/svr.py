"""Support vector regression: one machine per horizon step, one per joint horizon, or the historical one."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from skops import io as skops_io

from services.forecasting.errors import DataError
from services.forecasting.models.base import Array, FitInfo, Model, Report, Samples, SavedFile, Shape
from services.forecasting.models.linear import refuse_unequal_steps
from services.forecasting.models.parameters import ModelParams

FILE, ABOUT = "model.skops", "shape.json"
# What a stored file may name beside numbers; anything else is refused unread.
TRUSTED: list[str] = []
MAX_ITERATIONS = 2_000_000  # libsvm may never converge; this many take about a minute


class SupportVectors(Model):
    """Base: a list of estimators, each from features to one number."""

    family = ""

    def __init__(self, params: ModelParams | None = None) -> None:
        self.params = params
        self.shape: Shape | None = None
        self.estimators: list[Any] = []

    def _machine(self) -> Pipeline:
        assert self.params is not None
        params = self.params
        return make_pipeline(
            StandardScaler(),
            SVR(
                kernel=params.KERNEL,
                C=params.C,
                epsilon=params.EPSILON,
                tol=self._tolerance(),
                max_iter=MAX_ITERATIONS,
            ),
        )

    def _tolerance(self) -> float:
        return 1e-3  # libsvm's own

    def write(self, folder: Path) -> list[SavedFile]:
        assert self.shape is not None
        skops_io.dump(self.estimators, folder / FILE)
        about = {"family": self.family, "shape": vars(self.shape)}
        (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")
        return [SavedFile(FILE, "model"), SavedFile(ABOUT, "support")]

    def _fit_columns(self, x: Array, targets: Array, report: Report) -> list[str]:
        """One machine per column of `targets`; returns what people should know of it."""
        total = targets.shape[1]
        for done in range(total):
            report(done, total, message=f"Machine {done + 1} of {total}")  # libsvm itself is silent
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # becomes a note
                self.estimators.append(self._machine().fit(x, targets[:, done]))
        report(total, total, message=f"{total} machines are fitted")
        ended = sum(bool(machine[-1].n_iter_ >= MAX_ITERATIONS) for machine in self.estimators)
        if not ended:
            return []
        return [
            f"{ended} of {total} machines were ended after {MAX_ITERATIONS} iterations: "
            "a smaller C or another KERNEL would fit better"
        ]


class PerStep(SupportVectors):
    """SVR_dir: the whole window in, one machine for every output step and output."""

    family = "per_step"

    def fit(self, train: Samples, validation: Samples, report: Report) -> FitInfo:
        assert self.params is not None
        self.shape = Shape.of(train)
        rows, notes = _chosen_rows(len(train), self.params)
        x = train.x(rows).reshape(len(rows), -1)
        notes += self._fit_columns(x, train.y(rows).reshape(len(rows), -1), report)
        return FitInfo(notes=notes)

    def predict(self, x: Array) -> Array:
        assert self.shape is not None
        flat = x.reshape(len(x), -1)
        columns = [machine.predict(flat) for machine in self.estimators]
        return np.stack(columns, axis=1).reshape(len(x), self.shape.output_steps, self.shape.n_outputs)


class Joint(SupportVectors):
    """SVR_MIMO: the whole window and the wanted step in, one machine per output for all steps together.

    The step enters as an input scaled to 0..1, so that the steps of the horizon share what they learn.
    """

    family = "joint"

    def fit(self, train: Samples, validation: Samples, report: Report) -> FitInfo:
        assert self.params is not None
        self.shape = Shape.of(train)
        steps = self.shape.output_steps
        chosen, notes = _chosen_rows(len(train) * steps, self.params)
        samples, step = np.divmod(chosen, steps)
        x = np.column_stack([train.x(samples).reshape(len(chosen), -1), _share(step, steps)])
        notes += self._fit_columns(x, train.y(samples)[np.arange(len(chosen)), step], report)
        return FitInfo(notes=notes)

    def predict(self, x: Array) -> Array:
        assert self.shape is not None
        steps, flat = self.shape.output_steps, x.reshape(len(x), -1)
        result = np.empty((len(x), steps, self.shape.n_outputs))
        for k in range(steps):
            rows = np.column_stack([flat, np.full(len(x), _share(np.array(k), steps))])
            for j, machine in enumerate(self.estimators):
                result[:, k, j] = machine.predict(rows)
        return result


class Stepwise(SupportVectors):
    """The historical SVR_MIMO: rows are (sample, step), one machine per output (A.8)."""

    family = "stepwise"

    def fit(self, train: Samples, validation: Samples, report: Report) -> FitInfo:
        refuse_unequal_steps(train, "SVR_MIMO")
        self.shape = Shape.of(train)
        everything = slice(0, len(train))
        x = train.x(everything).reshape(-1, train.n_inputs)
        return FitInfo(notes=self._fit_columns(x, train.y(everything).reshape(-1, train.n_outputs), report))

    def _tolerance(self) -> float:
        """Where the polynomial iteration stops at 1e-3 hangs on the last bit of the processor's products."""
        assert self.params is not None
        return 1e-6 if self.params.KERNEL == "poly" else super()._tolerance()

    def predict(self, x: Array) -> Array:
        rows = x.reshape(-1, x.shape[2])
        columns = [machine.predict(rows) for machine in self.estimators]
        return np.stack(columns, axis=1).reshape(len(x), x.shape[1], len(self.estimators))


FAMILIES: dict[str, type[SupportVectors]] = {each.family: each for each in (PerStep, Joint, Stepwise)}


def create(params: ModelParams, arithmetic: str) -> SupportVectors:
    if arithmetic == "compat":
        return Stepwise(params)
    return PerStep(params) if params.MODE == "SVR_dir" else Joint(params)


def load(folder: Path) -> SupportVectors:
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    unknown = [name for name in skops_io.get_untrusted_types(file=folder / FILE) if name not in TRUSTED]
    if unknown:
        raise DataError(
            "UNSAFE_MODEL", f"The model file names types that are not loaded: {', '.join(unknown)}"
        )
    model = FAMILIES[about["family"]]()
    model.shape = Shape(**about["shape"])
    model.estimators = skops_io.load(folder / FILE, trusted=TRUSTED)
    return model


def _chosen_rows(n: int, params: ModelParams) -> tuple[np.ndarray, list[str]]:
    """All rows, or a seeded sample of MAX_ROWS: the cost of an SVR grows with the square of its rows."""
    if n <= params.MAX_ROWS:
        return np.arange(n), []
    rows = np.sort(np.random.default_rng(params.SEED).choice(n, params.MAX_ROWS, replace=False))
    return rows, [f"Fitted on {params.MAX_ROWS} of {n} rows, chosen at random (MAX_ROWS)"]


def _share(step: np.ndarray, steps: int) -> np.ndarray:
    return np.asarray(step / max(1, steps - 1))
