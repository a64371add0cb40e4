"""The config of a search: a training whose model is yet to be found, the space it lies in, and the budget."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.workloads.forecast.config import ForecastConfig
from services.workloads.search.dimensions import SearchSpace


class Budget(BaseModel):
    """Whichever of trials and minutes ends first; equal seeds give equal trials."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    trials: int = Field(default=20, ge=1, le=1000)
    minutes: float | None = Field(default=None, gt=0, le=7 * 24 * 60)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)


class SearchConfig(ForecastConfig, Budget):
    """`model` holds the parameters that no dimension touches; its MODE is the first that is tried."""

    arithmetic: Literal["honest"] = "honest"
    space: SearchSpace
