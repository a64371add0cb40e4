"""Inputs of a prediction, filled from the files of a session: what is known, held, and still missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.dataset_config import session_files
from services.errors import Invalid
from services.forecast_inputs.given import Given, Values, read_given
from services.prediction import Predicted, Prediction
from services.registry.in_use import in_use
from services.sessions import Sessions
from services.storage.database import Database
from services.trained import Trained
from services.windows.kept import Kept
from services.windows.moment import nanoseconds, read_instant
from services.workloads.forecast.config import DatasetConfig, SeriesInput

if TYPE_CHECKING:
    from services.forecast_inputs.filling import Filled

FIELDS = ("job_id", "model_filename", "version", "at", "given", "csv")


@dataclass(frozen=True)
class Asked:
    """A training, its dataset on the files as they are now, and the reference time that is meant."""

    session_id: UUID
    trained: Trained
    config: DatasetConfig
    at: int | None
    given: Given


class ForecastInputs:
    """Cuts the one window that a model wants, by the code that cut its training samples."""

    def __init__(self, database: Database, sessions: Sessions, prediction: Prediction, kept: Kept) -> None:
        self._database = database
        self._sessions = sessions
        self._prediction = prediction
        self._kept = kept

    def inputs(
        self, user_id: UUID, ref: str, body: Mapping[str, Any], job_id: UUID | None = None
    ) -> dict[str, Any]:
        """Every column step by step, and which values are missing at which instants."""
        return self._fill(self._ask(user_id, ref, body, job_id)).to_json()

    def predict(
        self, user_id: UUID, ref: str, body: Mapping[str, Any], job_id: UUID | None = None
    ) -> tuple[Predicted, dict[str, Any]]:
        """The prediction job, and as soon as that is completed the forecast with its instants."""
        return self._predict(user_id, self._ask(user_id, ref, body, job_id))

    def ask(self, user_id: UUID, ref: str, rows: Callable[[Sequence[str]], Values]) -> Asked:
        """The model that is in use; `rows` by the names of its input series."""
        asked = self._ask(user_id, ref, {}, None)
        inputs = [series.name for series in asked.config.series if series.role == "input"]
        return replace(asked, given=Given({}, rows(inputs)))

    def newest(self, asked: Asked, present: int) -> int:
        from services.forecast_inputs.filling import newest

        return newest(asked, self._kept.series, present)

    def predict_at(self, user_id: UUID, asked: Asked, at: int) -> tuple[Predicted, dict[str, Any]]:
        return self._predict(user_id, replace(asked, at=at))

    def _predict(self, user_id: UUID, asked: Asked) -> tuple[Predicted, dict[str, Any]]:
        filled = self._fill(asked)
        if filled.missing:
            raise _incomplete(filled)
        predicted = self._prediction.predict(
            user_id, str(asked.session_id), {"input_data": [filled.rows]}, job_id=asked.trained.job.id
        )
        return predicted, filled.forecast(predicted.to_json()) if predicted.is_done else {}

    def _ask(self, user_id: UUID, ref: str, body: Mapping[str, Any], job_id: UUID | None) -> Asked:
        at = nanoseconds(read_instant("at", body["at"])) if body.get("at") not in (None, "") else None
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            trained, _ = in_use(
                tx,
                session_id,
                job_id=job_id,
                filename=body.get("model_filename"),
                version=_version(body.get("version")),
                code="MODEL_NOT_FOUND",
            )
            config = _config(tx, session_id, trained)
        files = [series.name for series in config.series if series.role == "input"]
        return Asked(session_id, trained, config, at, read_given(body, config.measured_inputs, files))

    def _fill(self, asked: Asked) -> Filled:
        from services.forecast_inputs.filling import fill  # what cuts windows is loaded when it is needed

        return fill(asked, self._kept.series)


def _version(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise Invalid(
            f"version must be a number, champion or latest, not {str(value)[:40]!r}",
            details={"field": "version"},
        )
    return str(value)


def _config(tx: Session, session_id: UUID, trained: Trained) -> DatasetConfig:
    """The dataset of the training, with the rows that its files have by now."""
    fields = {name: trained.job.config[name] for name in DatasetConfig.model_fields}
    config = DatasetConfig.model_validate(fields)
    by_id = {row.id: row for row in session_files(tx, session_id)}
    by_name = {(row.type, row.bezeichnung): row for row in by_id.values()}

    def now(series: SeriesInput) -> SeriesInput:
        row = by_id.get(series.file_id) or by_name.get((series.role, series.name))
        if row is None or row.series_path is None or row.series_hash is None:
            return series
        current = {"blob_key": row.series_path, "sha256": row.series_hash, "recipe": row.recipe}
        return SeriesInput.model_validate({**series.model_dump(), **current, "file_id": row.id})

    return config.model_copy(update={"series": [now(series) for series in config.series]})


def _incomplete(filled: Filled) -> Invalid:
    names = ", ".join(repr(each["feature"]) for each in filled.missing)
    return Invalid(
        f"{sum(len(each['times']) for each in filled.missing)} values are missing: {names}",
        code="MISSING_INPUTS",
        suggestion="Send them as given, {feature: {time: value}}, or as csv, or choose an earlier time",
        details={"missing": filled.missing},
    )
