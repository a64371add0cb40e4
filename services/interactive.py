"""Small jobs that a request waits for, up to a limit; what went wrong in them is raised here."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel

from services.errors import AppError, Conflict, Invalid, Unavailable
from services.jobs import Jobs, JobView
from services.jobs.states import Status

# not the caller's fault: the way out is to try again
_KINDS: dict[str, type[AppError]] = {"internal_error": Unavailable, "worker_lost": Unavailable}


class SmallJobs:
    """Runs jobs of the interactive lane as if they were calls."""

    def __init__(self, jobs: Jobs, wait_seconds: float) -> None:
        self._jobs = jobs
        self._wait_seconds = wait_seconds

    def run(self, user_id: UUID, workload: str, config: BaseModel, session_id: UUID) -> JobView:
        """Submit and wait; see `wait`."""
        job = self._jobs.submit(user_id, workload, config.model_dump(mode="json"), session_id=session_id)
        return self.wait(user_id, job.id)

    def wait(self, user_id: UUID, job_id: UUID) -> JobView:
        """The completed job, or one still at work when the time was up; its failure is raised."""
        job = self._jobs.wait(user_id, job_id, self._wait_seconds)
        if job.status == Status.FAILED:
            raise failure(job)
        if job.status == Status.CANCELLED:
            raise Conflict("The job was cancelled", code="JOB_CANCELLED", details={"job_id": str(job.id)})
        return job


def failure(job: JobView) -> AppError:
    """A failed job as the error its request answers with: the caller's data, or the platform."""
    error = job.error or {}
    kind = _KINDS.get(job.reason or "", Invalid)
    return kind(
        str(error.get("error") or "The job failed"),
        code=str(error.get("code") or "JOB_FAILED"),
        suggestion=error.get("suggestion"),
        details={**(error.get("details") or {}), "job_id": str(job.id)},
    )
