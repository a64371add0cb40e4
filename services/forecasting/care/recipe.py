"""The recipe of a series: steps that a user has decided on, checked before they are stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from services.forecasting.errors import DataError

Action = Literal["drop", "interpolate", "clip", "mark_missing"]
MAX_STEPS = 1000
MAX_ROWS = 100_000
YEARS = (1700, 2200)  # as in the import
MAX_VALUE = 1e150  # as in the import: squares of larger values would not be finite


class RecipeStep(BaseModel):
    """One step on the rows of a closed interval of time; what an action has no use for is refused.

    drop: the rows go. mark_missing: their values become missing, and so do rows that are absent, so that
    nothing is interpolated across. interpolate: missing values and absent rows, at most `max_rows` in a
    row, get values on the straight line between their neighbours. clip: values below `low` become `low`,
    above `high` become `high`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)

    action: Action
    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    max_rows: int | None = Field(default=None, ge=1, le=MAX_ROWS, validate_default=True)
    low: float | None = Field(default=None, ge=-MAX_VALUE, le=MAX_VALUE, validate_default=True)
    high: float | None = Field(default=None, ge=-MAX_VALUE, le=MAX_VALUE, validate_default=True)

    @field_validator("start", "end", mode="before")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        if not isinstance(value, str | datetime):
            raise ValueError("must be an instant as in 2024-03-31T02:00:00Z")
        return value

    @field_validator("start", "end")
    @classmethod
    def _in_utc(cls, value: datetime) -> datetime:
        if not YEARS[0] <= value.year < YEARS[1]:
            raise ValueError(f"must lie between the years {YEARS[0]} and {YEARS[1]}")
        return value.astimezone(UTC)

    @field_validator("end")
    @classmethod
    def _after_start(cls, value: datetime, info: ValidationInfo) -> datetime:
        start = info.data.get("start")
        if start is not None and value < start:
            raise ValueError(f"must not be before from ({_iso(start)})")
        return value

    @field_validator("max_rows")
    @classmethod
    def _belongs_to_interpolate(cls, value: int | None, info: ValidationInfo) -> int | None:
        if info.data.get("action") == "interpolate" and value is None:
            raise ValueError(f"is needed by interpolate: a whole number from 1 to {MAX_ROWS}")
        _refuse_foreign("interpolate", value, info)
        return value

    @field_validator("low")
    @classmethod
    def _belongs_to_clip(cls, value: float | None, info: ValidationInfo) -> float | None:
        _refuse_foreign("clip", value, info)
        return value

    @field_validator("high")
    @classmethod
    def _above_low(cls, value: float | None, info: ValidationInfo) -> float | None:
        low = info.data.get("low")
        if info.data.get("action") == "clip" and "low" in info.data and low is None and value is None:
            raise ValueError("or low is needed by clip")
        if low is not None and value is not None and low >= value:
            raise ValueError(f"must be above low ({low:g})")
        _refuse_foreign("clip", value, info)
        return value

    def to_json(self) -> dict[str, Any]:
        """As on the wire: `from` and `to`, and only the fields of the action."""
        fields: dict[str, Any] = {"action": self.action, "from": _iso(self.start), "to": _iso(self.end)}
        for name in ("max_rows", "low", "high"):
            if getattr(self, name) is not None:
                fields[name] = getattr(self, name)
        return fields


class Recipe(BaseModel):
    """The steps in the order in which they are applied."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: list[RecipeStep] = Field(max_length=MAX_STEPS)

    def to_json(self) -> list[dict[str, Any]]:
        return [step.to_json() for step in self.recipe]


def no_line_through_forecasts(field: str) -> DataError:
    """Neighbouring rows of such a file are issues of one time, and times of several issues."""
    return DataError(
        "INVALID_RECIPE",
        f"{field}: interpolate cannot mend a file of forecasts with times of issue",
        suggestion="Use drop, clip or mark_missing",
        details={"field": field},
    )


def _refuse_foreign(action: Action, value: Any, info: ValidationInfo) -> None:
    chosen = info.data.get("action")
    if value is not None and chosen is not None and chosen != action:
        raise ValueError(f"belongs to {action}, not to {chosen}")


def _iso(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")
