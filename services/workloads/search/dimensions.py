"""One dimension of a search: a range of numbers, or choices, and where the first trial begins."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Value = int | float | str


class Dimension(BaseModel):
    """`low` and `high` belong to numbers, `choices` to names; `log`: every factor is as likely as another."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: Literal["whole", "real", "choice"]
    start: Value
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[str, ...] = ()

    def between(self, low: float, high: float) -> Dimension:
        """The same from `low` to `high`; the first trial moves to the nearer end if it lay outside."""
        start = min(max(float(self.start), low), high)
        moved = round(start) if self.kind == "whole" else start
        log = self.log and low > 0
        return self.model_copy(update={"low": low, "high": high, "start": moved, "log": log})

    def among(self, choices: tuple[str, ...]) -> Dimension:
        start = self.start if self.start in choices else choices[0]
        return self.model_copy(update={"choices": choices, "start": start})


class SearchSpace(BaseModel):
    """What is tried: the modes, and for each the dimensions of its parameters.

    In the order of their names: PostgreSQL keeps objects in an order of its own, and what is proposed
    must not depend on where the config was stored.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    modes: dict[str, dict[str, Dimension]] = Field(min_length=1)

    @field_validator("modes")
    @classmethod
    def _by_name(cls, modes: dict[str, dict[str, Dimension]]) -> dict[str, dict[str, Dimension]]:
        return {mode: dict(sorted(space.items())) for mode, space in sorted(modes.items())}
