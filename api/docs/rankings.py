"""The instant ranking of simple models, described."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class RankedModel(BaseModel):
    """One row of a ranking, in the output's own unit."""

    model: str
    MAE: float | None
    RMSE: float | None
    skill: float | None = Field(description="1 - MAE / MAE of the best baseline")


class RankedSteps(BaseModel):
    """The same at every step of the horizon; `skill` is AUTO's, `best` names the winner."""

    lead_minutes: list[float]
    MAE: dict[str, list[float | None]]
    skill: list[float | None]
    best: list[str | None]


class RankedOutput(BaseModel):
    """The models of one output from best to worst."""

    samples: int
    models: list[RankedModel]
    steps: RankedSteps
    undefined: str | None


class RankingTable(BaseModel):
    """What costs nothing, judged on the validation part; where `outputs` is null `undefined` says why."""

    part: str | None = None
    samples: int | None = None
    of_samples: int | None = None
    trained_on: int | None = None
    of_trained: int | None = None
    outputs: dict[str, RankedOutput] | None
    undefined: str | None = None
    auto: Any = None
    cpu_seconds: float | None = None
