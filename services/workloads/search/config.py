"""The config of a search: a training whose model is yet to be found, the space it lies in, and the budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.forecasting.models.parameters import ModelParams
from services.workloads.forecast.config import ForecastConfig
from services.workloads.search.dimensions import SearchSpace
from services.workloads.search.spaces import acting


class Budget(BaseModel):
    """Whichever of trials and minutes ends first; equal seeds give equal trials."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    trials: int = Field(default=20, ge=1, le=1000)
    minutes: float | None = Field(default=None, gt=0, le=7 * 24 * 60)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)


class SearchConfig(ForecastConfig, Budget):
    """`fixed` is what no dimension touches, for every MODE where it acts; `model` the first tried MODE."""

    arithmetic: Literal["honest"] = "honest"
    fixed: dict[str, Any] = {}
    space: SearchSpace

    def parameters(self, searched: Mapping[str, Any]) -> ModelParams:
        """The model of a trial, from its MODE and the parameters that were searched."""
        names = acting(searched["MODE"], self.fixed.get("MEMBERS", ()))
        fixed = {name: value for name, value in self.fixed.items() if name in names}
        return ModelParams.model_validate({**fixed, **searched})
