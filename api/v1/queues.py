"""Routes of queues: where the caller's jobs stand, and how long the queues are."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training.arguments import query
from api.v1.blueprint import blueprint
from middleware.auth import require_auth


@blueprint.get("/queues")
@require_auth
def list_queues() -> Any:
    query()
    return {"success": True, "queues": services().queues.all(g.user_id)}


@blueprint.get("/queues/<queue>")
@require_auth
def get_queue(queue: str) -> Any:
    """With the caller's waiting jobs and their places."""
    query()
    return {"success": True, "queue": services().queues.get(g.user_id, queue)}
