"""Gradient boosted trees by LightGBM: one booster per output, with the step of the horizon as a feature."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import lightgbm as lgb
import numpy as np

from services.forecasting.models.base import Array, FitInfo, Model, Report, Samples, SavedFile, Shape
from services.forecasting.models.boosting_table import BATCH, Form, Table, rows_of, table
from services.forecasting.models.parameters import ModelParams

FILE, ABOUT = "model_{}.lgb.txt", "shape.json"
MAX_TRAIN_ROWS, MAX_VALIDATION_ROWS = 150_000, 40_000
FEW_ROWS = 20_000
SQUARED = {"objective": "regression"}
DEFAULT_RATE = 0.05
PATIENCE = 20
# Two small fits decide whether the series is told by its level or by its changes.
TRIAL_ROWS, TRIAL_TREES, TRIAL_RATE = 30_000, 80, 0.1


class Boosting(Model):
    """A row is (sample, step): the window in a few points, its mean, the inputs at the same place, the step.

    All steps share one binned table and one booster per output, so the cost does not grow with the
    horizon; of long horizons a seeded choice of rows is fitted, which the notes say. Whether values or
    their distances from the newest one are told (boosting_table.py) is decided on the validation samples.
    """

    def __init__(self, params: ModelParams | None = None, anchors: Sequence[int | None] = ()) -> None:
        self.params = params
        self.form = Form.changes(anchors)
        self.shape: Shape | None = None
        self.boosters: list[lgb.Booster] = []
        self.quantile_levels: tuple[float, ...] = ()
        self.quantile_boosters: list[list[lgb.Booster]] = []  # per level, per output

    def fit(self, train: Samples, validation: Samples, report: Report) -> FitInfo:
        self.shape = Shape.of(train)
        self.form = self._best_form(train, validation, report)
        (self.boosters,), rows = self._fit_all(train, validation, [SQUARED], report)
        return FitInfo(notes=self._notes(rows, len(train)))

    def fit_quantiles(
        self, train: Samples, validation: Samples, levels: Sequence[float], report: Report
    ) -> None:
        """By pinball loss, level by level, of what the point forecast leaves over; binned once for all."""
        objectives = [{"objective": "quantile", "alpha": level} for level in levels]
        self.quantile_boosters, _ = self._fit_all(train, validation, objectives, report, left_over=True)
        self.quantile_levels = tuple(levels)

    def predict(self, x: Array) -> Array:
        (found,) = self._trees(x, [self.boosters])
        return np.asarray(found + self.form.last_values(x)[:, None])

    def predict_quantiles(self, x: Array) -> Array:
        middle, *levels = self._trees(x, [self.boosters, *self.quantile_boosters])
        return np.asarray(np.stack(levels) + (middle + self.form.last_values(x)[:, None]))

    def _fit_all(
        self,
        train: Samples,
        validation: Samples,
        objectives: Sequence[Mapping[str, object]],
        report: Report,
        *,
        left_over: bool = False,
    ) -> tuple[list[list[lgb.Booster]], int]:
        """A booster per objective and output, all on one binned table; and its number of rows."""
        assert self.params is not None
        trees, seed = self.params.N_ESTIMATORS, self.params.SEED
        x, y = rows_of(train, self.form, MAX_TRAIN_ROWS, seed)
        if left_over:
            y = y - _columns(self.boosters, x)
        settings = self._settings(len(x))
        data = lgb.Dataset(x, label=y[:, 0], params=settings, free_raw_data=False).construct()
        held = None
        if len(validation):
            held_x, held_y = rows_of(validation, self.form, MAX_VALIDATION_ROWS, seed)
            if left_over:
                held_y = held_y - _columns(self.boosters, held_x)
            held = data.create_valid(held_x, label=held_y[:, 0], params=settings).construct()
        outputs = y.shape[1]
        found: list[list[lgb.Booster]] = [[] for _ in objectives]
        for j in range(outputs):
            data.set_label(y[:, j])
            if held is not None:
                held.set_label(held_y[:, j])
            for i, objective in enumerate(objectives):
                before, total = (j * len(objectives) + i) * trees, outputs * len(objectives) * trees
                found[i].append(self._boost(data, held, {**settings, **objective}, report, before, total))
        return found, len(y)

    def _best_form(self, train: Samples, validation: Samples, report: Report) -> Form:
        """The form of the smaller squared error (over outputs: its geometric mean); unvalidated, changes."""
        assert self.params is not None
        if not self.form.relative or not len(validation):
            return self.form
        errors: dict[Form, list[float]] = {}
        for form in (self.form, Form.levels(train.n_outputs)):
            report(0, 1, message="Level or changes: comparing")
            x, y = rows_of(train, form, TRIAL_ROWS, self.params.SEED)
            held_x, held_y = rows_of(validation, form, TRIAL_ROWS, self.params.SEED)
            settings = {**self._settings(len(x)), **SQUARED, "learning_rate": TRIAL_RATE}
            data = lgb.Dataset(x, label=y[:, 0], params=settings, free_raw_data=False).construct()
            errors[form] = []
            for j in range(y.shape[1]):
                data.set_label(y[:, j])
                booster = lgb.train(settings, data, num_boost_round=TRIAL_TREES)
                wrong = np.asarray(booster.predict(held_x)) - held_y[:, j]
                errors[form].append(max(float(np.mean(wrong**2)), np.finfo(np.float64).tiny))
        return min(errors, key=lambda form: float(np.log(errors[form]).sum()))

    def _trees(self, x: Array, sets: Sequence[Sequence[lgb.Booster]]) -> Array:
        """(sets, k, output_steps, n_outputs): what each set of boosters, one per output, says of x."""
        assert self.shape is not None
        shape = self.shape
        result = np.empty((len(sets), len(x), shape.output_steps, shape.n_outputs))
        steps = np.arange(shape.output_steps)
        for start in range(0, len(x), BATCH):
            part = x[start : start + BATCH]
            rows = table(
                part,
                self.form,
                np.repeat(np.arange(len(part)), len(steps)),
                np.tile(steps, len(part)),
                shape.output_steps,
            )
            for i, boosters in enumerate(sets):
                found = _columns(boosters, rows)
                result[i, start : start + len(part)] = found.reshape(len(part), len(steps), -1)
        return result

    def write(self, folder: Path) -> list[SavedFile]:
        assert self.shape is not None
        names = _file_names(self.shape)
        _write_boosters(folder, names, self.boosters)
        about = {"shape": vars(self.shape), **vars(self.form), "levels": self.quantile_levels}
        (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")
        files = [*(SavedFile(name, "model") for name in names), SavedFile(ABOUT, "support")]
        for level, boosters in zip(self.quantile_levels, self.quantile_boosters, strict=True):
            names = _file_names(self.shape, level)
            _write_boosters(folder, names, boosters)
            files += [SavedFile(name, "support") for name in names]
        return files

    def _settings(self, rows: int) -> dict[str, object]:
        assert self.params is not None
        params = self.params
        return {
            "learning_rate": params.LEARNING_RATE or DEFAULT_RATE,
            "max_depth": params.MAX_DEPTH,
            "num_leaves": 31,
            "min_data_in_leaf": 20,
            "feature_fraction": 0.6,
            "seed": params.SEED,
            "deterministic": True,
            "force_row_wise": True,
            "feature_pre_filter": False,
            "num_threads": 1
            if rows < FEW_ROWS
            else 0,  # 0: all; threads that wait cost more than a small table
            "verbose": -1,
        }

    def _boost(
        self,
        data: lgb.Dataset,
        held: lgb.Dataset | None,
        settings: dict[str, object],
        report: Report,
        before: int,
        total: int,
    ) -> lgb.Booster:
        assert self.params is not None
        watched: list[lgb.Dataset] = [] if held is None else [held]

        def tell(state: lgb.callback.CallbackEnv) -> None:
            done = before + state.iteration + 1
            found = state.evaluation_result_list
            metrics = {"val_loss": float(found[0][2])} if found else None
            report(done, total, step=done, metrics=metrics, message=f"Tree {done} of {total}")

        stop = lgb.early_stopping(self.params.PATIENCE or PATIENCE, verbose=False)
        return lgb.train(
            settings,
            data,
            num_boost_round=self.params.N_ESTIMATORS,
            valid_sets=watched,
            callbacks=[tell, stop] if watched else [tell],
        )

    def _notes(self, rows: int, samples: int) -> list[str]:
        assert self.shape is not None
        trees = [booster.best_iteration or booster.current_iteration() for booster in self.boosters]
        told = "changes from the newest value" if self.form.relative else "levels"
        found = [f"Trees per output: {', '.join(map(str, trees))}", f"Series told by {told}"]
        everything = samples * self.shape.output_steps
        if rows < everything:
            found.append(f"Fitted on {rows} of {everything} rows (sample, step), chosen at random")
        return found


def load(folder: Path) -> Boosting:
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    model = Boosting()
    model.shape = Shape(**about["shape"])
    every = range(model.shape.n_inputs)  # as models were saved that do not say it
    model.form = Form(tuple(about["anchors"]), tuple(about.get("relative", every)))
    try:
        model.boosters = _read_boosters(folder, _file_names(model.shape))
        model.quantile_levels = tuple(about.get("levels", ()))
        model.quantile_boosters = [
            _read_boosters(folder, _file_names(model.shape, level)) for level in model.quantile_levels
        ]
    except lgb.basic.LightGBMError as error:
        raise ValueError(f"not LightGBM's text format: {error}") from None
    return model


def _file_names(shape: Shape, level: float | None = None) -> list[str]:
    """One file per output, in LightGBM's own text format; of the mean or of a quantile."""
    which = "" if level is None else f"{level}_"
    return [FILE.format(f"{which}{number}") for number in range(1, shape.n_outputs + 1)]


def _columns(boosters: Sequence[lgb.Booster], rows: Table) -> Array:
    """(rows, outputs)"""
    return np.stack([np.asarray(booster.predict(rows)) for booster in boosters], axis=1)


def _write_boosters(folder: Path, names: Sequence[str], boosters: Sequence[lgb.Booster]) -> None:
    for name, booster in zip(names, boosters, strict=True):
        text = booster.model_to_string(num_iteration=booster.best_iteration)
        (folder / name).write_text(text, encoding="utf-8")


def _read_boosters(folder: Path, names: Sequence[str]) -> list[lgb.Booster]:
    return [lgb.Booster(model_str=(folder / name).read_text(encoding="utf-8")) for name in names]
