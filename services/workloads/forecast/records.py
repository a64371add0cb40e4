"""The rows that follow from a finished forecast job, written in the transaction that completes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from services.registry.registering import register_in_session
from services.storage.tables import (
    EvaluationTableRow,
    JobRow,
    SessionRow,
    TrainingResultRow,
    VisualizationRow,
    now,
)


def record_forecast(tx: Session, job: JobRow, outcome: Mapping[str, Any]) -> None:
    """One result, its evaluation tables and its plots, and the next version of the session's model."""
    assert job.session_id is not None, "a forecast belongs to a session"
    results = outcome["results"]
    original = results["evaluation_metrics"]["test_metrics_original"]
    tx.add(
        TrainingResultRow(
            session_id=job.session_id,
            job_id=job.id,
            status="completed",
            results=results,
            results_file_path=outcome["archive_key"],
            file_size_bytes=outcome["archive_bytes"],
            results_metadata={
                "accuracy": None,
                "loss": original["MSE"],
                "epochs_completed": results["epochs_completed"],
                "model_type": results["model_type"],
                "dataset_count": results["n_dat"],
                "training_split": results["split"],
            },
            completed_at=now(),
        )
    )
    tx.add(
        EvaluationTableRow(
            session_id=job.session_id,
            job_id=job.id,
            df_eval=outcome["df_eval"],
            df_eval_ts=outcome["df_eval_ts"],
            model_type=results["model_type"],
        )
    )
    _add_plots(tx, job, outcome["plots"])
    register_in_session(tx, job)


def record_dataset(tx: Session, job: JobRow, outcome: Mapping[str, Any]) -> None:
    """The session's sample count and violin plots; those of earlier dataset jobs are replaced."""
    earlier = select(JobRow.id).where(
        JobRow.session_id == job.session_id, JobRow.workload == job.workload, JobRow.id != job.id
    )
    tx.execute(delete(VisualizationRow).where(VisualizationRow.job_id.in_(earlier)))
    tx.execute(update(SessionRow).where(SessionRow.id == job.session_id).values(n_dat=outcome["n_dat"]))
    _add_plots(tx, job, outcome["plots"])


def _add_plots(tx: Session, job: JobRow, plots: list[dict[str, Any]]) -> None:
    for plot in plots:
        tx.add(VisualizationRow(session_id=job.session_id, job_id=job.id, **plot))
