"""Routes that ask something of a job: 200 when it is done, 202 when its worker was asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import g, request

from api.context import services
from api.training.arguments import query
from api.training.body import json_object, refuse_fields
from api.v1.answers import job_id_of, summary
from api.v1.blueprint import blueprint
from api.v1.fields import KEY, idempotency_key
from api.v1.jobs import JOB, created
from middleware.auth import require_auth
from services.jobs import JobView


@blueprint.post(f"{JOB}/submit")
@require_auth
def submit_job(job_id: str) -> Any:
    """Queue a draft."""
    return _asked(job_id, services().jobs.start_draft)


@blueprint.post(f"{JOB}/pause")
@require_auth
def pause_job(job_id: str) -> Any:
    """A waiting job stops at once, a working one after its next checkpoint."""
    return _asked(job_id, services().jobs.pause, by_admins=True)


@blueprint.post(f"{JOB}/resume")
@require_auth
def resume_job(job_id: str) -> Any:
    return _asked(job_id, services().jobs.resume)


@blueprint.post(f"{JOB}/finish")
@require_auth
def finish_job(job_id: str) -> Any:
    """Keep the best and stop: the training ends now, and its best state is evaluated and stored."""
    return _asked(job_id, services().jobs.finish, by_admins=True)


@blueprint.post(f"{JOB}/cancel")
@require_auth
def cancel_job(job_id: str) -> Any:
    return _asked(job_id, services().jobs.cancel, by_admins=True)


@blueprint.post(f"{JOB}/retry")
@require_auth
def retry_job(job_id: str) -> Any:
    """The failed tasks, or on from the newest checkpoint."""
    query()
    what = json_object(("what",)).get("what") if request.get_data() else None
    return _answer(services().job_requests.retry(g.user_id, job_id_of(job_id), what))


@blueprint.post(f"{JOB}/restart")
@require_auth
def restart_job(job_id: str) -> Any:
    """A new job with everything the ended one was asked for."""
    query()
    refuse_fields()
    key = idempotency_key(request.headers.get(KEY))
    return created(services().jobs.restart(g.user_id, job_id_of(job_id), key))


def _asked(job_id: str, action: Callable[[UUID, UUID], JobView], *, by_admins: bool = False) -> Any:
    """`by_admins`: an admin may ask it of anybody's job."""
    query()
    refuse_fields()
    job = job_id_of(job_id)
    user = services().admins.acts_for(g.user, job) if by_admins else g.user_id
    return _answer(action(user, job))


def _answer(job: JobView) -> Any:
    """What is done at once needs no worker to agree."""
    said = {} if job.notice is None else {"message": job.notice}
    return {"success": True, "job": summary(job), **said}, 200 if job.requested_action == "none" else 202
