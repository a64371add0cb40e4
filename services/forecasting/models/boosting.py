"""Gradient boosted trees by LightGBM: one booster per output step, all on the same binned windows."""

from __future__ import annotations

import json
from pathlib import Path

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from services.forecasting.models.base import Array, FitInfo, Model, Report, Samples, SavedFile, Shape, batches
from services.forecasting.models.parameters import ModelParams

FILE, ABOUT = "model.lgb.json", "shape.json"
BATCH = 2048
DEFAULT_RATE = 0.1
PATIENCE = 20


class Boosting(Model):
    """The window is binned once; every (step, output) only changes the labels of that one dataset."""

    def __init__(self, params: ModelParams | None = None) -> None:
        self.params = params
        self.shape: Shape | None = None
        self.boosters: list[lgb.Booster] = []

    def fit(self, train: Samples, validation: Samples, report: Report) -> FitInfo:
        self.shape = Shape.of(train)
        x, y = _flat(train)
        settings = self._settings()
        data = lgb.Dataset(x, label=y[:, 0], params=settings, free_raw_data=False).construct()
        held = self._validation(validation, data, settings)
        trees = 0
        for k in range(y.shape[1]):
            data.set_label(y[:, k])
            if held is not None:
                held[0].set_label(held[1][:, k])
            booster = self._boost(data, held[0] if held else None, settings)
            trees += booster.best_iteration or booster.current_iteration()
            self.boosters.append(booster)
            report(k + 1, y.shape[1], message=f"Booster {k + 1} of {y.shape[1]}")
        return FitInfo(notes=[f"{trees / y.shape[1]:.0f} trees per output step on average"])

    def predict(self, x: Array) -> Array:
        assert self.shape is not None
        flat = x.reshape(len(x), -1)
        columns = [np.asarray(booster.predict(flat)) for booster in self.boosters]
        return np.stack(columns, axis=1).reshape(len(x), self.shape.output_steps, self.shape.n_outputs)

    def write(self, folder: Path) -> list[SavedFile]:
        assert self.shape is not None
        texts = [booster.model_to_string(num_iteration=booster.best_iteration) for booster in self.boosters]
        (folder / FILE).write_text(json.dumps(texts), encoding="utf-8")
        (folder / ABOUT).write_text(json.dumps(vars(self.shape)), encoding="utf-8")
        return [SavedFile(FILE, "model"), SavedFile(ABOUT, "support")]

    def _settings(self) -> dict[str, object]:
        assert self.params is not None
        params = self.params
        return {
            "objective": "regression",
            "learning_rate": params.LEARNING_RATE or DEFAULT_RATE,
            "max_depth": params.MAX_DEPTH,
            "min_data_in_leaf": 20,
            "seed": params.SEED,
            "deterministic": True,
            "force_row_wise": True,
            "feature_pre_filter": False,
            "verbose": -1,
        }

    def _validation(
        self, validation: Samples, data: lgb.Dataset, settings: dict[str, object]
    ) -> tuple[lgb.Dataset, Array] | None:
        if len(validation) == 0:
            return None
        x, y = _flat(validation)
        return data.create_valid(x, label=y[:, 0], params=settings).construct(), y

    def _boost(self, data: lgb.Dataset, held: lgb.Dataset | None, settings: dict[str, object]) -> lgb.Booster:
        assert self.params is not None
        patience = self.params.PATIENCE or PATIENCE
        return lgb.train(
            settings,
            data,
            num_boost_round=self.params.N_ESTIMATORS,
            valid_sets=[held] if held is not None else [],
            callbacks=[lgb.early_stopping(patience, verbose=False)] if held is not None else [],
        )


def load(folder: Path) -> Boosting:
    model = Boosting()
    model.shape = Shape(**json.loads((folder / ABOUT).read_text(encoding="utf-8")))
    texts = json.loads((folder / FILE).read_text(encoding="utf-8"))
    model.boosters = [lgb.Booster(model_str=text) for text in texts]
    return model


def _flat(samples: Samples) -> tuple[NDArray[np.float32], Array]:
    """(n, input_steps·n_inputs) in float32, which the bins need no better than, and (n, steps·outputs)."""
    n = len(samples)
    x = np.empty((n, samples.input_steps * samples.n_inputs), dtype=np.float32)
    y = np.empty((n, samples.output_steps * samples.n_outputs))
    for part in batches(n, BATCH):
        x[part] = samples.x(part).reshape(part.stop - part.start, -1)
        y[part] = samples.y(part).reshape(part.stop - part.start, -1)
    return x, y
