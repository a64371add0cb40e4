"""A job in the words of the contract of local training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from services.jobs.states import Status
from services.jobs.views import JobView
from services.local_training.record import TrainingProgress
from services.local_training.reporting import KINDS, as_record
from services.storage.database import Database
from services.storage.tables import JobEventRow

AT_ONCE = 500  # jobs per query


def status_of(database: Database, jobs: Sequence[JobView]) -> list[dict[str, Any]]:
    """One for each job, in their order."""
    last: dict[UUID, TrainingProgress] = {}
    for start in range(0, len(jobs), AT_ONCE):
        last |= _last_told(database, [job.id for job in jobs[start : start + AT_ONCE]])
    return [_status(job, last.get(job.id)) for job in jobs]


def _last_told(database: Database, job_ids: Sequence[UUID]) -> dict[UUID, TrainingProgress]:
    """The newest moment of each training; those that have told of none are left out."""
    newest = (
        select(JobEventRow.job_id, func.max(JobEventRow.seq).label("seq"))
        .where(JobEventRow.job_id.in_(job_ids), JobEventRow.type.in_(KINDS))
        .group_by(JobEventRow.job_id)
        .subquery()
    )
    same = (JobEventRow.job_id == newest.c.job_id) & (JobEventRow.seq == newest.c.seq)
    with database.read() as tx:
        rows = tx.scalars(select(JobEventRow).join(newest, same)).all()
    told = {row.job_id: as_record(row.type, row.data, row.job_id.int) for row in rows}
    return {job_id: record for job_id, record in told.items() if record is not None}


def _status(job: JobView, last: TrainingProgress | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "job_id": job.id.int,
        "job_name": job.name or job.workload,
        "status": _word(job),
        "start_timestamp": job.started_at.isoformat() if job.started_at else None,
        "end_timestamp": job.finished_at.isoformat() if job.finished_at else None,
        "environment": "local",
    }
    return told if last is None else told | {"progress": _progress(job, last)}


def _word(job: JobView) -> str:
    """The contract knows no queue, and calls a job preparing until it trains."""
    if job.status == Status.QUEUED:
        return "pending"
    if job.status == Status.RUNNING and job.phase in (None, "prepare"):
        return "preparing"
    return job.status


def _progress(job: JobView, last: TrainingProgress) -> dict[str, Any]:
    running = job.status == Status.RUNNING
    return {
        "epoch": last.epoch,
        "total_epochs": last.total_epochs,
        "epoch_progress": last.epoch_progress,
        "batch_progress": last.batch_progress,
        "train_loss": _finite(last.train_loss),
        "val_loss": _finite(last.val_loss),
        "elapsed_time": last.elapsed_time,
        "estimated_remaining": last.estimated_remaining if running else None,
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
