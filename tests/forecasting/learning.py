"""A small thing to learn: two series over some weeks, two outputs, windows of unequal length."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from services.forecasting.dataset import Dataset, FeatureSpec, Samples, SplitSpec, WindowSpec, build
from services.forecasting.models import create
from services.forecasting.models.base import FitInfo, Model
from services.forecasting.models.parameters import ModelParams
from services.forecasting.scaling import Scalers

HOUR = 3600 * 10**9
START = int(np.datetime64("2024-01-01T00:00", "ns").astype(np.int64))
SMALL: dict[str, dict[str, Any]] = {
    "AUTO": {},
    "LIN": {},
    "RIDGE": {},
    "Dense": {"N": 16, "EP": 3},
    "NLinear": {"EP": 3},
    "DLinear": {"EP": 3},
    "CNN": {"N": 8, "EP": 3},
    "LSTM": {"N": 8, "LAY": 1, "EP": 2},
    "AR LSTM": {"N": 8, "LAY": 1, "EP": 2},
    "SVR_dir": {"MAX_ROWS": 200},
    "SVR_MIMO": {"MAX_ROWS": 400},
    "LGBMR": {"N_ESTIMATORS": 20},
    "ENSEMBLE": {"N": 16, "EP": 3, "N_ESTIMATORS": 20},
}


@dataclass(frozen=True)
class Task:
    dataset: Dataset
    scalers: Scalers
    train: Samples
    validation: Samples
    test: Samples


class Reports:
    """What a fit says, kept; it may be told to refuse."""

    def __init__(self, refuse: Exception | None = None) -> None:
        self.refuse = refuse
        self.told: list[dict[str, Any]] = []

    def __call__(self, current: float, total: float, **more: Any) -> None:
        self.told.append({"current": current, "total": total, **more})
        if self.refuse is not None:
            raise self.refuse


def task(*, input_steps: int = 12, output_steps: int = 4, hours: int = 24 * 20) -> Task:
    """Inputs load and temperature of the last hours; outputs load and heat of the next."""
    random = np.random.default_rng(5)
    at = np.arange(hours)
    day = 2 * np.pi * at / 24
    temperature = 10 - 6 * np.cos(day) + random.normal(0, 0.5, hours)
    load = 200 + 60 * np.sin(day) + random.normal(0, 3, hours)
    heat = 40 - 2 * temperature + random.normal(0, 1, hours)
    before, after = (1 - input_steps, 0), (1, output_steps)
    dataset = build(
        [_series("load", load, before), _series("temperature", temperature, before)],
        [_series("load", load, after), _series("heat", heat, after)],
        [],
        WindowSpec(input_steps, output_steps, 60),
    )
    split = dataset.split(SplitSpec(), "honest")
    scalers = dataset.fit_scalers(split.train)
    return Task(
        dataset,
        scalers,
        dataset.samples(split.train, scalers),
        dataset.samples(split.validation, scalers),
        dataset.samples(split.test, scalers),
    )


def fitted(
    about: Task, mode: str, arithmetic: Any = "honest", **params: Any
) -> tuple[Model, FitInfo, Reports]:
    chosen = ModelParams(MODE=mode, **{**SMALL[mode], **params})  # type: ignore[arg-type]
    model = create(chosen, arithmetic, anchors=[0, None])
    reports = Reports()
    return model, model.fit(about.train, about.validation, reports), reports


@cache
def usual_task() -> Task:
    return task()


@cache
def usual(mode: str) -> tuple[Model, FitInfo, Reports]:
    """Fitted once for all tests that change nothing of it."""
    return fitted(usual_task(), mode)


def everything(samples: Samples) -> tuple[np.ndarray, np.ndarray]:
    rows = slice(0, len(samples))
    return samples.x(rows), samples.y(rows)


def _series(name: str, values: np.ndarray, hours: tuple[float, float]) -> FeatureSpec:
    return FeatureSpec(name, START + np.arange(len(values)) * HOUR, values, *hours)
