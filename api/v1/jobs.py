"""Routes of jobs: create, list, look at, change, delete."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import g, request, url_for

from api.context import services
from api.training.arguments import query
from api.training.body import json_object, refuse_fields
from api.v1.answers import job_id_of, recent, summary, websocket_url, whole
from api.v1.blueprint import blueprint
from api.v1.fields import KEY, idempotency_key, whole_number
from middleware.auth import require_auth
from services.errors import BadRequest
from services.job_requests import CHANGE_FIELDS, JOB_FIELDS
from services.jobs import JobView, Selection

JOBS = "/training/jobs"
JOB = f"{JOBS}/<job_id>"
FILTERS = ("status", "workload", "lane", "session_id", "tag", "name", "priority")
OWNERS = ("me", "all")
ORDERS = ("newest", "oldest")


@blueprint.post(JOBS)
@require_auth
def create_job() -> Any:
    """201 and the job; the same again for the same request with the same Idempotency-Key."""
    query()
    key = idempotency_key(request.headers.get(KEY))
    job = services().job_requests.create(g.user_id, json_object(JOB_FIELDS), key)
    return created(job)


@blueprint.get(JOBS)
@require_auth
def list_jobs() -> Any:
    """The newest first; ?limit and ?offset leaf through what the others choose."""
    arguments = query(*FILTERS, "owner", "limit", "offset", "order")
    selection = _selection(arguments)
    limit, offset = whole_number(arguments, "limit", 50), whole_number(arguments, "offset", 0)
    order = arguments.get("order", "newest")
    if order not in ORDERS:
        raise BadRequest(f"order is {order[:40]!r}; it must be {' or '.join(ORDERS)}")
    jobs = services().jobs.list(
        g.user_id, selection, limit=limit, offset=offset, oldest_first=order == "oldest"
    )
    total = services().jobs.count(g.user_id, selection)
    more = offset + len(jobs) < total and jobs
    following = urlencode({**arguments, "limit": limit, "offset": offset + limit})
    return {
        "success": True,
        "jobs": _with_owners(jobs) if selection.everybodys else [summary(job) for job in jobs],
        "total": total,
        "limit": limit,
        "offset": offset,
        "next": f"{url_for('v1.list_jobs')}?{following}" if more else None,
    }


@blueprint.get(JOB)
@require_auth
def get_job(job_id: str) -> Any:
    query()
    job = services().jobs.get(g.user_id, job_id_of(job_id))
    return {
        "success": True,
        "job": shown(job),
        "recent_metrics": [recent(row) for row in services().jobs.records.recent_metrics(g.user_id, job.id)],
        "websocket_url": websocket_url(job),
    }


@blueprint.patch(JOB)
@require_auth
def change_job(job_id: str) -> Any:
    """Name, notes, tags and priority, whatever its status."""
    query()
    body, found = json_object(CHANGE_FIELDS), job_id_of(job_id)
    # what a job is called is its owner's affair, when it has its turn also an admin's
    user = services().admins.acts_for(g.user, found) if set(body) == {"priority"} else g.user_id
    job = services().job_requests.change(user, found, body)
    return {"success": True, "job": summary(job)}


@blueprint.delete(JOB)
@require_auth
def delete_job(job_id: str) -> Any:
    """204 when it is gone; 202 when its worker was asked to stop first: it goes as soon as that has."""
    query()
    refuse_fields()
    job = services().jobs.delete(g.user_id, job_id_of(job_id))
    return ("", 204) if job is None else ({"success": True, "job": summary(job)}, 202)


def created(job: JobView) -> Any:
    headers = {"Location": url_for("v1.get_job", job_id=str(job.id))}
    if job.replayed:
        headers["Idempotent-Replayed"] = "true"
    return {"success": True, **shown(job)}, 201, headers


def shown(job: JobView) -> dict[str, Any]:
    return whole(job, services().workloads.total_epochs(job.workload, job.config or {}))


def _with_owners(jobs: list[JobView]) -> list[dict[str, Any]]:
    emails = services().admins.emails_of([job.user_id for job in jobs])
    return [{**summary(job), "owner": emails[job.user_id]} for job in jobs]


def _selection(arguments: dict[str, str]) -> Selection:
    session, owner = arguments.get("session_id"), arguments.get("owner", OWNERS[0])
    if owner not in OWNERS:
        raise BadRequest(f"owner is {owner[:40]!r}; it must be {' or '.join(OWNERS)}")
    if owner == "all":
        services().admins.require(g.user)
    return Selection(
        session_id=services().sessions.resolve(g.user_id, session) if session else None,
        workload=arguments.get("workload"),
        lane=arguments.get("lane"),
        status=arguments.get("status"),
        priority=arguments.get("priority"),
        tag=arguments.get("tag"),
        name=arguments.get("name"),
        everybodys=owner == "all",
    )
