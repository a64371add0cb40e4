"""Sessions: opened, listed, shown, renamed, finalized, deleted."""

from __future__ import annotations

from typing import Any

from flask import g, request

from api.context import services
from api.training.blueprint import blueprint
from api.training.body import json_object, refuse_fields, session_ref
from middleware.auth import require_auth
from services.errors import BadRequest
from services.file_fields import invalid

FINALIZE_FIELDS = (
    "sessionId",
    "session_id",
    "sessionName",
    "timeInfo",
    "zeitschritte",
    "sessionInfo",
    "files",
    "finalized",
    "finalizationTime",
    "n_dat",
    "file_count",
)


@blueprint.post("/init-session")
@require_auth
def init_session() -> dict[str, Any]:
    """The page's own session id becomes a session, with its time settings if they are known."""
    body = json_object(("sessionId", "session_id", "sessionName", "timeInfo", "zeitschritte"))
    ref = session_ref(body) if body.get("sessionId") or body.get("session_id") else None
    time_settings = services().time_settings
    time_settings.check(body.get("timeInfo"), body.get("zeitschritte"))
    session_id = services().sessions.create(g.user_id, ref=ref, name=body.get("sessionName"))
    _save_time(str(session_id), body)
    return {
        "success": True,
        "sessionId": ref or str(session_id),
        "sessionUuid": str(session_id),
        "message": "The session is open",
    }


@blueprint.post("/create-database-session")
@require_auth
def create_database_session() -> dict[str, Any]:
    body = json_object(("sessionId", "session_id", "sessionName"))
    ref = session_ref(body) if body.get("sessionId") or body.get("session_id") else None
    session_id = services().sessions.create(g.user_id, ref=ref, name=body.get("sessionName"))
    return {"success": True, "sessionUuid": str(session_id), "message": "The session is open"}


@blueprint.post("/finalize-session")
@require_auth
def finalize_session() -> dict[str, Any]:
    """All files are there; refused while one is not. n_dat is the number of rows of all files here."""
    body = json_object(FINALIZE_FIELDS)
    ref = session_ref(body)
    _check_session_info(body)
    _save_time(ref, body)
    if body.get("sessionName"):
        services().sessions.rename(g.user_id, ref, body["sessionName"])
    rows, count = services().sessions.finalize(g.user_id, ref)
    return {
        "success": True,
        "message": "The session is finalized",
        "sessionId": ref,
        "n_dat": rows,
        "file_count": count,
    }


@blueprint.get("/list-sessions")
@require_auth
def list_sessions() -> dict[str, Any]:
    limit = request.args.get("limit", "50")
    if not limit.isascii() or not limit.isdigit():
        raise BadRequest(f"limit must be a whole number, not {limit[:40]!r}")
    sessions, total = services().sessions.list(g.user_id, int(limit[:10]))
    return {"success": True, "sessions": sessions, "total_count": total}


@blueprint.get("/session/<session_id>")
@blueprint.get("/session/<session_id>/database", endpoint="get_session_database")
@require_auth
def get_session(session_id: str) -> dict[str, Any]:
    """Two paths of the page, one truth behind both."""
    return {"success": True, "session": services().sessions.view(g.user_id, session_id)}


@blueprint.get("/session-status/<session_id>")
@require_auth
def session_status(session_id: str) -> dict[str, Any]:
    """How far the uploads of a session are, and which chunks they lack."""
    session = services().sessions.view(g.user_id, session_id)
    uploads = services().uploads.status(g.user_id, session_id)
    return {
        "success": True,
        **_progress(uploads, session["file_count"]),
        "finalized": session["finalized"],
        "uploads": uploads,
    }


@blueprint.post("/session/<session_id>/delete")
@require_auth
def delete_session(session_id: str) -> dict[str, Any]:
    refuse_fields()
    services().sessions.delete(g.user_id, session_id)
    return {"success": True, "message": "The session and everything in it was deleted"}


@blueprint.post("/delete-all-sessions")
@require_auth
def delete_all_sessions() -> dict[str, Any]:
    """Only with confirm_delete_all; all sessions of the caller or, if one is busy, none."""
    if not _is_confirmed():
        raise BadRequest(
            "Deleting all sessions needs a confirmation",
            code="CONFIRMATION_REQUIRED",
            suggestion='Send {"confirm_delete_all": true}',
        )
    counts = services().sessions.delete_all(g.user_id)
    summary = {
        "database_records_deleted": counts["sessions"],
        "storage_files_deleted": counts["blobs"],
        "local_directories_deleted": counts["folders"],
        "local_files_deleted": 0,
    }
    return {
        "success": True,
        "message": f"{counts['sessions']} sessions were deleted",
        "summary": summary,
        "details": {},
    }


@blueprint.get("/get-session-uuid/<session_id>")
@require_auth
def get_session_uuid(session_id: str) -> dict[str, Any]:
    found = str(services().sessions.resolve(g.user_id, session_id))
    return {"success": True, "data": {"sessionUuid": found}, "message": "The session is known"}


@blueprint.post("/session-name-change")
@require_auth
def change_session_name() -> dict[str, Any]:
    body = json_object(("sessionId", "session_id", "sessionName"))
    ref = session_ref(body)
    name = services().sessions.rename(g.user_id, ref, body.get("sessionName"))
    data = {"sessionId": ref, "sessionName": name}
    return {"success": True, "data": data, "message": "The session was renamed"}


def _is_confirmed() -> bool:
    if request.form:
        return request.form.get("confirm_delete_all", "").lower() == "true"
    return bool(request.data) and json_object(("confirm_delete_all",)).get("confirm_delete_all") is True


def _save_time(ref: str, body: dict[str, Any]) -> None:
    services().time_settings.save(
        g.user_id, ref, time_info=body.get("timeInfo"), zeitschritte=body.get("zeitschritte")
    )


def _check_session_info(body: dict[str, Any]) -> None:
    """What the page repeats from its own memory: checked for its form, the rows are the truth."""
    if not isinstance(body.get("sessionInfo") or {}, dict):
        raise invalid("sessionInfo", "must be an object")
    if not isinstance(body.get("files") or [], list):
        raise invalid("files", "must be a list")


def _progress(uploads: list[dict[str, Any]], files: int) -> dict[str, Any]:
    if not uploads and not files:
        return {"status": "pending", "progress": 0, "message": "Nothing was uploaded yet"}
    failed = [upload["fileName"] for upload in uploads if upload["status"] == "failed"]
    open_ones = [upload for upload in uploads if upload["status"] not in ("completed", "failed")]
    if open_ones:
        total = sum(upload["totalChunks"] for upload in open_ones)
        received = sum(upload["receivedChunks"] for upload in open_ones)
        text = f"{received} of {total} chunks of {len(open_ones)} files received"
        return {"status": "processing", "progress": 5 + int(85 * received / total), "message": text}
    text = f"{files} files are ready"
    if failed:
        text += f"; could not be read: {', '.join(failed)}"
    return {"status": "completed", "progress": 100, "message": text}
