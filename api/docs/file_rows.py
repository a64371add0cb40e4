"""Files as the routes show them, with their care report and recipe, described."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.docs.operation import without_default


class RecipeStep(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    action: Literal["drop", "interpolate", "clip", "mark_missing"]
    from_: str = Field(alias="from", description="instant; belongs to the step")
    to: str
    max_rows: int = Field(
        default=0,
        json_schema_extra=without_default,
        description="of interpolate: the longest run that is filled",
    )
    low: float = Field(default=0, json_schema_extra=without_default, description="of clip")
    high: float = Field(default=0, json_schema_extra=without_default, description="of clip")


class Finding(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    kind: Literal[
        "gap",
        "missing",
        "flatline",
        "spike",
        "outlier",
        "level_shift",
        "duplicate",
        "clock_change",
        "disorder",
    ]
    from_: str = Field(alias="from")
    to: str
    rows: int
    size: float
    unit: str
    severity: Literal["high", "medium", "low", "info"]
    message: str
    fix: RecipeStep | None = Field(description="the step of a recipe that would mend it")


class CareReport(BaseModel):
    rows: int
    zones: list[str] = Field(description="whose clock changes were looked for")
    counts: dict[str, int] = Field(description="by kind")
    total: int
    listed: int
    findings: list[Finding]
    recipe: list[RecipeStep]


class SeriesFile(BaseModel):
    """One series of a session: `yes` and `no` are ja and nein, numbers are numbers."""

    id: str
    session_id: str
    file_name: str
    type: Literal["input", "output"]
    bezeichnung: str = Field(description="its name")
    color_index: int = Field(description="order of the features")
    utc_min: str | None
    utc_max: str | None
    zeitschrittweite: float | None = Field(description="minutes; the most frequent step")
    zeitschrittweite_mittelwert: float | None
    zeitschrittweite_min: float | None
    zeitschrittweite_transferierten_daten: float | None
    offset: float | str | None = Field(description='minutes past the hour; "var" where it varies')
    offset_transferierten_daten: float | str | None
    min: float | None
    max: float | None
    datenpunkte: int | None = Field(description="rows; null: an entry without data yet")
    numerische_datenpunkte: int | None
    numerischer_anteil: float | None = Field(description="percent")
    datenform: str
    datenanpassung: str
    zeithorizont_start: float | None = Field(description="hours relative to the reference time")
    zeithorizont_end: float | None
    mittelwertbildung_uber_den_zeithorizont: Literal["ja", "nein"]
    lags: list[str]
    skalierung: Literal["ja", "nein"]
    skalierung_min: float
    skalierung_max: float
    storage_path: str | None
    file_hash: str | None
    size_bytes: int | None
    ausgabezeit: str | None
    profile: dict[str, Any] | None = Field(description="everything that the import detected")
    recipe: list[RecipeStep]
    created_at: str | None
    updated_at: str | None
