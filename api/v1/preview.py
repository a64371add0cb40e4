"""Route of the preview: the beginning of a file in, what it seems to be out."""

from __future__ import annotations

from typing import Any

from flask import g, request

from api.context import services
from api.training.arguments import query
from api.training.body import parse_object
from api.v1.blueprint import blueprint
from middleware.auth import require_auth
from services.errors import BadRequest
from services.file_fields import refuse_unknown, whole
from services.previews import LARGEST, read_complete
from services.uploads.header import MAX_BYTES

FORM = ("options", "complete", "session_id", "file_size")
OVERHEAD_BYTES = 256 * 1024


@blueprint.post("/preview")
@require_auth
def preview() -> Any:
    """Nothing is stored or counted; a file larger than the plan allows is refused before it is looked at."""
    query()
    request.max_content_length = LARGEST + OVERHEAD_BYTES
    refuse_unknown(request.form, FORM, "the form")
    options = parse_object(request.form.get("options") or "{}", "options")
    complete = read_complete(request.form.get("complete", ""))
    size = whole("file_size", request.form.get("file_size") or None, 0, MAX_BYTES)
    services().uploads.refuse_size(g.user_id, size)
    found = services().page.previews.look(
        g.user_id, _chunk(), options, complete=complete, session_ref=request.form.get("session_id") or None
    )
    return {"success": True, **found}


def _chunk() -> bytes:
    part = request.files.get("chunk")
    if part is None:
        raise BadRequest(
            "The file part 'chunk' is missing",
            code="MISSING_FILE",
            suggestion="Send multipart/form-data with a file part 'chunk' that has a filename",
            details={"field": "chunk"},
        )
    return part.stream.read()
