"""Routes of workloads: what kinds of job there are, what they take, whether a config would do."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training.arguments import query
from api.training.body import json_object
from api.v1.blueprint import blueprint
from api.v1.fields import optional_text, required_object
from middleware.auth import require_auth


@blueprint.get("/workloads")
@require_auth
def list_workloads() -> Any:
    query()
    return {"success": True, "workloads": services().workloads.all()}


@blueprint.get("/workloads/<workload>")
@require_auth
def get_workload(workload: str) -> Any:
    query()
    return {"success": True, "workload": services().workloads.get(workload)}


@blueprint.post("/workloads/<workload>/validate")
@require_auth
def validate_config(workload: str) -> Any:
    """Whether a job of this config would be accepted; with a session, whether that is complete too."""
    services().workloads.workload(workload)
    body = json_object(("config", "session_id"))
    config, session = required_object(body, "config"), optional_text(body, "session_id")
    found = services().workloads.check(g.user_id, workload, config, session)
    return {"success": True, "valid": True, **found}
