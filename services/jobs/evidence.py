"""What the evidence of a job's tasks adds up to: how many tries, how long, on what, computed by what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from services.storage.job_tables import EvidenceRow


def stats(tx: Session, job_id: UUID) -> dict[str, Any]:
    """Over all tries of all tasks; times are null while there is no evidence."""
    of_job = EvidenceRow.job_id == job_id
    took = EvidenceRow.processing_ms
    query = select(
        func.count(),
        func.sum(case((EvidenceRow.status == "completed", 1), else_=0)),
        func.sum(case((EvidenceRow.status == "failed", 1), else_=0)),
        func.avg(took),
        func.min(took),
        func.max(took),
    )
    total, successful, failed, mean, least, most = tx.execute(query.where(of_job)).one()
    devices = tx.scalars(select(EvidenceRow.device).where(of_job).distinct())
    models = tx.scalars(select(EvidenceRow.computed_by).where(of_job).distinct())
    return {
        "total": total,
        "successful": successful or 0,
        "failed": failed or 0,
        "avg_processing_time_ms": None if mean is None else round(mean, 3),
        "min_processing_time_ms": least,
        "max_processing_time_ms": most,
        "devices_used": sorted(devices),
        "model_versions": sorted(name for name in models if name is not None),
    }
