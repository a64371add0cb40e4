"""Accounts over HTTP: sign up, sign in, refresh, sign out, who am I."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g

from api.context import services
from api.training.arguments import query
from api.training.body import json_object
from middleware.auth import require_auth
from services.accounts import Tokens
from services.errors import BadRequest

blueprint = Blueprint("auth", __name__, url_prefix="/api/auth")
MAX_TEXT = 4096


@blueprint.post("/sign-up")
def sign_up() -> tuple[dict[str, Any], int]:
    return _tokens(services().accounts.sign_up(*_texts("email", "password"))), 201


@blueprint.post("/sign-in")
def sign_in() -> dict[str, Any]:
    return _tokens(services().accounts.sign_in(*_texts("email", "password")))


@blueprint.post("/refresh")
def refresh() -> dict[str, Any]:
    return _tokens(services().accounts.refresh(*_texts("refresh_token")))


@blueprint.post("/sign-out")
def sign_out() -> dict[str, Any]:
    services().accounts.sign_out(*_texts("refresh_token"))
    return {"success": True, "message": "Signed out"}


@blueprint.get("/options")
def options() -> dict[str, Any]:
    """What a page must know before anybody is signed in."""
    query()
    settings, accounts = services().settings, services().accounts
    return {"success": True, "sign_up": settings.sign_up == "open" or not accounts.has_users()}


@blueprint.post("/password")
@require_auth
def change_password() -> dict[str, Any]:
    current, new = _texts("current_password", "new_password")
    services().sign_ins.change_password(g.user, current, new)
    return {"success": True, "message": "The password is changed; every other sign-in has ended"}


@blueprint.get("/sign-ins")
@require_auth
def sign_ins() -> dict[str, Any]:
    query()
    return {"success": True, "sign_ins": services().sign_ins.of(g.user)}


@blueprint.delete("/sign-ins")
@require_auth
def sign_out_everywhere() -> dict[str, Any]:
    query()
    return {"success": True, "ended": services().sign_ins.end_all(g.user)}


@blueprint.delete("/sign-ins/<sign_in>")
@require_auth
def end_sign_in(sign_in: str) -> dict[str, Any]:
    query()
    services().sign_ins.end(g.user, sign_in)
    return {"success": True, "message": "That sign-in has ended"}


@blueprint.get("/me")
@require_auth
def me() -> dict[str, Any]:
    """The caller, the plan, and what is used of it."""
    usage = services().plans.find_usage(g.user_id)
    about = {
        "success": True,
        "user": {"id": str(g.user.id), "email": g.user.email},
        "admin": services().admins.has(g.user),
    }
    if usage is None:
        return {**about, "plan": None, "usage": None}
    return {**about, "plan": usage.plan, "usage": usage.to_json()}


def _tokens(tokens: Tokens) -> dict[str, Any]:
    return {
        "success": True,
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "token_type": "Bearer",  # nosec B105 - the name of a scheme
        "expires_at": tokens.expires_at.isoformat(),
        "user": {"id": str(tokens.user.id), "email": tokens.user.email},
    }


def _texts(*names: str) -> list[str]:
    """These fields of the body, each a text; the values are never repeated in a message."""
    body = json_object(names)
    for name in names:
        value = body.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
            raise BadRequest(f"{name} must be a text of 1 to {MAX_TEXT} characters", details={"field": name})
    return [body[name] for name in names]
