"""Files: uploaded in chunks or at once, listed, described anew, deleted."""

from __future__ import annotations

from typing import Any

from flask import g, request
from werkzeug.datastructures import FileStorage

from api.context import services
from api.training.blueprint import blueprint
from api.training.body import json_object, parse_json, parse_object, session_ref
from middleware.auth import require_auth
from middleware.subscription import check_processing_limit, require_subscription
from services.errors import BadRequest
from services.file_fields import refuse_unknown, whole
from services.uploads.header import (
    HEADER_FIELDS,
    MAX_BYTES,
    METADATA_FIELDS,
    ChunkHeader,
    file_type,
    read_header,
    safe_file_name,
)

ADDITIONAL_FIELDS = ("fileMetadata", "timeInfo", "zeitschritte", "sessionInfo")
KNOWN_FIELDS = ("sessionId", "fileName", "fileType", "fileHash", "fileSize", "fileMetadata")
FORM_OVERHEAD_BYTES = 1024 * 1024
LARGEST_BODY_BYTES = 2 * 1024**3


@blueprint.post("/upload-chunk")
@require_auth
@require_subscription
@check_processing_limit
def upload_chunk() -> tuple[dict[str, Any], int]:
    """One chunk of a file; the answer to the last missing one says what was found in the file."""
    uploads = services().uploads
    request.max_content_length = uploads.chunk_bytes + FORM_OVERHEAD_BYTES
    about, additional = _chunk_fields()
    header = read_header(about)
    chunk = _file_part("chunk")
    if header.index == 0:
        _save_time(header, additional)
    answer = uploads.put_chunk(g.user_id, header, additional.get("fileMetadata"), chunk.stream)
    return {"success": True, **answer}, _status_code(answer)


@blueprint.post("/upload-known")
@require_auth
@require_subscription
@check_processing_limit
def upload_known() -> tuple[dict[str, Any], int]:
    """ "I have a file of this SHA-256 and size": one that the caller sent before need not be sent again."""
    fields = json_object(KNOWN_FIELDS)
    size = whole("fileSize", fields.get("fileSize"), 1, MAX_BYTES)
    if size is None or not fields.get("fileHash"):
        raise BadRequest("fileHash and fileSize must both be said", details={"field": "fileHash"})
    about = {name: fields.get(name) for name in ("sessionId", "fileName", "fileType", "fileHash", "fileSize")}
    header = read_header({**about, "chunkIndex": 0, "totalChunks": 1})
    answer = services().uploads.known(g.user_id, header, size, fields.get("fileMetadata"))
    return {"success": True, **answer}, _status_code(answer)


@blueprint.get("/upload-status")
@require_auth
def upload_status() -> dict[str, Any]:
    """Which chunks are missing, so that a client goes on where it was stopped."""
    ref, file_name, of_type = _upload_query()
    uploads = services().uploads.status(g.user_id, ref, file_name, of_type)
    return {"success": True, "sessionId": ref, "uploads": uploads}


@blueprint.delete("/upload-status")
@require_auth
def discard_upload() -> dict[str, Any]:
    """Give up an unfinished upload."""
    ref, file_name, of_type = _upload_query()
    if file_name is None:
        raise BadRequest("fileName is missing", suggestion="Name the file whose upload is to be dropped")
    count = services().uploads.discard(g.user_id, ref, file_name, of_type)
    return {"success": True, "message": f"{count} uploads of {file_name} were dropped"}


@blueprint.get("/csv-files/<session_id>")
@require_auth
def list_csv_files(session_id: str) -> dict[str, Any]:
    rows = services().files.list(g.user_id, session_id, request.args.get("type") or None)
    return {"success": True, "data": rows}


@blueprint.post("/csv-files")
@require_auth
@require_subscription
@check_processing_limit
def create_csv_file() -> tuple[dict[str, Any], int]:
    """JSON: an entry without data. Multipart: a whole file in one request."""
    request.max_content_length = LARGEST_BODY_BYTES + FORM_OVERHEAD_BYTES
    if request.mimetype == "multipart/form-data":
        return _upload_whole_file()
    body = json_object(("sessionId", "session_id", "fileData"))
    fields = body.get("fileData")
    if not isinstance(fields, dict):
        raise BadRequest("fileData must be a JSON object", details={"field": "fileData"})
    file_id = services().files.create(g.user_id, session_ref(body), fields)
    data = {"id": str(file_id), "message": "The entry was created; upload its file to give it data"}
    return {"success": True, "data": data}, 200


@blueprint.put("/csv-files/<file_id>")
@require_auth
def update_csv_file(file_id: str) -> dict[str, Any]:
    return {"success": True, "data": services().files.update(g.user_id, file_id, json_object())}


@blueprint.get("/csv-files/<file_id>/care")
@require_auth
def csv_file_care(file_id: str) -> dict[str, Any]:
    """What looks wrong in the series: position, size, severity and the step that would mend it."""
    return {"success": True, "data": services().files.care(g.user_id, file_id)}


@blueprint.put("/csv-files/<file_id>/recipe")
@require_auth
def update_csv_file_recipe(file_id: str) -> dict[str, Any]:
    """The whole list of steps, in the order in which they are applied; an empty one undoes all."""
    recipe = json_object(("recipe",)).get("recipe")
    return {"success": True, "data": services().files.set_recipe(g.user_id, file_id, recipe)}


@blueprint.delete("/csv-files/<file_id>")
@require_auth
def delete_csv_file(file_id: str) -> dict[str, Any]:
    services().files.delete(g.user_id, file_id)
    return {"success": True, "message": "The file was deleted"}


def _chunk_fields() -> tuple[dict[str, Any], dict[str, Any]]:
    """`metadata` and `additionalData`; their fields may also come one by one, in the form or the query."""
    given = {**request.args.to_dict(), **request.form.to_dict()}
    about = parse_object(given.pop("metadata", "") or "{}", "metadata")
    additional = parse_object(given.pop("additionalData", "") or "{}", "additionalData")
    refuse_unknown(given, (*HEADER_FIELDS, *ADDITIONAL_FIELDS), "the form")
    about.update({name: value for name, value in given.items() if name in HEADER_FIELDS})
    for name in ADDITIONAL_FIELDS:
        if name in given:
            additional[name] = parse_object(given[name], name)
    refuse_unknown(additional, ADDITIONAL_FIELDS, "additionalData")
    return about, additional


def _file_part(name: str) -> FileStorage:
    part = request.files.get(name)
    if part is None:
        raise BadRequest(
            f"The file part {name!r} is missing",
            code="MISSING_FILE",
            suggestion=f"Send multipart/form-data with a file part {name!r} that has a filename",
        )
    return part


def _save_time(header: ChunkHeader, additional: dict[str, Any]) -> None:
    services().time_settings.save(
        g.user_id,
        header.session_ref,
        time_info=additional.get("timeInfo"),
        zeitschritte=additional.get("zeitschritte"),
        create=True,
    )


def _upload_whole_file() -> tuple[dict[str, Any], int]:
    given = request.form.to_dict()
    part = _file_part("file")
    fields = parse_object(given.pop("fileData", "") or given.pop("fileMetadata", "") or "{}", "fileData")
    ref = session_ref(given)
    file_hash = given.pop("fileHash", None)
    fields.update(
        {name: _value(name, given[name]) for name in given if name not in ("sessionId", "session_id")}
    )
    refuse_unknown(fields, (*METADATA_FIELDS, "fileType"), "the form")
    of_type = file_type(fields.pop("fileType", None) or fields.get("type"))
    name = safe_file_name(fields.get("fileName") or part.filename)
    about = {"sessionId": ref, "fileName": name, "fileType": of_type, "fileHash": file_hash}
    header = read_header({**about, "chunkIndex": 0, "totalChunks": 1})
    answer = services().uploads.put_chunk(g.user_id, header, fields, part.stream, whole_file=True)
    ids = answer.get("fileIds") or [None]
    data = {**answer, "id": ids[0]}
    return {"success": True, "data": data}, _status_code(answer)


def _value(name: str, text: str) -> Any:
    """Two fields hold more than a text and come as JSON."""
    return parse_json(text, name) if name in ("columns", "importOptions") else text


def _upload_query() -> tuple[str, str | None, str | None]:
    refuse_unknown(request.args, ("sessionId", "session_id", "fileName", "fileType"), "the query")
    of_type = request.args.get("fileType") or None
    return (
        session_ref(request.args),
        request.args.get("fileName") or None,
        None if of_type is None else file_type(of_type),
    )


def _status_code(answer: dict[str, Any]) -> int:
    return 202 if answer["status"] == "processing" else 200
