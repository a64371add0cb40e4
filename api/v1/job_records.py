"""Routes of what a job leaves: events, metrics, logs, tasks and their evidence, checkpoints, artifacts."""

from __future__ import annotations

from typing import Any

from flask import g, url_for

from api.context import services
from api.training import answers
from api.training.arguments import query
from api.v1.answers import job_id_of
from api.v1.blueprint import blueprint
from api.v1.fields import whole_number
from api.v1.jobs import JOB
from api.v1.metrics import metric_history
from middleware.auth import require_auth
from services.artifacts import download
from services.errors import BadRequest
from services.jobs.history import check_limit
from services.jobs.progress import TASK_STATES
from services.jobs.record_views import attempt_json, checkpoint_json, evidence_json, task_json
from services.jobs.records import artifact_json


@blueprint.get(f"{JOB}/events")
@require_auth
def list_events(job_id: str) -> Any:
    """In order, all or those of one ?type; `next` is the path of what follows where a page was not enough."""
    arguments = query("after_seq", "limit", "type")
    after, limit = whole_number(arguments, "after_seq", 0), whole_number(arguments, "limit", 1000)
    check_limit(limit)
    kind = arguments.get("type") or None
    events = services().jobs.events(g.user_id, job_id_of(job_id), after, kind, limit)
    last = events[-1].seq if events else after
    more = len(events) == limit and services().jobs.get(g.user_id, job_id_of(job_id)).last_seq > last
    rest: dict[str, Any] = {"after_seq": last, "limit": limit, **({"type": kind} if kind else {})}
    return {
        "success": True,
        "events": [event.to_json() for event in events],
        "last_seq": last,
        "next": url_for("v1.list_events", job_id=job_id, **rest) if more else None,
    }


@blueprint.get(f"{JOB}/metrics")
@require_auth
def list_metrics(job_id: str) -> Any:
    """The newest first, by range, or whole curves with ?max_points each."""
    return metric_history(services().jobs.records, g.user_id, job_id_of(job_id))


@blueprint.get(f"{JOB}/logs")
@require_auth
def list_logs(job_id: str) -> Any:
    arguments = query("after", "limit")
    lines = services().jobs.records.logs(
        g.user_id,
        job_id_of(job_id),
        after=whole_number(arguments, "after", 0),
        limit=whole_number(arguments, "limit", 1000),
    )
    return {"success": True, "logs": lines}


@blueprint.get(f"{JOB}/attempts")
@require_auth
def list_attempts(job_id: str) -> Any:
    query()
    rows = services().jobs.records.attempts(g.user_id, job_id_of(job_id))
    return {"success": True, "attempts": [attempt_json(row) for row in rows]}


@blueprint.get(f"{JOB}/checkpoints")
@require_auth
def list_checkpoints(job_id: str) -> Any:
    query()
    rows = services().jobs.records.checkpoints(g.user_id, job_id_of(job_id))
    return {"success": True, "checkpoints": [checkpoint_json(row) for row in rows]}


@blueprint.get(f"{JOB}/tasks")
@require_auth
def list_tasks(job_id: str) -> Any:
    arguments = query("status", "limit", "offset")
    if arguments.get("status", "pending") not in TASK_STATES:
        raise BadRequest(f"status must be one of {', '.join(TASK_STATES)}", details={"field": "status"})
    rows = services().jobs.records.tasks(
        g.user_id,
        job_id_of(job_id),
        status=arguments.get("status"),
        limit=whole_number(arguments, "limit", 1000),
        offset=whole_number(arguments, "offset", 0),
    )
    counts = services().jobs.get(g.user_id, job_id_of(job_id)).counts
    return {"success": True, "tasks": [task_json(row) for row in rows], "counts": counts}


@blueprint.get(f"{JOB}/evidence")
@require_auth
def list_evidence(job_id: str) -> Any:
    """What every try of every task came to, oldest first."""
    arguments = query("limit", "offset")
    rows = services().jobs.records.evidence(
        g.user_id,
        job_id_of(job_id),
        limit=whole_number(arguments, "limit", 1000),
        offset=whole_number(arguments, "offset", 0),
    )
    return {"success": True, "evidence": [evidence_json(row.key, row.EvidenceRow) for row in rows]}


@blueprint.get(f"{JOB}/evidence/stats")
@require_auth
def evidence_stats(job_id: str) -> Any:
    query()
    return {"success": True, "stats": services().jobs.records.evidence_stats(g.user_id, job_id_of(job_id))}


@blueprint.get(f"{JOB}/artifacts")
@require_auth
def list_artifacts(job_id: str) -> Any:
    query()
    artifacts = services().jobs.records.artifacts(g.user_id, job_id_of(job_id))
    return {"success": True, "artifacts": [artifact_json(artifact) for artifact in artifacts]}


@blueprint.get(f"{JOB}/artifacts/<name>")
@require_auth
def get_artifact(job_id: str, name: str) -> Any:
    """The file itself."""
    query()
    artifact = services().jobs.records.artifact(g.user_id, job_id_of(job_id), name)
    return answers.file(download(services().blobs, artifact))
