"""Uploads by the tus protocol 1.0 at /files/: core and extensions, and what became of an upload as JSON."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, request, url_for
from werkzeug.http import http_date

from api.context import services
from api.training.body import parse_object
from middleware.auth import require_auth
from middleware.subscription import check_processing_limit, require_subscription
from services.errors import BadRequest, VersionMismatch, WrongMediaType
from services.uploads.tus.fields import (
    ALGORITHMS,
    read_checksum,
    read_concat,
    read_number,
    read_target,
)
from services.uploads.tus.service import Progress, Wish
from services.uploads.tus.store import TusUpload

VERSION = "1.0.0"
EXTENSIONS = (
    "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination,concatenation"
)
LAST_BYTES_SECONDS = 3.0  # longer than a busy server takes to see that a client was cut off
BYTES = "application/offset+octet-stream"

blueprint = Blueprint("tus", __name__, url_prefix="/files")


@blueprint.before_request
def arrive() -> None:
    """What may bring bytes is known before anything about it is checked."""
    meant = request.headers.get("X-HTTP-Method-Override", "").upper()
    if request.view_args and "PATCH" in (request.method, meant):
        g.arrived = request.view_args["upload_id"]
        services().tus.arrivals.begin(g.arrived)


@blueprint.teardown_request
def leave(_error: BaseException | None) -> None:
    arrived = g.pop("arrived", None)
    if arrived is not None:
        services().tus.arrivals.end(arrived)


@blueprint.after_request
def protocol(response: Response) -> Response:
    response.headers["Tus-Resumable"] = VERSION
    if request.method == "OPTIONS":
        response.headers["Tus-Extension"] = EXTENSIONS
        response.headers["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
    if request.method == "OPTIONS" or response.status_code == 412:
        response.headers["Tus-Version"] = VERSION
    return response


@blueprint.post("/", strict_slashes=False)
@require_auth
@require_subscription
@check_processing_limit
def create_upload() -> Response:
    """A new upload; with a body, its first bytes too."""
    _check_version()
    partial, parts = read_concat(request.headers.get("Upload-Concat"))
    length = read_number("Upload-Length", request.headers.get("Upload-Length"))
    _check_lengths(length, bool(parts))
    metadata = request.headers.get("Upload-Metadata", "")
    times = {} if partial else _check_metadata(metadata, len(parts) or 1)
    upload = services().tus.create(g.user_id, Wish(length, metadata, partial, tuple(parts)))
    if times:
        services().time_settings.save(g.user_id, str(upload.about.session_id), **times)
    response = _answer(upload, 201, _receive(upload, 0) if request.mimetype == BYTES else None)
    response.headers["Location"] = url_for("tus.show_upload", upload_id=upload.id)
    return response


@blueprint.get("/<upload_id>")
@require_auth
def show_upload(upload_id: str) -> Response | tuple[dict[str, Any], dict[str, str]]:
    """HEAD: the offset. GET: the same as JSON, with what became of the upload."""
    if request.method == "HEAD":
        return _head(upload_id)
    upload = services().tus.find(g.user_id, upload_id)
    return {"success": True, **services().tus.state(g.user_id, upload)}, {"Cache-Control": "no-store"}


@blueprint.patch("/<upload_id>")
@require_auth
def append_to_upload(upload_id: str) -> Response:
    return _patch(upload_id)


@blueprint.delete("/<upload_id>")
@require_auth
def terminate_upload(upload_id: str) -> Response:
    return _delete(upload_id)


@blueprint.post("/<upload_id>")
@require_auth
def overridden(upload_id: str) -> Response:
    """For clients that can only POST: X-HTTP-Method-Override says what is meant."""
    services().tus.find(g.user_id, upload_id)
    meant = request.headers.get("X-HTTP-Method-Override", "").upper()
    acts = {"PATCH": _patch, "DELETE": _delete, "HEAD": _head}
    if meant not in acts:
        raise BadRequest(
            "A POST to an upload needs the header X-HTTP-Method-Override",
            suggestion=f"Say one of {', '.join(acts)} in it",
            details={"field": "X-HTTP-Method-Override"},
        )
    return acts[meant](upload_id)


def _head(upload_id: str) -> Response:
    upload = services().tus.find(g.user_id, upload_id)
    _check_version()
    upload.settle(services().tus.arrivals.await_none(upload_id, LAST_BYTES_SECONDS))
    about = upload.about
    state = services().tus.state(g.user_id, upload)
    response = _answer(upload, 200, Progress(state["offset"], state.get("job_id")))
    response.headers["Cache-Control"] = "no-store"
    if about.length is None:
        response.headers["Upload-Defer-Length"] = "1"
    else:
        response.headers["Upload-Length"] = str(about.length)
    if about.metadata:
        response.headers["Upload-Metadata"] = about.metadata
    if about.partial:
        response.headers["Upload-Concat"] = "partial"
    if about.parts:
        addresses = (url_for("tus.show_upload", upload_id=part) for part in about.parts)
        response.headers["Upload-Concat"] = f"final;{' '.join(addresses)}"
    return response


def _patch(upload_id: str) -> Response:
    upload = services().tus.find(g.user_id, upload_id)
    _check_version()
    if request.mimetype != BYTES:
        raise WrongMediaType(f"The body must be {BYTES}, not {request.mimetype or 'nothing'}"[:200])
    length = read_number("Upload-Length", request.headers.get("Upload-Length"))
    if length is not None:
        services().tus.set_length(g.user_id, upload, length)
    offset = read_number("Upload-Offset", request.headers.get("Upload-Offset"))
    if offset is None:
        raise BadRequest("Upload-Offset is missing", details={"field": "Upload-Offset"})
    return _answer(upload, 204, _receive(upload, offset))


def _delete(upload_id: str) -> Response:
    upload = services().tus.find(g.user_id, upload_id)
    _check_version()
    services().tus.remove(upload)
    return Response(status=204)


def _receive(upload: TusUpload, offset: int) -> Progress:
    """The body, as it comes: how much may come is the upload's affair."""
    request.max_content_length = 2**63
    return services().tus.receive(
        g.user_id,
        upload,
        offset,
        request.stream,
        read_checksum(request.headers.get("Upload-Checksum")),
        request.content_length,
    )


def _answer(upload: TusUpload, status: int, progress: Progress | None = None) -> Response:
    response = Response(status=status)
    response.headers["Upload-Expires"] = http_date(services().tus.expires_at(upload))
    if progress is not None:
        response.headers["Upload-Offset"] = str(progress.offset)
    if progress is not None and progress.job_id is not None:
        response.headers["X-Job-Id"] = progress.job_id
    return response


def _check_version() -> None:
    said = request.headers.get("Tus-Resumable")
    if said != VERSION:
        raise VersionMismatch(
            f"The header Tus-Resumable must say {VERSION}", details={"said": (said or "")[:40]}
        )


def _check_lengths(length: int | None, joined: bool) -> None:
    deferred = request.headers.get("Upload-Defer-Length")
    if deferred not in (None, "1"):
        raise BadRequest("Upload-Defer-Length must be 1", details={"field": "Upload-Defer-Length"})
    if joined and (length is not None or deferred):
        raise BadRequest(
            "The length of a final upload is that of its parts", details={"field": "Upload-Length"}
        )
    if not joined and (length is None) is (deferred is None):
        raise BadRequest(
            "Either Upload-Length or Upload-Defer-Length: 1 must be said", details={"field": "Upload-Length"}
        )


def _check_metadata(metadata: str, chunks: int) -> dict[str, Any]:
    """The time settings in it, if there are any; raises where a text in it is not what it must be."""
    target = read_target(metadata, chunks)
    objects = {name: parse_object(text, name) for name, text in target.json.items()}
    times = {"time_info": objects.get("timeInfo"), "zeitschritte": objects.get("zeitschritte")}
    services().time_settings.check(*times.values())
    return times if any(times.values()) else {}
