"""Routes of models: list, confirm, download, predict, and what they were made with."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training import answers
from api.training.arguments import job_id, query
from api.training.blueprint import blueprint
from api.training.body import json_object, refuse_fields
from middleware.auth import require_auth
from middleware.subscription import require_subscription
from services.environment import environment


@blueprint.post("/save-model/<session_id>")
@require_auth
def save_model(session_id: str) -> Any:
    """Every training stores its model when it completes; this says what is stored."""
    refuse_fields()
    models = services().models.stored(g.user_id, session_id)
    return {
        "success": True,
        "message": f"{len(models)} model files are stored",
        "models": models,
        "total_uploaded": len(models),
        "session_id": session_id,
    }


@blueprint.get("/list-models-database/<session_id>")
@require_auth
def list_models(session_id: str) -> Any:
    query()
    models = services().models.files(g.user_id, session_id)
    return {
        "success": True,
        "data": {"models": models, "count": len(models)},
        "session_id": session_id,
    }


@blueprint.get("/download-model-h5/<session_id>")
@require_auth
def download_model(session_id: str) -> Any:
    """A file by ?filename=; else the .h5, or the only file, of the newest training or of ?job_id=."""
    arguments = query("filename", "job_id")
    return answers.file(
        services().models.file(
            g.user_id,
            session_id,
            filename=arguments.get("filename"),
            job_id=job_id(arguments.get("job_id")),
        )
    )


@blueprint.post("/predict/<session_id>")
@require_auth
@require_subscription
def predict(session_id: str) -> Any:
    body = json_object(("model_filename", "job_id", "input_data", "apply_scaling"))
    predicted = services().prediction.predict(g.user_id, session_id, body, job_id(body.get("job_id")))
    if not predicted.is_done:
        return answers.still_working(predicted.job)
    return {"success": True, "session_id": session_id, **predicted.to_json()}


@blueprint.get("/environment-info")
@require_auth
def environment_info() -> Any:
    query()
    return {"success": True, **environment()}
