"""The forecast endpoint: newest rows in, a forecast of the promoted model out, and where rows come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.dataset_config import session_files
from services.errors import Invalid, NotFound
from services.forecast_inputs import ForecastInputs
from services.forecast_inputs.user_data import read_user_data
from services.prediction import Predicted
from services.sessions import Sessions
from services.storage.database import Database
from services.storage.tables import FileRow, TimeInfoRow, now
from services.windows.moment import nanoseconds, read_instant

FIELDS = ("user_data", "utc_ref")
CONFIG_FIELDS = ("features", "zeitzone")
FEATURE_FIELDS = ("id", "data_source", "api_source", "fcst_var", "latitude", "longitude", "feature_index")
DECIMALS = 4


class Forecasts:
    """Features are cut by the code that cut the training's, so that nothing differs but the time."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        inputs: ForecastInputs,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._inputs = inputs
        self._clock = clock

    def forecast(self, user_id: UUID, ref: str, body: Mapping[str, Any]) -> tuple[Predicted, dict[str, Any]]:
        """The job, and as soon as that is completed the answer."""
        data = body.get("user_data")
        asked = self._inputs.ask(user_id, ref, lambda names: read_user_data(data, names))
        chosen = body.get("utc_ref")
        present = nanoseconds(self._clock())
        at = nanoseconds(read_instant("utc_ref", chosen)) if chosen is not None else None
        at = self._inputs.newest(asked, present) if at is None else at
        try:
            predicted, told = self._inputs.predict_at(user_id, asked, at)
        except Invalid as error:
            if error.code != "MISSING_INPUTS":
                raise
            raise Invalid(
                error.message,
                code="INTERPOLATION_ERROR",
                suggestion="Send the rows in user_data, up to the reference time or beyond it where the "
                "window of the series reaches there",
                details=error.details,
            ) from None
        return predicted, told and _answer(predicted, told, asked.config.steps.output_steps)

    def config(self, user_id: UUID, ref: str) -> dict[str, Any]:
        """Where each input series takes its rows from."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            return _config(tx, session_id)

    def save_config(self, user_id: UUID, ref: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Every series is fed by the user or its stored file; anything else is refused and named."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            current = _config(tx, session_id)
        _check(body, current)
        return current


def _answer(predicted: Predicted, told: Mapping[str, Any], steps: int) -> dict[str, Any]:
    first = told["outputs"][0]["times"]
    reference, times = _moment(told["reference_time"]), [_moment(each) for each in first]
    apart = (times[1] - times[0]) if len(times) > 1 else timedelta(0)
    return {
        "forecasts": {
            output["name"]: {
                "UTC": output["times"],
                output["name"]: [round(value, DECIMALS) for value in output["values"]],
            }
            for output in told["outputs"]
        },
        "utc_ref": told["reference_time"],
        "model_used": predicted.model_used,
        "trained_job_id": told["trained_job_id"],
        "n_predictions": steps,
        "horizon": {
            "start": (times[0] - reference) / timedelta(hours=1),
            "end": (times[-1] - reference) / timedelta(hours=1),
            "resolution_min": apart / timedelta(minutes=1),
        },
        "session_id": told["session_id"],
        "job_id": told["job_id"],
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _inputs(tx: Session, session_id: UUID) -> list[FileRow]:
    return [row for row in session_files(tx, session_id) if row.type == "input"]


def _config(tx: Session, session_id: UUID) -> dict[str, Any]:
    files = _inputs(tx, session_id)
    if not files:
        raise NotFound(
            "The session has no input series", code="NO_CONFIG", suggestion="Upload the input series first"
        )
    zone = tx.get(TimeInfoRow, session_id)
    return {
        "features": [
            {
                "id": str(row.id),
                "bezeichnung": row.bezeichnung,
                "data_source": "User",
                "api_source": None,
                "fcst_var": None,
                "latitude": None,
                "longitude": None,
                "feature_index": place,
                "zeithorizont_start": row.zeithorizont_start,
                "zeithorizont_end": row.zeithorizont_end,
            }
            for place, row in enumerate(files)
        ],
        "zeitzone": "UTC" if zone is None else zone.zeitzone,
    }


def _check(body: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    features = body.get("features")
    if not isinstance(features, list) or not all(isinstance(each, dict) for each in features):
        raise _refuse("features", "must be a list of objects", "VALIDATION_ERROR")
    known = {each["id"]: each for each in current["features"]}
    for feature in features:
        unknown = set(feature) - set(FEATURE_FIELDS)
        if unknown:
            raise _refuse("features", f"have no field {min(unknown)[:40]!r}", "VALIDATION_ERROR")
        if feature.get("id") not in known:
            raise _refuse(
                "features", f"name no input series: {str(feature.get('id'))[:60]!r}", "VALIDATION_ERROR"
            )
        if feature.get("data_source", "User") != "User":
            raise _no_service(known[feature["id"]]["bezeichnung"])
        stands = known[feature["id"]]
        wrong = [name for name, value in feature.items() if stands[name] != value]
        if wrong:
            text = f"cannot change {wrong[0]}: it follows from the session"
            raise _refuse("features", text, "VALIDATION_ERROR")
    named = {feature["id"] for feature in features}
    left_out = [each["bezeichnung"] for key, each in known.items() if key not in named]
    if left_out:
        raise _refuse("features", f"lack {', '.join(left_out)}", "INCOMPLETE_CONFIG")
    if body.get("zeitzone", current["zeitzone"]) != current["zeitzone"]:
        raise _refuse("zeitzone", "is that of the session's time settings", "VALIDATION_ERROR")


def _no_service(name: str) -> Invalid:
    return Invalid(
        f"{name!r} cannot be fed by Extern: this server calls no outside service",
        code="EXTERN_NOT_SUPPORTED",
        suggestion="Use User, and send the weather forecast in user_data",
        details={"field": "features"},
    )


def _refuse(field: str, text: str, code: str) -> Invalid:
    return Invalid(
        f"{field} {text}",
        code=code,
        suggestion="GET /api/training/forecast-config/<session_id> shows what is there",
        details={"field": field},
    )
