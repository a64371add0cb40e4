"""Routes of windows, distributions and inputs of predictions, described."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from api.docs.operation import STILL_WORKING, Operation, Operations, answer, body, maybe, optional, query
from services.dataset_config import Form, Method
from services.workloads.forecast.config import Arithmetic

WINDOWS, PREDICTION = "Windows", "Predictions"
V = "/api/v1/sessions/<session_id>"
Origin = Literal[
    "measured",
    "interpolated",
    "nearest",
    "mean",
    "current",
    "forecast",
    "held",
    "calendar",
    "given",
    "missing",
]


class FileSettings(BaseModel):
    """A file and how its windows are cut, under the names that PUT csv-files takes."""

    id: str
    bezeichnung: str
    type: Literal["input", "output"]
    color_index: int
    datenform: Literal["Historische Daten", "Historische Prognosen", "Aktueller Wert"]
    datenanpassung: Literal["Lineare Interpolation", "Mittelwertbildung", "Nächster Wert"]
    zeithorizont_start: float | None
    zeithorizont_end: float | None
    mittelwertbildung_uber_den_zeithorizont: bool
    skalierung: bool
    skalierung_min: float
    skalierung_max: float
    lags: list[str]
    ausgabezeit: str | None
    zeitschrittweite: float | None = Field(description="minutes; the most frequent step of the file")
    datenpunkte: int | None
    min: float | None
    max: float | None
    utc_min: str | None
    utc_max: str | None
    has_recipe: bool


class StepSettings(BaseModel):
    eingabe: int | None
    ausgabe: int | None
    zeitschrittweite: float | None
    offset: float


class SchoolHolidays(BaseModel):
    von: str
    bis: str


CategorySettings = create_model(
    "CategorySettings",
    datenform=maybe(Literal["Zeithorizont", "Aktuelle Zeit"]),
    zeithorizontStart=maybe(float),
    zeithorizontEnd=maybe(float),
    skalierung=maybe(Literal["ja", "nein"]),
    skalierungMin=maybe(float),
    skalierungMax=maybe(float),
    detaillierteBerechnung=maybe(bool),
    land=maybe(str),
    bruecken=maybe(bool),
    schulferien=maybe(list[SchoolHolidays]),
)


class TimeSettings(BaseModel):
    jahr: bool
    monat: bool
    woche: bool
    tag: bool
    feiertag: bool
    zeitzone: str
    category_data: dict[str, CategorySettings]  # type: ignore[valid-type]


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


class Density(BaseModel):
    """The outline of a violin: its width at each of these values, the widest 1."""

    at: list[float]
    height: list[float]


class Spread(BaseModel):
    """How the values of a group lie; null where it has none."""

    group: str = Field(description="all; train, validation, test; hours 0 to 23; weekdays 0 (Monday) to 6")
    n: int
    mean: float | None
    std: float | None
    min: float | None
    max: float | None
    quantiles: dict[str, float] | None = Field(description="by level: 0.0 0.05 0.25 0.5 0.75 0.95 1.0")
    density: Density | None = Field(description="null for a constant too")


class VariableSpread(BaseModel):
    name: str
    role: Literal["input", "lag", "calendar", "output"]
    file_id: str | None
    groups: list[Spread]


class FilledFeature(BaseModel):
    """An input column step by step; a lag has the instants at which its values were measured."""

    name: str
    role: Literal["input", "lag", "calendar"]
    file_id: str | None
    known_ahead: bool = Field(description="its window goes on after the reference time")
    times: list[str]
    values: list[float | None]
    origins: list[Origin]


class Truth(BaseModel):
    name: str
    times: list[str]
    truth: list[float | None] = Field(description="what was measured there, where it was")


class OutputForecast(Truth):
    values: list[float]
    quantiles: dict[str, list[float]] | None = Field(description="by level")


class MissingInput(BaseModel):
    feature: str
    times: list[str]


PREDICTS = {
    "job_id": optional(str, "a training of the session; without any, the champion, else the newest"),
    "model_filename": optional(str, "a file of its model instead"),
    "version": optional(str | int, "of the session's model instead: a number, champion or latest"),
    "at": optional(str, "reference time; without it the newest at which the past is known"),
}
WINDOW_OF = {"session_id": str, "trained_job_id": str, "model_type": str, "reference_time": str}
INPUTS = answer(
    "PredictionInputs",
    **WINDOW_OF,
    newest_reference_time=str,
    timezone=str,
    features=list[FilledFeature],
    outputs=list[Truth],
    missing=list[MissingInput],
    complete=bool,
)
GIVEN = body(
    "PredictionRequest",
    **PREDICTS,
    given=optional(dict[str, dict[str, float | None]], "values of steps, by column and time of the step"),
    csv=optional(str, "further rows of the files: time, then input files; UTC unless a time says otherwise"),
)

OPERATIONS: Operations = {
    f"GET {V}/distributions": Operation(
        "How the values of every variable lie in the samples; ?form=csv for a table.",
        WINDOWS,
        {
            200: answer(
                "Distributions",
                by=Literal["all", "split", "hour", "weekday"],
                groups=list[str],
                timezone=str,
                samples=(int, Field(description="looked at")),
                of_samples=int,
                variables=list[VariableSpread],
            )
        },
        query=query(
            "DistributionsQuery",
            by=optional(Literal["all", "split", "hour", "weekday"], "what the groups are; all by default"),
            variable=optional(str, "only this one"),
            train=optional(float, "percent of the samples, as in a training"),
            validation=optional(float, "percent"),
            test=optional(float, "percent"),
            shuffle=optional(bool, "in blocks"),
            seed=optional(int, "of the shuffle"),
            form=optional(Literal["json", "csv"], "csv: quantiles as a table"),
        ),
        refuses=(400, 404, 422),
    ),
    f"GET {V}/predict/inputs": Operation(
        "The window that a model wants, filled from the newest rows of the files, and what is missing in it.",
        PREDICTION,
        {200: INPUTS},
        query=query("PredictionInputsQuery", **PREDICTS),
        refuses=(400, 404, 422),
    ),
    f"POST {V}/predict/inputs": Operation(
        "The same with values given for what is missing.",
        PREDICTION,
        {200: INPUTS},
        body=GIVEN,
        refuses=(400, 404, 422),
    ),
    f"POST {V}/predict": Operation(
        "Forecast from the filled window, in original units, with instants and quantiles.",
        PREDICTION,
        {
            200: answer(
                "AheadForecast",
                **WINDOW_OF,
                job_id=str,
                model_used=str,
                no_quantiles=(str | None, ...),
                outputs=list[OutputForecast],
                features=list[FilledFeature],
            ),
            202: STILL_WORKING,
        },
        body=GIVEN,
        refuses=(400, 403, 404, 422, 503),
    ),
    f"GET {V}/windows": Operation(
        "The saved settings that windows follow from; changed by the routes of each kind.",
        WINDOWS,
        {
            200: answer(
                "WindowSettings",
                files=list[FileSettings],
                timeInfo=(TimeSettings | None, ...),
                zeitschritte=(StepSettings | None, ...),
            )
        },
    ),
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
