"""The config of a backtest: the dataset, the model, and how the origins move."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.forecasting.fold_spec import FoldSpec
from services.forecasting.models.parameters import ModelParams
from services.forecasting.units import HOUR
from services.workloads.forecast.config import DatasetConfig

MAX_HOURS = 24 * 366 * 10


class FoldsConfig(BaseModel):
    """As on the wire; null means the default of `services.forecasting.fold_spec.FoldSpec`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    count: int = Field(default=5, ge=2, le=200)
    step_hours: float | None = Field(default=None, gt=0, le=MAX_HOURS)
    test_hours: float | None = Field(default=None, gt=0, le=MAX_HOURS)
    refit: bool = True
    window: Literal["expanding", "sliding"] = "expanding"
    embargo_hours: float | None = Field(default=None, ge=0, le=MAX_HOURS)
    validation_percent: float = Field(default=20.0, ge=0, le=50)
    holdout_percent: float = Field(default=0.0, ge=0, le=50)
    evaluate_holdout: bool = False

    @model_validator(mode="after")
    def _settings_that_act(self) -> FoldsConfig:
        if self.window == "sliding" and not self.refit:
            raise ValueError(
                "window 'sliding' needs refit: without it the first training part is all there is"
            )
        if self.evaluate_holdout and self.holdout_percent == 0:
            raise ValueError("evaluate_holdout needs a holdout_percent above 0")
        return self

    def spec(self) -> FoldSpec:
        return FoldSpec(
            count=self.count,
            step=_ns(self.step_hours),
            test=_ns(self.test_hours),
            window=self.window,
            embargo=_ns(self.embargo_hours),
            validation=self.validation_percent / 100,
            holdout=self.holdout_percent / 100,
        )


class BacktestConfig(DatasetConfig):
    """A backtest is always honest: scalers and models see the training part of their fold alone."""

    arithmetic: Literal["honest"] = "honest"
    model: ModelParams
    folds: FoldsConfig = FoldsConfig()


def _ns(hours: float | None) -> int | None:
    return None if hours is None else round(hours * HOUR)
