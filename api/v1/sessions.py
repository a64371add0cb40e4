"""Routes of sessions: a page of the list, create, look at, change, duplicate, delete and restore."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import g, request, url_for

from api.context import services
from api.training.arguments import flag, query
from api.training.body import json_object, refuse_fields
from api.v1.blueprint import blueprint
from api.v1.fields import whole_number
from middleware.auth import require_auth
from services.session_list import Wanted

SESSIONS = "/sessions"
SESSION = f"{SESSIONS}/<session_id>"
FIELDS = ("name", "tags")


@blueprint.get(SESSIONS)
@require_auth
def list_sessions() -> Any:
    """?cursor takes `next_cursor` of the page before."""
    given = query("search", "tag", "order", "limit", "cursor", "deleted")
    wanted = Wanted(
        search=given.get("search"),
        tag=given.get("tag"),
        order=given.get("order", "updated"),
        limit=whole_number(given, "limit", 50),
        cursor=given.get("cursor"),
        deleted=flag(given, "deleted"),
    )
    page = services().page.session_list.page(g.user_id, wanted)
    rows = [services().page.session_bin.with_deadline(row) for row in page.rows]
    return {"success": True, "sessions": rows, "total": page.total, "next_cursor": page.next_cursor}


@blueprint.get(f"{SESSIONS}/tags")
@require_auth
def list_session_tags() -> Any:
    query()
    return {"success": True, "tags": services().page.session_list.tags(g.user_id)}


@blueprint.post(SESSIONS)
@require_auth
def create_session() -> Any:
    query()
    return _created(services().sessions.open(g.user_id, json_object(FIELDS)))


@blueprint.get(SESSION)
@require_auth
def get_session(session_id: str) -> Any:
    query()
    return _shown(services().sessions.resolve(g.user_id, session_id))


@blueprint.patch(SESSION)
@require_auth
def change_session(session_id: str) -> Any:
    query()
    return _shown(services().sessions.change(g.user_id, session_id, json_object(FIELDS)))


@blueprint.post(f"{SESSION}/duplicate")
@require_auth
def duplicate_session(session_id: str) -> Any:
    """The copy has the files by reference and the time settings, but no jobs."""
    query()
    body = json_object(("name",)) if request.get_data() else {}
    return _created(services().page.session_copies.duplicate(g.user_id, session_id, body.get("name")))


@blueprint.delete(SESSION)
@require_auth
def delete_session(session_id: str) -> Any:
    """Hidden at once; `restorable_until` says until when that can be taken back."""
    query()
    refuse_fields()
    return _shown(services().page.session_bin.discard(g.user_id, session_id))


@blueprint.post(f"{SESSION}/restore")
@require_auth
def restore_session(session_id: str) -> Any:
    query()
    refuse_fields()
    return _shown(services().page.session_bin.restore(g.user_id, session_id))


def _shown(session_id: UUID) -> dict[str, Any]:
    row = services().page.session_list.one(g.user_id, session_id)
    return {"success": True, "session": services().page.session_bin.with_deadline(row)}


def _created(session_id: UUID) -> Any:
    where = url_for("v1.get_session", session_id=str(session_id))
    return _shown(session_id), 201, {"Location": where}
