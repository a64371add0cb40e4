"""Routes of scalers: show them, download them, apply them."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training import answers
from api.training.arguments import job_id, query
from api.training.blueprint import blueprint
from api.training.body import json_object
from middleware.auth import require_auth
from services.errors import BadRequest


@blueprint.get("/scalers/<session_id>")
@require_auth
def scalers(session_id: str) -> Any:
    arguments = query("job_id")
    found = services().scaling.scalers(g.user_id, session_id, job_id(arguments.get("job_id")))
    return {"success": True, "session_id": session_id, "scalers": found}


@blueprint.get("/scalers/<session_id>/download")
@require_auth
def download_scalers(session_id: str) -> Any:
    arguments = query("job_id")
    return answers.file(services().scaling.pickles(g.user_id, session_id, job_id(arguments.get("job_id"))))


@blueprint.post("/scale-data/<session_id>")
@require_auth
def scale_data(session_id: str) -> Any:
    body = json_object(("input_data", "save_scaled", "job_id"))
    save = body.get("save_scaled", False)
    if not isinstance(save, bool):
        raise BadRequest("save_scaled must be true or false")
    scaled = services().scaling.scale(
        g.user_id, session_id, body.get("input_data"), save=save, job_id=job_id(body.get("job_id"))
    )
    return {"success": True, "session_id": session_id, **scaled}
