"""A weighted mean of several models, weighted by samples on which none of them was fitted or stopped."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import nnls

from services.forecasting.bundles import pack, unpack
from services.forecasting.errors import DataError
from services.forecasting.models import create
from services.forecasting.models import load as load_any
from services.forecasting.models.base import (
    Array,
    Array32,
    FitInfo,
    Model,
    Point,
    Report,
    Rows,
    Samples,
    SavedFile,
    batches,
)
from services.forecasting.models.members import MembersInTurn
from services.forecasting.models.parameters import ModelParams

ABOUT = "ensemble.json"
BATCH = 1024
FEWEST = 8  # validation samples below which there is nothing to weigh by


class Ensemble(Model):
    """Members are fitted one after another and stopped on the first half of the validation samples.

    Their weights, per output, are those of the smallest squared error on the second half among weights that
    are not negative and sum to 1. Between the halves as many samples are left out as the horizon has steps
    (at most a quarter of all), since neighbouring samples share truths.
    """

    def __init__(self, members: Sequence[Model]) -> None:
        self.members = list(members)
        self.weights: Array = np.empty((0, 0))  # (n_outputs, members)

    @classmethod
    def of(cls, params: ModelParams, anchors: list[int | None], pasts: Sequence[int]) -> Ensemble:
        members = [params.of_member(mode) for mode in params.MEMBERS]
        return cls([create(each, "honest", anchors=anchors, pasts=pasts) for each in members])

    @property
    def modes(self) -> list[str]:
        return [self.mode, *(member.mode for member in self.members)]

    def fit(self, train: Samples, validation: Samples, report: Report) -> FitInfo:
        stopping, weighing = _halves(validation)
        turns = MembersInTurn(self.checkpoints)
        count, fitted, finished = len(self.members), len(turns.done), False
        for place, member in enumerate(self.members[fitted:], start=fitted):
            if turns.done and (finished or turns.finish_asked()):
                finished = True
                break
            member.checkpoints = turns
            info = member.fit(train, stopping, _Member(report, member.mode, place, count))
            turns.add(member, info.notes, more=place + 1 < count)
            finished = info.finished_early
        left_out = [member.mode for member in self.members[len(turns.done) :]]
        self.members = turns.done
        notes = [
            f"{m.mode}: {note}" for m, own in zip(self.members, turns.notes, strict=True) for note in own
        ]
        products = _error_products(self.members, weighing, report)
        self.weights = np.stack([best_weights(each) for each in products])
        if left_out:
            notes.append(f"Left out, because the training was ended before: {', '.join(left_out)}")
        return FitInfo(notes=notes + self._notes(len(weighing)), finished_early=finished)

    def predict(self, x: Array) -> Array:
        found = np.stack([member.predict(x) for member in self.members], axis=3)
        return np.asarray(np.einsum("ksjm,jm->ksj", found, self.weights))

    def write(self, folder: Path) -> list[SavedFile]:
        saved = []
        for member in self.members:
            name = _file_name(member.mode)
            with tempfile.TemporaryDirectory() as inner:
                member.save(Path(inner))
                pack(Path(inner), folder / name)
            saved.append(SavedFile(name, "model"))
        about = {"members": [member.mode for member in self.members], "weights": self.weights.tolist()}
        (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")
        return [*saved, SavedFile(ABOUT, "model")]

    def _notes(self, samples: int) -> list[str]:
        notes = []
        for number, weights in enumerate(self.weights, start=1):
            shares = (f"{m.mode} {w:.2f}" for m, w in zip(self.members, weights, strict=True))
            notes.append(f"Weights of output {number}, by {samples} samples: {', '.join(shares)}")
        return notes


def best_weights(products: Array) -> Array:
    """The w of the smallest w'Cw with w >= 0 and sum 1, C (members, members) the products of errors.

    Non-negative least squares (Lawson and Hanson 1974) of |R w|² + k (sum w - 1)² with C = R'R: for every
    k > 0 its solution is a multiple of the one sought.
    """
    values, vectors = np.linalg.eigh(products)
    root = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    unit = max(float(np.abs(root).max()), 1e-300)
    members = len(products)
    design = np.vstack([root / unit, np.ones((1, members))])
    found, _ = nnls(design, np.append(np.zeros(members), 1.0))
    return np.asarray(found / found.sum())


def load(folder: Path) -> Ensemble:
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    members = []
    for place, mode in enumerate(about["members"]):
        inner = folder / f"member_{place}"
        unpack(folder / _file_name(mode), inner)
        members.append(load_any(inner))
    model = Ensemble(members)
    model.weights = np.asarray(about["weights"], dtype=np.float64)
    return model


def _file_name(mode: str) -> str:
    return f"{mode.replace(' ', '_')}.zip"


def _error_products(members: Sequence[Model], samples: Samples, report: Report) -> Array:
    """(n_outputs, members, members): sums of products of the members' errors."""
    count = len(members)
    result = np.zeros((samples.n_outputs, count, count))
    for part in batches(len(samples), BATCH):
        x, y = samples.x(part), samples.y(part)
        errors = np.stack([member.predict(x) - y for member in members], axis=3)
        result += np.einsum("ksjm,ksjn->jmn", errors, errors)
        report(count, count, message="Weighing the members")
    return result


def _halves(validation: Samples) -> tuple[Samples, Samples]:
    n = len(validation)
    if n < FEWEST:
        raise DataError(
            "TOO_FEW_SAMPLES",
            f"An ENSEMBLE needs at least {FEWEST} validation samples for its weights, not {n}",
            suggestion="Give the validation a larger share, or take a single MODE",
            details={"field": "validationPercentage", "samples": n},
        )
    gap = min(validation.output_steps, n // 4)
    first = (n - gap) // 2
    return _Part(validation, 0, first), _Part(validation, first + gap, n)


class _Part:
    """Neighbouring samples of others."""

    def __init__(self, samples: Samples, start: int, stop: int) -> None:
        self._samples = samples
        self._rows = np.arange(start, stop)
        self.input_steps, self.n_inputs = samples.input_steps, samples.n_inputs
        self.output_steps, self.n_outputs = samples.output_steps, samples.n_outputs

    def __len__(self) -> int:
        return len(self._rows)

    def x(self, rows: Rows) -> Array:
        return self._samples.x(self._rows[rows])

    def y(self, rows: Rows) -> Array:
        return self._samples.y(self._rows[rows])

    def x32(self, rows: Rows) -> Array32:
        return self._samples.x32(self._rows[rows])

    def y32(self, rows: Rows) -> Array32:
        return self._samples.y32(self._rows[rows])


class _Member:
    """services.forecasting.models.base.Report of one member, as a part of the whole."""

    def __init__(self, report: Report, mode: str, place: int, members: int) -> None:
        self._report, self._mode, self._place, self._members = report, mode, place, members

    def __call__(self, current: float, total: float, **told: Any) -> None:
        if told.get("event") == "validated":  # the errors of one member are not those of the whole
            return
        if told.get("metrics"):
            told["metrics"] = self._named(told["metrics"])
        told["earlier"] = [Point(p.step, p.epoch, self._named(p.metrics)) for p in told.get("earlier", ())]
        if told.get("message"):
            told["message"] = f"{self._mode}: {told['message']}"
        self._report(self._place + current / max(total, 1e-9), self._members, **told)

    def _named(self, metrics: Any) -> dict[str, float]:
        """A curve of its own for each member."""
        return {f"{self._mode}/{name}": value for name, value in metrics.items()}
