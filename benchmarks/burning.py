"""A workload that keeps a core busy and says in each message when it was reported."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.workloads.base import Run, Workload


class Burn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seconds: float = Field(gt=0)
    rest: bool = False  # wait instead of calculating


def train(run: Run, config: Burn) -> Mapping[str, Any]:
    """Calculates without a pause; reports as often as a model reports its batches."""
    begin = time.monotonic()
    value, elapsed = 1, 0.0
    if config.rest:
        run.report(phase="train", current=0, total=config.seconds, message=repr(time.time()))
        time.sleep(config.seconds)
        return {"value": value}
    while elapsed < config.seconds:
        for _ in range(20_000):
            value = value * 48_271 % 2_147_483_647
        elapsed = time.monotonic() - begin
        run.report(phase="train", current=elapsed, total=config.seconds, message=repr(time.time()))
    return {"value": value}


WORKLOADS = {"burn": Workload(name="burn", config=Burn, train=f"{__name__}:train", open_config=True)}
