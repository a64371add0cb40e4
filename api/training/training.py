"""Routes of a training: start it, ask how far it is."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training.arguments import query
from api.training.blueprint import blueprint
from api.training.body import json_object
from middleware.auth import require_auth
from middleware.subscription import check_training_limit, require_subscription
from services.training_fields import TRAINING_FIELDS


@blueprint.post("/train-models/<session_id>")
@require_auth
@require_subscription
@check_training_limit
def train_models(session_id: str) -> Any:
    job = services().training.start(g.user_id, session_id, json_object(TRAINING_FIELDS))
    return {
        "success": True,
        "message": "The training is queued",
        "note": "It runs in a worker; join the Socket.IO room of the session or ask status/<session_id>",
        "session_id": session_id,
        "job_id": str(job.id),
        "status": str(job.status),
        "queue_position": job.queue_position,
    }, 202


@blueprint.get("/status/<session_id>")
@require_auth
def status(session_id: str) -> Any:
    query()
    found = services().results.status(g.user_id, session_id)
    return {"success": True, "session_id": session_id, **found}
