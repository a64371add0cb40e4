"""The backtest workload: a model judged by forecasts from many origins; nothing heavy is imported here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.workloads.backtest.config import BacktestConfig
from services.workloads.base import Workload


def _about(config: BacktestConfig) -> Mapping[str, Any]:
    return {"model_name": config.model.MODE, "total_folds": config.folds.count}


WORKLOAD = Workload(
    name="backtest",
    config=BacktestConfig,
    train="services.workloads.backtest.backtesting:train",
    lane="training",
    summary="Judge a model by forecasts from many origins, each fitted on what came before it.",
    unit="fold",
    usage="training",
    phase_weights={"prepare": 10, "train": 86, "evaluate": 2, "export": 1, "register": 1},
    about=_about,
    resumable=lambda _config: True,
)
