"""The fields of a backtest request as the wire names them: model, folds, and how gaps are treated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.forecasting.models.parameters import ModelParams
from services.training_fields import (
    CODE,
    DatasetOptions,
    read_flag,
    read_model,
    read_object,
    read_options,
    refusal,
)
from services.validation import checked
from services.workloads.backtest.config import FoldsConfig

BACKTEST_FIELDS = ("model_parameters", "folds", "max_gap_minutes", "allow_parallel")


@dataclass(frozen=True)
class BacktestRequest:
    model: ModelParams
    folds: FoldsConfig
    options: DatasetOptions
    allow_parallel: bool


def read_backtest(body: Mapping[str, Any]) -> BacktestRequest:
    """A checked request; folds default to five, refitted on all that came before."""
    model = read_object(body, "model_parameters")
    if not model:
        raise refusal("model_parameters", "is missing", 'Send at least {"MODE": "LIN"}')
    given = {name: value for name, value in read_object(body, "folds").items() if value is not None}
    return BacktestRequest(
        read_model(model),
        checked(FoldsConfig, given, where="folds", code=CODE, strict=True),
        read_options(body),
        read_flag(body, "allow_parallel"),
    )
