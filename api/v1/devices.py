"""Routes of the machines behind the server: their devices and the workers on them."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training.arguments import query
from api.v1.blueprint import blueprint
from middleware.auth import require_auth


@blueprint.get("/devices")
@require_auth
def list_devices() -> Any:
    query()
    return {"success": True, "devices": services().workforce.devices()}


@blueprint.get("/workers")
@require_auth
def list_workers() -> Any:
    query()
    everybodys = services().admins.has(g.user)
    return {"success": True, "workers": services().workforce.workers(g.user_id, everybodys=everybodys)}
