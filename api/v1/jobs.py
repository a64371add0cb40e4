"""Routes of jobs: list, look at, cancel, follow, download from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import g

from api.context import services
from api.training import answers
from api.training.arguments import query
from api.training.body import refuse_fields
from api.v1.blueprint import blueprint
from api.v1.metrics import metric_history
from middleware.auth import require_auth
from services.artifacts import download
from services.errors import BadRequest, NotFound
from services.jobs import Selection
from services.jobs.records import artifact_json
from services.jobs.states import Status

JOBS = "/training/jobs"
JOB = f"{JOBS}/<job_id>"


@blueprint.get(JOBS)
@require_auth
def list_jobs() -> Any:
    """The newest first; ?status, ?workload and ?session_id choose, ?limit and ?offset leaf through."""
    arguments = query("status", "workload", "session_id", "limit", "offset")
    session = arguments.get("session_id")
    selection = Selection(
        session_id=services().sessions.resolve(g.user_id, session) if session else None,
        workload=arguments.get("workload"),
        status=arguments.get("status"),
    )
    limit, offset = _integer(arguments, "limit", 50), _integer(arguments, "offset", 0)
    jobs = services().jobs.list(g.user_id, selection, limit=limit, offset=offset)
    return {
        "success": True,
        "jobs": [job.to_json() for job in jobs],
        "total": services().jobs.count(g.user_id, selection),
        "limit": limit,
        "offset": offset,
    }


@blueprint.get(JOB)
@require_auth
def get_job(job_id: str) -> Any:
    query()
    job = services().jobs.get(g.user_id, _job_id(job_id))
    return {
        "success": True,
        "job": {**job.to_json(), "config": job.config, "outcome": job.outcome},
        "recent_metrics": services().jobs.records.recent_metrics(g.user_id, job.id),
    }


@blueprint.post(f"{JOB}/cancel")
@blueprint.delete(JOB)
@require_auth
def cancel_job(job_id: str) -> Any:
    """200 when it is cancelled, 202 when its worker was asked to stop."""
    query()
    refuse_fields()
    job = services().jobs.cancel(g.user_id, _job_id(job_id))
    return {"success": True, "job": job.to_json()}, 200 if job.status == Status.CANCELLED else 202


@blueprint.get(f"{JOB}/events")
@require_auth
def list_events(job_id: str) -> Any:
    arguments = query("after_seq")
    after = _integer(arguments, "after_seq", 0)
    events = services().jobs.events(g.user_id, _job_id(job_id), after)
    return {
        "success": True,
        "events": [event.to_json() for event in events],
        "last_seq": events[-1].seq if events else after,
    }


@blueprint.get(f"{JOB}/metrics")
@require_auth
def list_metrics(job_id: str) -> Any:
    """The newest first, by range, or whole curves with ?max_points each."""
    return metric_history(services().jobs.records, g.user_id, _job_id(job_id))


@blueprint.get(f"{JOB}/logs")
@require_auth
def list_logs(job_id: str) -> Any:
    arguments = query("after", "limit")
    lines = services().jobs.records.logs(
        g.user_id,
        _job_id(job_id),
        after=_integer(arguments, "after", 0),
        limit=_integer(arguments, "limit", 1000),
    )
    return {"success": True, "logs": lines}


@blueprint.get(f"{JOB}/artifacts")
@require_auth
def list_artifacts(job_id: str) -> Any:
    query()
    artifacts = services().jobs.records.artifacts(g.user_id, _job_id(job_id))
    return {"success": True, "artifacts": [artifact_json(artifact) for artifact in artifacts]}


@blueprint.get(f"{JOB}/artifacts/<name>")
@require_auth
def get_artifact(job_id: str, name: str) -> Any:
    """The file itself."""
    query()
    artifact = services().jobs.records.artifact(g.user_id, _job_id(job_id), name)
    return answers.file(download(services().blobs, artifact))


def _job_id(text: str) -> UUID:
    """What is no UUID names no job."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(f"There is no job {text[:80]!r}", code="JOB_NOT_FOUND") from None


def _integer(arguments: dict[str, str], name: str, default: int) -> int:
    text = arguments.get(name, str(default))
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit() or len(text) > 15:
        raise BadRequest(f"{name} must be a whole number, not {text[:40]!r}")
    return int(text)
