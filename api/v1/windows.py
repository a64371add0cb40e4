"""Routes of windows: before they are built, spread out as violins, and filled for a prediction."""

from __future__ import annotations

from typing import Any

from flask import Response, g

from api.context import services
from api.training import answers
from api.training.arguments import job_id, query
from api.training.body import json_object
from api.v1.blueprint import blueprint
from middleware.auth import require_auth
from middleware.subscription import require_subscription
from services.distributions import ARGUMENTS
from services.errors import BadRequest
from services.forecast_inputs import FIELDS as PREDICT_FIELDS
from services.windows import FIELDS

SESSION = "/sessions/<session_id>"


@blueprint.get(f"{SESSION}/windows")
@require_auth
def show_windows(session_id: str) -> Any:
    """The settings that are saved; each is changed by the route of its kind."""
    query()
    return {"success": True, **services().windows.settings(g.user_id, session_id)}


@blueprint.post(f"{SESSION}/windows/preview")
@require_auth
def preview_windows(session_id: str) -> Any:
    """Samples, seconds, errors and one window drawn to scale; nothing is stored."""
    query()
    return {"success": True, **services().windows.preview(g.user_id, session_id, json_object(FIELDS))}


@blueprint.get(f"{SESSION}/distributions")
@require_auth
def list_distributions(session_id: str) -> Any:
    """Density and quantiles of every variable in its samples; ?form=csv for a table."""
    arguments = query(*ARGUMENTS, "form")
    form = arguments.pop("form", "json")
    if form not in ("json", "csv"):
        raise BadRequest(f"form must be json or csv, not {form[:40]!r}", details={"field": "form"})
    if form == "csv":
        text = services().distributions.table(g.user_id, session_id, arguments)
        told = {
            "Content-Disposition": f'attachment; filename="distributions_{arguments.get("by", "all")}.csv"'
        }
        return Response(text, mimetype="text/csv", headers=told)
    return {"success": True, **services().distributions.show(g.user_id, session_id, arguments)}


@blueprint.get(f"{SESSION}/predict/inputs")
@require_auth
def show_inputs(session_id: str) -> Any:
    """The window of a model, filled from the newest rows, and what is missing in it."""
    arguments = query("job_id", "model_filename", "version", "at")
    job = job_id(arguments.get("job_id"))
    return {"success": True, **services().forecast_inputs.inputs(g.user_id, session_id, arguments, job)}


@blueprint.post(f"{SESSION}/predict/inputs")
@require_auth
def fill_inputs(session_id: str) -> Any:
    """The same with values that the caller gives."""
    query()
    body = json_object(PREDICT_FIELDS)
    job = job_id(body.get("job_id"))
    return {"success": True, **services().forecast_inputs.inputs(g.user_id, session_id, body, job)}


@blueprint.post(f"{SESSION}/predict")
@require_auth
@require_subscription
def predict_ahead(session_id: str) -> Any:
    """The forecast from filled inputs, with its instants; 202 while a worker is at it."""
    query()
    body = json_object(PREDICT_FIELDS)
    job = job_id(body.get("job_id"))
    predicted, forecast = services().forecast_inputs.predict(g.user_id, session_id, body, job)
    return {"success": True, **forecast} if forecast else answers.still_working(predicted.job)
