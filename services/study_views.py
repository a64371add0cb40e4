"""What a page is told of a study, a job that compares models: how far it is, then what it found."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.errors import NotFound
from services.jobs import Jobs, JobView
from services.jobs.states import Status


def find_study(jobs: Jobs, user_id: UUID, session_id: UUID, workload: str, job_id: UUID | None) -> JobView:
    """The newest job of this kind in the session, or the one that is named."""
    job = jobs.latest(user_id, session_id, workload) if job_id is None else jobs.get(user_id, job_id)
    if job is None or job.session_id != session_id or job.workload != workload:
        which = f"no {workload}" if job_id is None else f"no {workload} {job_id}"
        raise NotFound(
            f"This session has {which}",
            code=f"{workload.upper()}_NOT_FOUND",
            suggestion=f"Start one with POST /api/training/{workload}/<session_id>",
        )
    return job


def study_json(job: JobView) -> dict[str, Any]:
    """`results` is null until the job is completed."""
    progress = job.progress or {}
    done = job.status == Status.COMPLETED
    return {
        "job_id": str(job.id),
        "status": str(job.status),
        "progress": 100 if done else progress.get("percent") or 0,
        "current_step": progress.get("message") or job.phase,
        "completed_at": job.finished_at.isoformat() if job.finished_at else None,
        "queue_position": job.queue_position,
        "job_error": job.error,
        "results": (job.outcome or {}).get("results") if done else None,
    }
