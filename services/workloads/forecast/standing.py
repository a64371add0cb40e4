"""What makes the curves of a running training readable: the best baseline, and errors by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from services.forecasting.baselines import predict_baselines
from services.forecasting.dataset import Dataset
from services.forecasting.models.base import Report
from services.forecasting.scaling import Scalers
from services.forecasting.windows import MINUTE


class Standing:
    """The validation samples of a training and the baseline that is best on them, in scaled units."""

    def __init__(self, dataset: Dataset, scalers: Scalers, rows: np.ndarray) -> None:
        self._dataset = dataset
        truth = scalers.scale_outputs(dataset.raw_outputs(rows))
        found = {name: scalers.scale_outputs(each) for name, each in predict_baselines(dataset, rows).items()}
        known = np.logical_and.reduce([np.isfinite(each).all(axis=(1, 2)) for each in found.values()])
        losses = {name: _loss(each[known] - truth[known]) for name, each in found.items() if known.any()}
        self._name = min(losses, key=losses.__getitem__) if losses else None
        self._known, self._loss = known, losses.get(self._name or "")
        self._absolute = _by_step(found[self._name][known] - truth[known]) if self._name else None

    def baseline(self) -> dict[str, Any] | None:
        """The loss to come below; None where no baseline has a forecast."""
        if self._name is None or self._loss is None:
            return None
        return {"name": self._name, "loss": self._loss, "root_mean_squared_error": float(np.sqrt(self._loss))}

    def watching(self, report: Report) -> Report:
        """The same report; what it says of errors by step stands beside the baseline's."""

        def told(current: float, total: float, **more: Any) -> None:
            if more.get("event") == "validated":
                more["data"] = {"horizon": self.beside(more["data"]["absolute_by_step"])}
            report(current, total, **more)

        return told

    def by_step(self, truth: np.ndarray, forecast: np.ndarray) -> dict[str, Any] | None:
        """Mean absolute error of model and baseline at every step of the horizon, per output, scaled."""
        known = self._known if self._name else np.ones(len(truth), dtype=bool)
        if not known.any():
            return None
        return self.beside(_by_step(forecast[known] - truth[known]))

    def beside(self, model: np.ndarray) -> dict[str, Any]:
        """Mean absolute errors of a model, (steps, outputs), and those of the baseline."""
        outputs: Mapping[str, Any] = {
            name: {
                "lead_minutes": (history.window.offsets / MINUTE).tolist(),
                "model": model[:, j].tolist(),
                "baseline": None if self._absolute is None else self._absolute[:, j].tolist(),
            }
            for j, (name, history) in enumerate(
                zip(self._dataset.output_names, self._dataset.histories, strict=True)
            )
        }
        return {"part": "validation", "baseline": self._name, "outputs": outputs}


def _loss(difference: np.ndarray) -> float:
    return float(np.mean(np.square(difference)))


def _by_step(difference: np.ndarray) -> np.ndarray:
    """(steps, outputs)."""
    return np.asarray(np.abs(difference).mean(axis=0))
