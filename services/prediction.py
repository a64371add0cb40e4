"""Predictions of a trained model for windows that a user sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.errors import Invalid
from services.feature_rows import FeatureRows
from services.interactive import SmallJobs
from services.jobs import JobView
from services.jobs.states import Status
from services.registry.in_use import ChosenBy, in_use
from services.sessions import Sessions
from services.storage.database import Database
from services.trained import Trained
from services.workloads.forecast.config import PredictConfig


@dataclass(frozen=True)
class Predicted:
    """A prediction job, completed or still at work, and what was asked of it."""

    job: JobView
    model_used: str
    trained_job: UUID
    chosen_by: ChosenBy
    input_count: int
    apply_scaling: bool

    @property
    def is_done(self) -> bool:
        return self.job.status == Status.COMPLETED

    def to_json(self) -> dict[str, Any]:
        outcome = self.job.outcome or {}
        return {
            "predictions": outcome["predictions"],
            "output_features": outcome["output_features"],
            "quantiles": outcome["quantiles"],
            "no_quantiles": outcome["no_quantiles"],
            "model_used": self.model_used,
            "trained_job_id": str(self.trained_job),
            "chosen_by": self.chosen_by,
            "job_id": str(self.job.id),
            "timestamp": self.job.finished_at.isoformat() if self.job.finished_at else None,
            "input_count": self.input_count,
            "scaling_applied": self.apply_scaling,
        }


class Prediction:
    """Checks the windows against the features and steps of the training, then lets a worker predict."""

    def __init__(self, database: Database, sessions: Sessions, small_jobs: SmallJobs) -> None:
        self._database = database
        self._sessions = sessions
        self._small_jobs = small_jobs

    def predict(
        self, user_id: UUID, ref: str, body: Mapping[str, Any], job_id: UUID | None = None
    ) -> Predicted:
        """`body` holds input_data, and maybe model_filename and apply_scaling.

        Where nothing names a training, the champion of the session's model forecasts, else the newest.
        """
        session_id = self._sessions.resolve(user_id, ref)
        filename = body.get("model_filename")
        with self._database.read() as tx:
            trained, chosen_by = in_use(
                tx, session_id, job_id=job_id, filename=filename, code="MODEL_NOT_FOUND"
            )
        config = _config(trained, body)
        job = self._small_jobs.run(user_id, "predict", config, session_id)
        return Predicted(
            job=job,
            model_used=filename or _model_name(trained),
            trained_job=trained.job.id,
            chosen_by=chosen_by,
            input_count=len(config.input_data),
            apply_scaling=config.apply_scaling,
        )


def _config(trained: Trained, body: Mapping[str, Any]) -> PredictConfig:
    apply_scaling = body.get("apply_scaling", True)
    if not isinstance(apply_scaling, bool):
        raise Invalid("apply_scaling must be true or false", details={"field": "apply_scaling"})
    names, steps = trained.results["input_features"], trained.results["input_steps"]
    if body.get("input_data") in (None, [], {}):
        raise Invalid(
            "input_data is missing",
            code="MISSING_PREDICTION_INPUT",
            suggestion=f"Send windows of {steps} rows (time steps) with the features {', '.join(names)}",
            details={"expected_features": names, "steps": steps},
        )
    return PredictConfig(
        trained_job=trained.job.id,
        bundle_key=trained.one("bundle", "MODEL_NOT_FOUND").blob_key,
        scalers=trained.scalers,
        input_data=FeatureRows(names, "INVALID_FEATURES").samples(body["input_data"], steps),
        apply_scaling=apply_scaling,
    )


def _model_name(trained: Trained) -> str:
    models = trained.of_kind("model")
    return models[0].name if models else str(trained.results["model_type"])
