"""Routes of API keys: make one for a session, list, delete; no key gets here."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training.arguments import query
from api.training.body import json_object, refuse_fields
from api.v1.blueprint import blueprint
from api.v1.fields import optional_text, refused
from middleware.auth import require_auth
from services.api_keys import FIELDS


@blueprint.get("/api-keys")
@require_auth
def list_api_keys() -> Any:
    given = query("session_id")
    return {"success": True, "keys": services().api_keys.list(g.user_id, given.get("session_id"))}


@blueprint.post("/api-keys")
@require_auth
def create_api_key() -> Any:
    """`key` is shown this once."""
    query()
    body = json_object(FIELDS)
    session = optional_text(body, "session_id")
    if session is None:
        raise refused("session_id", "is missing: a key opens one session")
    about, key = services().api_keys.create(g.user_id, session, body)
    return {"success": True, "api_key": about, "key": key}, 201


@blueprint.delete("/api-keys/<key_id>")
@require_auth
def delete_api_key(key_id: str) -> Any:
    query()
    refuse_fields()
    services().api_keys.delete(g.user_id, key_id)
    return {"success": True, "message": "Deleted"}
