"""Route of the plan: what it allows, what is used of it, and when that is counted anew."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training.arguments import query
from api.v1.blueprint import blueprint
from middleware.auth import require_auth


@blueprint.get("/usage")
@require_auth
def show_usage() -> Any:
    query()
    return {"success": True, **services().usage.of(g.user_id)}
