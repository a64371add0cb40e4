"""What trainings of a session came to: status, results, error tables, the archive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.artifacts import Download, download, open_blob
from services.error_tables import check_tables
from services.errors import BadRequest, NotFound
from services.jobs import Jobs, JobView
from services.jobs.states import Status
from services.registry.in_use import in_use
from services.sessions import Sessions
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import (
    ArtifactRow,
    EvaluationTableRow,
    FileRow,
    SessionRow,
    TrainingResultRow,
    VisualizationRow,
    now,
)
from services.trained import TRAIN_FIRST, completed, find, find_by_job
from services.training import WORKLOAD

NO_EVALUATION = "EVALUATION_NOT_FOUND"
DRAWN = ("profile", "significance", "uncertainty", "worst_windows")


class Results:
    """Reads results; nothing here touches models or arrays."""

    def __init__(self, database: Database, blobs: Blobs, sessions: Sessions, jobs: Jobs) -> None:
        self._database = database
        self._blobs = blobs
        self._sessions = sessions
        self._jobs = jobs

    def status(self, user_id: UUID, ref: str) -> dict[str, Any]:
        """How far the newest training is; `idle` before the first."""
        job = self._jobs.latest(user_id, self._sessions.resolve(user_id, ref), WORKLOAD)
        if job is None:
            return {"status": "idle", "progress": 0, "current_step": None, "completed_at": None}
        return {
            "status": str(job.status),
            "progress": _percent(job),
            "current_step": (job.progress or {}).get("message") or job.phase,
            "completed_at": job.finished_at.isoformat() if job.finished_at else None,
            "job_id": str(job.id),
            "queue_position": job.queue_position,
            "job_error": job.error,
        }

    def summary(self, user_id: UUID, ref: str) -> dict[str, Any]:
        """What a session has, without any of it."""
        session_id = self._sessions.resolve(user_id, ref)
        newest = self._jobs.latest(user_id, session_id, WORKLOAD)
        with self._database.read() as tx:
            session = tx.get_one(SessionRow, session_id)
            trainings = _count(tx, TrainingResultRow.id, TrainingResultRow.session_id == session_id)
            violins = list(
                tx.scalars(
                    select(VisualizationRow.plot_name)
                    .where(VisualizationRow.session_id == session_id)
                    .where(VisualizationRow.plot_type == "violin_plot")
                    .order_by(VisualizationRow.created_at, VisualizationRow.plot_name)
                )
            )
            return {
                "n_dat": session.n_dat,
                "workflow_phase": _workflow_phase(tx, session, trainings, newest),
                "has_training_results": trainings > 0,
                "has_trained_model": _models(tx, session_id) > 0,
                "model_count": _models(tx, session_id),
                "has_violin_plots": bool(violins),
                "violin_plot_types": violins,
            }

    def results(
        self, user_id: UUID, ref: str, *, job_id: UUID | None = None, every: bool = False
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Records, newest first: of one job, of the newest, or of all; and the session's sample count."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            n_dat = tx.get_one(SessionRow, session_id).n_dat
            if not every:
                return [_record(find(tx, session_id, job_id=job_id).result)], n_dat
            records = [_record(row) for row in tx.scalars(completed(session_id))]
        if not records:
            raise NotFound(
                "This session has no completed training", code="RESULTS_NOT_FOUND", suggestion=TRAIN_FIRST
            )
        return records, n_dat

    def tables(self, user_id: UUID, ref: str, job_id: UUID | None = None) -> dict[str, Any]:
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            row = self._tables(tx, session_id, job_id)
            return {
                "job_id": str(row.job_id),
                "df_eval": row.df_eval,
                "df_eval_ts": row.df_eval_ts,
                "model_type": row.model_type,
            }

    def tables_of_job(self, user_id: UUID, job_id: UUID, output: str | None = None) -> dict[str, Any]:
        """The tables of one training by its job alone, of one output or of all."""
        with self._database.read() as tx:
            trained = find_by_job(tx, user_id, job_id)
            query = select(EvaluationTableRow).where(EvaluationTableRow.job_id == job_id)
            row = tx.scalars(query).one()
        known = trained.results["output_features"]
        if output is not None and output not in known:
            message = f"output is {output[:80]!r}; it must be one of {', '.join(known)}"
            raise BadRequest(message, details={"field": "output"})
        chosen = known if output is None else [output]
        return {
            "model_type": row.model_type,
            "outputs": known,
            "tables": {
                "df_eval": {name: row.df_eval[name] for name in chosen},
                "df_eval_ts": {name: row.df_eval_ts[name] for name in chosen},
            },
        }

    def save_tables(
        self, user_id: UUID, ref: str, tables: Mapping[str, Any], job_id: UUID | None = None
    ) -> datetime:
        """Replace the tables of a training by edited ones of the same shape."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.write() as tx:
            row = self._tables(tx, session_id, job_id)
            check_tables(tables, row.df_eval, row.df_eval_ts, row.model_type)
            row.df_eval, row.df_eval_ts = tables["df_eval"], tables["df_eval_ts"]
        return now()

    def evaluation(self, user_id: UUID, ref: str, job_id: UUID | None = None) -> dict[str, Any]:
        """Everything that a training's evaluation tells, of which its record holds the summary."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            trained = find(tx, session_id, job_id=job_id, code=NO_EVALUATION)
            artifact = trained.one("evaluation", NO_EVALUATION)
        with open_blob(self._blobs, artifact.blob_key) as stream:
            details: dict[str, Any] = json.load(stream)
        return {"job_id": str(trained.job.id), **details}

    def evaluation_of_job(self, user_id: UUID, job_id: UUID) -> dict[str, Any]:
        """What is drawn of an evaluation beside the tables per step; null for what is not there."""
        with self._database.read() as tx:
            trained = find_by_job(tx, user_id, job_id)
            artifact = trained.one("evaluation", NO_EVALUATION)
        with open_blob(self._blobs, artifact.blob_key) as stream:
            details: dict[str, Any] = json.load(stream)
        results = trained.results
        return {
            "model_type": results["model_type"],
            "outputs": results["output_features"],
            **{
                part: details.get(part)
                for part in ("profile", "significance", "uncertainty", "worst_windows")
            },
            "importance": results.get("importance"),
            "notes": results.get("notes", []),
            "dataset_notes": results.get("dataset_notes", []),
        }

    def archive(self, user_id: UUID, ref: str, job_id: UUID | None = None) -> Download:
        """Model, scalers, predict.py and an example in one ZIP."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            trained, _ = in_use(tx, session_id, job_id=job_id, code="RESULTS_NOT_FOUND")
            artifact = trained.one("archive", "RESULTS_NOT_FOUND")
            model = trained.results["model_type"].replace(" ", "_")
        return download(self._blobs, artifact, f"{model}_{trained.job.id}.zip")

    def _tables(self, tx: Session, session_id: UUID, job_id: UUID | None) -> EvaluationTableRow:
        code = "EVALUATION_TABLES_NOT_FOUND"
        trained = find(tx, session_id, job_id=job_id, code=code)
        query = select(EvaluationTableRow).where(EvaluationTableRow.job_id == trained.job.id)
        row = tx.scalars(query).first()
        if row is None:
            raise NotFound(f"Job {trained.job.id} left no tables", code=code, suggestion=TRAIN_FIRST)
        return row


def _percent(job: JobView) -> float:
    if job.status == Status.COMPLETED:
        return 100
    return float((job.progress or {}).get("percent") or 0)


def _workflow_phase(tx: Session, session: SessionRow, trainings: int, newest: JobView | None) -> str:
    """How far along the way a session is: upload, configured, datasets, training, completed."""
    if newest is not None and Status(newest.status).is_active:
        return "training"
    if trainings:
        return "completed"
    if session.n_dat is not None:
        return "datasets"
    files = _count(tx, FileRow.id, FileRow.session_id == session.id)
    return "configured" if files and session.finalized else "upload"


def _models(tx: Session, session_id: UUID) -> int:
    query = (
        select(func.count(func.distinct(ArtifactRow.job_id)))
        .join(TrainingResultRow, TrainingResultRow.job_id == ArtifactRow.job_id)
        .where(TrainingResultRow.session_id == session_id, ArtifactRow.kind == "model")
    )
    return tx.scalar(query) or 0


def _count(tx: Session, column: Any, condition: Any) -> int:
    return tx.scalar(select(func.count(column)).where(condition)) or 0


def _record(row: TrainingResultRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "session_id": str(row.session_id),
        "job_id": str(row.job_id),
        "status": row.status,
        "results": row.results,
        "results_file_path": row.results_file_path,
        "file_size_bytes": row.file_size_bytes,
        "compressed": row.compressed,
        "results_metadata": row.results_metadata,
        "created_at": row.created_at.isoformat(),
        "completed_at": row.completed_at.isoformat() if row.completed_at else None,
    }
