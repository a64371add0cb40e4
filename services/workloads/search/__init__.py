"""The search workload: parameters chosen by their validation error; nothing heavy is imported here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.workloads.base import Workload
from services.workloads.search.config import SearchConfig


def _about(config: SearchConfig) -> Mapping[str, Any]:
    names = ", ".join(config.space.modes)
    return {
        "model_name": names,
        "total_epochs": config.model.EP,
        "total_trials": config.trials,
        "stops_early": True,
    }


WORKLOAD = Workload(
    name="search",
    config=SearchConfig,
    train="services.workloads.search.searching:train",
    record="services.workloads.forecast.records:record_forecast",
    lane="training",
    summary="Try parameters within a budget and train the best of them.",
    unit="trial",
    usage="training",
    phase_weights={"prepare": 3, "train": 92, "evaluate": 2, "export": 2, "register": 1},
    about=_about,
    resumable=lambda _config: True,
    finishable=lambda _config: True,
)
