"""Routes of the forecast endpoint: newest rows in, a forecast of the promoted model out."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training import answers
from api.training.arguments import query
from api.training.blueprint import blueprint
from api.training.body import json_object
from middleware.auth import require_auth
from middleware.subscription import require_subscription
from services.forecast_inputs.serving import CONFIG_FIELDS, FIELDS


@blueprint.post("/forecast/<session_id>")
@require_auth
@require_subscription
def forecast(session_id: str) -> Any:
    """With an API key of scope predict, too."""
    predicted, told = services().forecasts.forecast(g.user_id, session_id, json_object(FIELDS))
    if not predicted.is_done:
        return answers.still_working(predicted.job)
    return {"success": True, **told}


@blueprint.get("/forecast-config/<session_id>")
@require_auth
def forecast_config(session_id: str) -> Any:
    query()
    return {"success": True, **services().forecasts.config(g.user_id, session_id)}


@blueprint.post("/save-forecast-config/<session_id>")
@require_auth
def save_forecast_config(session_id: str) -> Any:
    body = json_object(CONFIG_FIELDS)
    return {"success": True, **services().forecasts.save_config(g.user_id, session_id, body)}
