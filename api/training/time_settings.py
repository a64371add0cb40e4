"""Time features and window steps of a session."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training.blueprint import blueprint
from api.training.body import json_object, session_ref
from middleware.auth import require_auth
from services.errors import BadRequest


@blueprint.post("/save-time-info")
@require_auth
def save_time_info() -> dict[str, Any]:
    body = json_object(("sessionId", "session_id", "timeInfo"))
    value = _required(body, "timeInfo")
    services().time_settings.save(g.user_id, session_ref(body), time_info=value, create=True)
    return {"success": True, "data": None, "message": "The time features were saved"}


@blueprint.post("/save-zeitschritte")
@require_auth
def save_zeitschritte() -> dict[str, Any]:
    body = json_object(("sessionId", "session_id", "zeitschritte"))
    value = _required(body, "zeitschritte")
    services().time_settings.save(g.user_id, session_ref(body), zeitschritte=value, create=True)
    return {"success": True, "data": None, "message": "The steps were saved"}


@blueprint.get("/get-time-info/<session_id>")
@require_auth
def get_time_info(session_id: str) -> dict[str, Any]:
    return {"success": True, "data": services().time_settings.time_info(g.user_id, session_id)}


@blueprint.get("/get-zeitschritte/<session_id>")
@require_auth
def get_zeitschritte(session_id: str) -> dict[str, Any]:
    return {"success": True, "data": services().time_settings.zeitschritte(g.user_id, session_id)}


def _required(body: dict[str, Any], name: str) -> Any:
    if body.get(name) is None:
        raise BadRequest(f"{name} is missing", details={"field": name})
    return body[name]
