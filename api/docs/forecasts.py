"""Routes of the forecast endpoint, described."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api.docs.operation import (
    STILL_WORKING,
    Obj,
    Operation,
    Operations,
    answer,
    body,
    given,
    optional,
)

TAG = "Forecasts"
BASE = "/api/training"


class ForecastSource(BaseModel):
    """Where an input series takes its newest rows from: the request, else its stored file."""

    id: str
    bezeichnung: str
    data_source: Literal["User"]
    api_source: None
    fcst_var: None
    latitude: None
    longitude: None
    feature_index: int
    zeithorizont_start: float | None
    zeithorizont_end: float | None


class ForecastHorizon(BaseModel):
    """Hours from utc_ref."""

    start: float
    end: float
    resolution_min: float


CONFIG = answer("ForecastConfig", features=list[ForecastSource], zeitzone=str)

OPERATIONS: Operations = {
    f"POST {BASE}/forecast/<session_id>": Operation(
        "Forecast with the promoted model, from the newest rows.",
        TAG,
        {
            200: answer(
                "ForecastAnswer",
                forecasts=(
                    dict[str, Obj],
                    Field(description="by output: UTC and the values under the output's name, 4 decimals"),
                ),
                utc_ref=str,
                model_used=str,
                trained_job_id=str,
                n_predictions=int,
                horizon=ForecastHorizon,
                session_id=str,
                job_id=str,
            ),
            202: STILL_WORKING,
        },
        body=body(
            "ForecastBody",
            user_data=optional(
                Obj | None,
                "by input series: {UTC: [...], <series>: [...]} or a list of {UTC, value}; these rows extend "
                "and replace those of the stored file",
            ),
            utc_ref=optional(str | None, "another reference time than the newest that is possible"),
        ),
        refuses=(400, 403, 404, 422),
    ),
    f"GET {BASE}/forecast-config/<session_id>": Operation(
        "Where each input series takes its newest rows from.", TAG, {200: CONFIG}, refuses=(400, 403, 404)
    ),
    f"POST {BASE}/save-forecast-config/<session_id>": Operation(
        "Confirm where input series take their rows from; outside services are refused.",
        TAG,
        {200: CONFIG},
        body=body(
            "ForecastConfigBody",
            features=given(list[Obj], "every input series, with data_source User"),
            zeitzone=optional(str, "that of the session"),
        ),
        refuses=(400, 403, 404, 422),
    ),
}
