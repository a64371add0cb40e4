"""Routes of API keys as the first page calls them, by session; the same keys as at /api/v1/api-keys."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training.arguments import query
from api.training.blueprint import blueprint
from api.training.body import json_object, refuse_fields
from middleware.auth import require_auth

FIELDS = ("name", "scopes", "expires_in_days")


@blueprint.post("/api-keys/<session_id>")
@require_auth
def create_key(session_id: str) -> Any:
    """`key` is shown this once."""
    about, key = services().api_keys.create(g.user_id, session_id, json_object(FIELDS))
    return {"success": True, "api_key": about, "key": key}, 201


@blueprint.get("/api-keys/<session_id>")
@require_auth
def list_keys(session_id: str) -> Any:
    query()
    return {"success": True, "keys": services().api_keys.list(g.user_id, session_id)}


@blueprint.delete("/api-keys/<key_id>")
@require_auth
def delete_key(key_id: str) -> Any:
    query()
    refuse_fields()
    services().api_keys.delete(g.user_id, key_id)
    return {"success": True, "message": "Deleted"}
