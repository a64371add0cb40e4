"""The configs of the forecast workloads: a complete, checked snapshot, so that a job can be repeated."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from services.forecasting.care.recipe import RecipeStep
from services.forecasting.lag_names import lag_name
from services.forecasting.models.parameters import ModelParams
from services.forecasting.quantile_levels import LEVELS, check_levels, check_pinball

Arithmetic = Literal["honest", "compat"]
QuantileMethod = Literal["conformal", "pinball"]
MAX_STEPS = 4096
# What a change of the dataset arithmetic must change too, so that no stale dataset is reused.
DATASET_FORMAT = 5


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class SeriesInput(_Config):
    """One file of the session and how its windows are cut (forecasting.md A.2)."""

    file_id: UUID
    name: str
    role: Literal["input", "output"]
    blob_key: str
    sha256: str
    start_hours: float
    end_hours: float
    form: Literal["historical", "forecasts", "current"] = "historical"
    method: Literal["linear", "mean", "nearest"] = "linear"
    window_mean: bool = False
    lags: tuple[str, ...] = ()
    scale: bool = True
    scale_min: float = 0.0
    scale_max: float = 1.0
    recipe: list[RecipeStep] = []  # applied to the series before anything is cut from it


class CalendarInput(_Config):
    """One calendar component (A.5); country, bridges and school holidays belong to H alone."""

    component: Literal["Y", "M", "W", "D", "H"]
    local: bool = False
    per_step: bool = True
    start_hours: float
    end_hours: float
    scale: bool = False
    scale_min: float = 0.0
    scale_max: float = 1.0
    country: str | None = None
    bridges: bool = False
    school: tuple[tuple[date, date], ...] = ()  # first and last day of each


class Steps(_Config):
    input_steps: int = Field(ge=1, le=MAX_STEPS)
    output_steps: int = Field(ge=1, le=MAX_STEPS)
    stride_minutes: float = Field(gt=0)
    offset_minutes: float = 0.0
    timezone: str = "UTC"
    max_gap_minutes: float | None = Field(default=None, gt=0)


class SplitConfig(_Config):
    """Percentages of the samples; `shuffle` moves whole blocks, never single samples, in honest mode."""

    train: float = Field(default=70.0, gt=0, le=100)
    validation: float = Field(default=20.0, ge=0, lt=100)
    test: float = Field(default=10.0, gt=0, lt=100)
    shuffle: bool = False
    seed: int = Field(default=0, ge=0, le=2**31 - 1)

    @model_validator(mode="after")
    def _adds_up(self) -> SplitConfig:
        if abs(self.train + self.validation + self.test - 100.0) > 0.01:
            raise ValueError("train, validation and test percentages must add up to 100")
        return self


class DatasetConfig(_Config):
    """Everything the arrays of a session follow from."""

    session_id: UUID
    series: list[SeriesInput]
    calendar: list[CalendarInput]
    steps: Steps
    arithmetic: Arithmetic = "honest"

    @property
    def measured_inputs(self) -> list[str]:
        """The input columns that come from files, in their order: the windows, then the lags."""
        inputs = [series for series in self.series if series.role == "input"]
        lags = [lag_name(series.name, lag) for series in inputs for lag in series.lags]
        return [series.name for series in inputs] + lags

    def fingerprint(self) -> str:
        """Content hash: equal configs on equal bytes share one dataset."""
        content = DatasetConfig.model_dump(self, mode="json", include=set(DatasetConfig.model_fields))
        del content["session_id"]
        for series in content["series"]:
            del series["file_id"], series["blob_key"]
        text = json.dumps([DATASET_FORMAT, content], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


class RankedConfig(DatasetConfig):
    """A dataset and the split of its instant ranking."""

    split: SplitConfig = SplitConfig()


class ForecastConfig(DatasetConfig):
    """A training: the dataset, the model and the split."""

    model: ModelParams
    split: SplitConfig = SplitConfig()
    quantiles: tuple[float, ...] = LEVELS  # [] for none
    quantile_method: QuantileMethod = "conformal"
    importance: bool = True  # which inputs the forecasts rest on, over validation samples

    @field_validator("quantiles")
    @classmethod
    def _ascending(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        return check_levels(levels)

    @model_validator(mode="after")
    def _trainable_quantiles(self) -> ForecastConfig:
        if self.quantile_method == "pinball":
            check_pinball(self.model.MODE, self.quantiles)
        return self


class PlotConfig(ForecastConfig):
    """A picture of chosen variables over test samples of a finished training (B.2, /generate-plot)."""

    trained_job: UUID
    predictions_key: str  # blob of the stored test predictions
    num_sbpl: int = Field(default=17, ge=1, le=17)
    x_sbpl: str = "UTC"
    y_sbpl_fmt: Literal["original", "skaliert"] = "original"
    y_sbpl_set: Literal["separate Achsen", "gemeinsame Achse"] = "separate Achsen"
    inputs: list[str] = []
    outputs: list[str] = []
    forecasts: list[str] = []


class PredictConfig(_Config):
    """Apply a saved model to new windows, in original units unless apply_scaling is off."""

    trained_job: UUID
    bundle_key: str  # blob of the model bundle: everything `load` needs, in one ZIP
    scalers: dict[str, Any]  # as in scalers.json
    input_data: list[list[list[float]]]  # (samples, input_steps, input features), in feature order
    apply_scaling: bool = True
