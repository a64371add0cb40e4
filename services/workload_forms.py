"""The requests that a service turns into the config of a job, as JSON Schema and as the check that applies.

Their configs name blobs and rows, so users never send them: they name a session, and the service that owns
its files writes the config. The models here describe the wire; the readers behind them decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.backtest_fields import BACKTEST_FIELDS, read_backtest
from services.forecasting.models.parameters import ModelParams
from services.forecasting.quantile_levels import LEVELS
from services.search_fields import SEARCH_FIELDS, read_search
from services.training_fields import DATASET_FIELDS, TRAINING_FIELDS, read_dataset, read_training
from services.workloads.backtest.config import FoldsConfig
from services.workloads.forecast.config import Arithmetic, QuantileMethod


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, defer_build=True)


class SplitBody(_Body):
    """Shares of the samples in percent, in the order of time unless shuffled in blocks."""

    train: float = Field(alias="trainPercentage", default=70.0, gt=0, le=100)
    validation: float = Field(alias="validationPercentage", default=20.0, ge=0, lt=100)
    test: float = Field(alias="testPercentage", default=10.0, gt=0, lt=100)
    shuffle: bool = False
    random_dat: bool | None = Field(
        default=None, description="an old name of shuffle", json_schema_extra={"deprecated": True}
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1)


class _Options(_Body):
    max_gap_minutes: float | None = Field(
        default=None, gt=0, description="longest gap between samples that is bridged; null: the default"
    )


class _Parallel(_Body):
    allow_parallel: bool = Field(default=False, description="beside an active job of the same session")


class DatasetBody(_Options):
    model_parameters: ModelParams | None = None
    training_split: SplitBody = SplitBody()
    arithmetic: Arithmetic = "honest"


class TrainingBody(_Options, _Parallel):
    model_parameters: ModelParams
    training_split: SplitBody = SplitBody()
    arithmetic: Arithmetic = "honest"
    quantiles: list[float] | None = Field(default=list(LEVELS), description="[] for none")
    quantile_method: QuantileMethod = "conformal"
    importance: bool = Field(default=True, description="say which inputs the forecasts rest on")


class BacktestBody(_Options, _Parallel):
    model_parameters: ModelParams
    folds: FoldsConfig = FoldsConfig()


class SearchBody(_Options, _Parallel):
    model_parameters: dict[str, Any] = Field(
        default={}, description="what is fixed: MODE, and parameters that are not searched"
    )
    training_split: SplitBody = SplitBody()
    space: dict[str, list[float | str]] | None = Field(
        default=None, description="[low, high] or a list of names per parameter; null: the usual ones"
    )
    trials: int = Field(default=20, ge=1, le=1000)
    minutes: float | None = Field(default=None, gt=0, le=7 * 24 * 60)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    quantiles: list[float] | None = Field(default=list(LEVELS), description="[] for none")
    importance: bool = True


@dataclass(frozen=True)
class Form:
    """`read` refuses what cannot be; `route` is where the first system's page sends it."""

    body: type[BaseModel]
    fields: tuple[str, ...]
    read: Callable[[Mapping[str, Any]], object]
    route: str


FORMS: Mapping[str, Form] = {
    "forecast": Form(TrainingBody, TRAINING_FIELDS, read_training, "train-models/<session_id>"),
    "backtest": Form(BacktestBody, BACKTEST_FIELDS, read_backtest, "backtest/<session_id>"),
    "search": Form(SearchBody, SEARCH_FIELDS, read_search, "search/<session_id>"),
    "dataset": Form(DatasetBody, DATASET_FIELDS, read_dataset, "generate-datasets/<session_id>"),
}
# Those that only a route of their own starts, because they continue what another job left.
ROUTES: Mapping[str, str] = {
    "arrays": "GET /api/training/download-arrays/<session_id>",
    "plot": "POST /api/training/generate-plot",
    "predict": "POST /api/training/predict/<session_id>",
    "series_import": "POST /api/training/upload-chunk",
}
Creation = Literal["config", "session", "route"]
