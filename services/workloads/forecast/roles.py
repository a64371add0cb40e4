"""What a model is told of the columns of a job's dataset, and whom it tells how far it is."""

from __future__ import annotations

from typing import Any

from services.forecasting.dataset import Dataset
from services.forecasting.models.base import Report
from services.workloads.base import Phase, Run
from services.workloads.forecast.config import DatasetConfig


def anchors(config: DatasetConfig, dataset: Dataset) -> list[int | None]:
    """For every output the input column that is its own history: the same bytes, ending at the reference."""
    names = list(dataset.input_names)
    histories = {
        series.sha256: names.index(series.name)
        for series in config.series
        if series.role == "input" and series.end_hours <= 0 and not series.window_mean
    }
    return [histories.get(series.sha256) for series in config.series if series.role == "output"]


def pasts(config: DatasetConfig, dataset: Dataset) -> list[int]:
    """The input columns of measured windows of the past, which a shorter look-back would cut."""
    names = list(dataset.input_names)
    return [
        names.index(series.name)
        for series in config.series
        if series.role == "input" and series.start_hours < series.end_hours <= 0 and not series.window_mean
    ]


def reporter(run: Run, phase: Phase) -> Report:
    """What a model calls while it works; Run.report stores it under this phase."""

    def report(current: float, total: float, **more: Any) -> None:
        run.report(phase=phase, current=current, total=total, **more)

    return report
