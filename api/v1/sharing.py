"""Routes of sharing: with whom a session is shared, and as what."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training.arguments import query
from api.training.body import json_object, refuse_fields
from api.v1.blueprint import blueprint
from api.v1.sessions import SESSION
from middleware.auth import require_auth
from services.sharing import FIELDS

SHARE = f"{SESSION}/shares/<share_id>"


@blueprint.get(f"{SESSION}/shares")
@require_auth
def list_shares(session_id: str) -> Any:
    query()
    return {"success": True, "shares": services().sharing.list(g.user_id, session_id)}


@blueprint.post(f"{SESSION}/shares")
@require_auth
def add_share(session_id: str) -> Any:
    """An address that is let in already is let in as this role."""
    query()
    body = json_object(FIELDS)
    share = services().sharing.share(g.user_id, session_id, body.get("email"), body.get("role"))
    return {"success": True, "share": share}, 201


@blueprint.patch(SHARE)
@require_auth
def change_share(session_id: str, share_id: str) -> Any:
    query()
    role = json_object(("role",)).get("role")
    return {"success": True, "share": services().sharing.change(g.user_id, session_id, share_id, role)}


@blueprint.delete(SHARE)
@require_auth
def withdraw_share(session_id: str, share_id: str) -> Any:
    query()
    refuse_fields()
    services().sharing.withdraw(g.user_id, session_id, share_id)
    return {"success": True, "message": "Withdrawn"}
