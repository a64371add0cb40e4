"""What the forecast workload makes of samples that a test has built."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.forecasting.dataset import Dataset
from services.workloads.base import Run
from services.workloads.forecast import training
from services.workloads.forecast.config import ForecastConfig
from tests.builders import forecast_config


class Silent(Run):
    """The half of Run that a fit needs."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, message: str, *arguments: Any, **more: Any) -> None:
        self.lines.append(message)

    def report(self, **more: Any) -> None:
        pass


def fitted(samples: Dataset, mode: str = "LIN", **split: Any) -> tuple[Any, list[str]]:
    """What the workload itself makes of these samples, and what it logged."""
    config = forecast_config(UUID(int=1))
    past, _, load = config["series"]
    series = [{**past, "name": "past"}, {**load, "name": "load"}]
    run = Silent()
    told = ForecastConfig.model_validate(
        {**config, "series": series, "split": split, "model": {"MODE": mode}}
    )
    return training._fit(run, told, samples), run.lines
