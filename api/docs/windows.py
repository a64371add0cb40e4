"""Routes of windows, distributions and inputs of predictions, described."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.docs.operation import Operation, Operations, answer, body, optional
from services.dataset_config import Form, Method
from services.workloads.forecast.config import Arithmetic

WINDOWS = "Windows"
V = "/api/v1/sessions/<session_id>"
Origin = Literal[
    "measured", "interpolated", "nearest", "mean", "current", "forecast", "held", "calendar", "missing"
]


class SettingError(BaseModel):
    """Why these settings cannot be saved, or nothing can be built with them."""

    field: str | None = Field(description="the setting, as the route that saves names it")
    file_id: str | None = Field(description="the file that it belongs to")
    code: str
    message: str
    suggestion: str | None


class Dropped(BaseModel):
    feature: str = Field(description="the first feature whose window is incomplete")
    count: int


class SampleCount(BaseModel):
    count: int = Field(description="as many as generate-datasets builds")
    reference_times: int = Field(description="with those that are dropped")
    dropped: list[Dropped]
    first: str
    last: str
    seconds: float = Field(description="about how long building takes here")


class Region(BaseModel):
    start_hours: float
    end_hours: float


class FeatureWindow(Region):
    """What a sample takes of a file; a lag has the instants at which its values were measured."""

    name: str
    role: Literal["input", "lag", "output"]
    file_id: str
    form: Form
    method: Method
    window_mean: bool
    steps: int
    step_minutes: float
    times: list[str]
    values: list[float | None]
    origins: list[Origin]


class CalendarColumn(BaseModel):
    name: str
    times: list[str]
    values: list[float | None]


class Window(BaseModel):
    """One sample to scale; hours count from its reference time."""

    reference_time: str
    index: int | None = Field(description="its place among the samples; null for one that is dropped")
    is_sample: bool
    look_back: Region
    gap: Region | None = Field(description="between the look-back and the horizon, where there is one")
    horizon: Region
    features: list[FeatureWindow]
    calendar: list[CalendarColumn]


OPERATIONS: Operations = {
    f"POST {V}/windows/preview": Operation(
        "What generating datasets would give, with settings that need not be saved; one window to scale.",
        WINDOWS,
        {
            200: answer(
                "WindowsPreview",
                samples=(SampleCount | None, ...),
                window=(Window | None, ...),
                errors=list[SettingError],
            )
        },
        body=body(
            "WindowsPreviewBody",
            timeInfo=optional(dict[str, Any], "time features as save-time-info takes them"),
            zeitschritte=optional(dict[str, Any], "steps as save-zeitschritte takes them"),
            files=optional(dict[str, dict[str, Any]], "by file id, settings as PUT csv-files takes them"),
            arithmetic=optional(Arithmetic, "honest, or compat for that of the first system"),
            max_gap_minutes=optional(float, "longest gap that is bridged", gt=0),
            at=optional(str | int, "a reference time, or the number of a sample; -1, the last, by default"),
        ),
        refuses=(400, 404, 422),
    ),
}
