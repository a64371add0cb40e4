"""Routes of a search: start it, ask how far it is and what it found."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training.answers import queued
from api.training.arguments import job_id, query
from api.training.blueprint import blueprint
from api.training.body import json_object
from middleware.auth import require_auth
from middleware.subscription import check_training_limit, require_subscription
from services.search_fields import SEARCH_FIELDS


@blueprint.post("/search/<session_id>")
@require_auth
@require_subscription
@check_training_limit
def start_search(session_id: str) -> Any:
    job = services().searches.start(g.user_id, session_id, json_object(SEARCH_FIELDS))
    return queued(session_id, job, "The search is queued")


@blueprint.get("/search/<session_id>")
@require_auth
def search(session_id: str) -> Any:
    """The newest; ?job_id= another one."""
    arguments = query("job_id")
    report = services().searches.report(g.user_id, session_id, job_id(arguments.get("job_id")))
    return {"success": True, "session_id": session_id, **report}
