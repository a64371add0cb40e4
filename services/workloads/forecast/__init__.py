"""The forecast workload and the small jobs around it: names and config schemas, nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.workloads.base import Workload
from services.workloads.forecast.config import (
    DatasetConfig,
    ForecastConfig,
    PlotConfig,
    PredictConfig,
    RankedConfig,
)

_HERE = "services.workloads.forecast"


def _model(config: ForecastConfig) -> Mapping[str, Any]:
    stops_early = "PATIENCE" in config.model.reads()
    epochs = config.model.EP if "EP" in config.model.reads() else None
    return {"model_name": config.model.MODE, "total_epochs": epochs, "stops_early": stops_early}


WORKLOADS: dict[str, Workload] = {
    "forecast": Workload(
        name="forecast",
        config=ForecastConfig,
        train=f"{_HERE}.training:train",
        record=f"{_HERE}.records:record_forecast",
        lane="training",
        resumable=lambda config: config.model.resumable,
        finishable=lambda config: config.model.resumable,
        summary="Train a model of a session's series, judge it on test samples and store it.",
        unit="epoch",
        usage="training",
        warm=("tensorflow", "keras", "seaborn", f"{_HERE}.training"),
        about=_model,
    ),
    "dataset": Workload(
        name="dataset",
        config=RankedConfig,
        train=f"{_HERE}.dataset_job:train",
        record=f"{_HERE}.records:record_dataset",
        lane="interactive",
        summary="Cut a session's series into samples, rank the inputs and draw violin plots.",
        usage="processing",
        warm=(f"{_HERE}.dataset_job",),
    ),
    "arrays": Workload(
        name="arrays",
        config=DatasetConfig,
        train=f"{_HERE}.arrays_job:train",
        lane="interactive",
        summary="Write the samples of a session as arrays for download.",
    ),
    "plot": Workload(
        name="plot",
        config=PlotConfig,
        train=f"{_HERE}.plot_job:train",
        lane="interactive",
        summary="Draw chosen variables over the test samples of a finished training.",
        warm=(f"{_HERE}.plot_job",),
    ),
    "predict": Workload(
        name="predict",
        config=PredictConfig,
        train=f"{_HERE}.predict_job:train",
        lane="interactive",
        summary="Apply the model of a finished training to new windows.",
        warm=(f"{_HERE}.predict_job",),
    ),
}
