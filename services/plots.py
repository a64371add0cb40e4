"""Pictures of a session: those its jobs left, and new ones of chosen variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.artifacts import png_data_uri
from services.errors import Invalid, NotFound
from services.interactive import SmallJobs
from services.jobs import JobView
from services.sessions import Sessions
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import SessionRow, VisualizationRow
from services.trained import Trained, check_job, completed, find
from services.validation import checked
from services.workloads.forecast.config import ForecastConfig, PlotConfig

CODE = "INVALID_PLOT_PARAMS"
SETTINGS = ("num_sbpl", "x_sbpl", "y_sbpl_fmt", "y_sbpl_set")
CHOICES = {"df_plot_in": "inputs", "df_plot_out": "outputs", "df_plot_fcst": "forecasts"}
FEATURES = {"inputs": "input_features", "outputs": "output_features", "forecasts": "output_features"}
VIOLIN = "violin_plot"


class Plots:
    """Shows stored plots with the numbers behind them and orders new ones from a worker."""

    def __init__(self, database: Database, blobs: Blobs, sessions: Sessions, small_jobs: SmallJobs) -> None:
        self._database = database
        self._blobs = blobs
        self._sessions = sessions
        self._small_jobs = small_jobs

    def stored(self, user_id: UUID, ref: str, job_id: UUID | None = None) -> dict[str, Any]:
        """Plots of one job; without one the violin plots and those of the newest completed training."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            rows = _of_job(tx, session_id, job_id) if job_id else _newest(tx, session_id)
            n_dat = tx.get_one(SessionRow, session_id).n_dat
        if not rows:
            raise NotFound(
                "There are no plots yet",
                code="VISUALIZATION_NOT_FOUND",
                suggestion="Generate datasets or train a model first",
            )
        return {
            "plots": {row.plot_name: self._show(row) for row in rows},
            "metadata": {"count": len(rows), "types": sorted({row.plot_type for row in rows})},
            "created_at": max(row.created_at for row in rows).isoformat(),
            "n_dat": n_dat,
        }

    def generate(
        self, user_id: UUID, ref: str, body: Mapping[str, Any], job_id: UUID | None = None
    ) -> JobView:
        """Draw chosen inputs, outputs and forecasts of test samples of a training."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            trained = find(tx, session_id, job_id=job_id, filename=body.get("model_filename"))
        return self._small_jobs.run(user_id, "plot", _config(trained, body), session_id)

    def picture(self, job: JobView) -> dict[str, Any]:
        """What a completed plot job drew, with the numbers behind it."""
        outcome = job.outcome or {}
        return {"plot_data": png_data_uri(self._blobs, outcome["artifact"]), "data": outcome.get("data")}

    def _show(self, row: VisualizationRow) -> dict[str, Any]:
        return {
            "data": png_data_uri(self._blobs, row.image_path),
            "type": row.plot_type,
            "label": row.data.get("label"),
            "numbers": row.data,
            "job_id": str(row.job_id),
        }


def _of_job(tx: Session, session_id: UUID, job_id: UUID) -> list[VisualizationRow]:
    check_job(tx, session_id, job_id)
    query = select(VisualizationRow).where(VisualizationRow.job_id == job_id)
    return _ordered(tx.scalars(query))


def _newest(tx: Session, session_id: UUID) -> list[VisualizationRow]:
    newest = completed(session_id).limit(1)
    result = tx.scalars(newest).first()
    rows = tx.scalars(select(VisualizationRow).where(VisualizationRow.session_id == session_id))
    job_id = result.job_id if result else None
    return _ordered(row for row in rows if row.plot_type == VIOLIN or row.job_id == job_id)


def _ordered(rows: Iterable[VisualizationRow]) -> list[VisualizationRow]:
    """Violin plots first; within a job as its features stand."""
    return sorted(
        rows, key=lambda row: (row.plot_type != VIOLIN, row.created_at, str(row.data.get("label") or ""))
    )


def _config(trained: Trained, body: Mapping[str, Any]) -> PlotConfig:
    given = body.get("plot_settings", {})
    if not isinstance(given, dict):
        raise _refuse("plot_settings", "must be a JSON object")
    unknown = sorted(set(given) - set(SETTINGS))
    if unknown:
        raise _refuse(f"plot_settings.{unknown[0]}", f"is no known field (known: {', '.join(SETTINGS)})")
    chosen = {name: _chosen(trained, wire, name, body.get(wire)) for wire, name in CHOICES.items()}
    if not any(chosen.values()):
        raise _refuse(", ".join(CHOICES), "choose nothing; set at least one variable to true")
    values = {
        **{name: value for name, value in trained.job.config.items() if name in ForecastConfig.model_fields},
        **{name: value for name, value in given.items() if value is not None},
        **chosen,
        "trained_job": str(trained.job.id),
        "predictions_key": trained.one("predictions", "RESULTS_NOT_FOUND").blob_key,
    }
    return checked(PlotConfig, values, where="plot_settings", code=CODE)


def _chosen(trained: Trained, wire: str, name: str, value: Any) -> list[str]:
    """The variables set to true, in feature order."""
    if value is None:
        return []
    if not isinstance(value, dict) or not all(isinstance(flag, bool) for flag in value.values()):
        raise _refuse(wire, "must be an object of variable names with true or false")
    features: list[str] = trained.results[FEATURES[name]]
    unknown = sorted(set(value) - set(features))
    if unknown:
        raise _refuse(f"{wire}.{unknown[0]}", f"is no variable of this training ({', '.join(features)})")
    return [feature for feature in features if value.get(feature)]


def _refuse(field: str, message: str) -> Invalid:
    return Invalid(
        f"{field} {message}",
        code=CODE,
        suggestion="GET /api/training/plot-variables/<session_id> lists the variables",
        details={"field": field},
    )
