"""Routes of a backtest: start it, ask how far it is and what it found."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training.answers import queued
from api.training.arguments import job_id, query
from api.training.blueprint import blueprint
from api.training.body import json_object
from middleware.auth import require_auth
from middleware.subscription import check_training_limit, require_subscription
from services.backtest_fields import BACKTEST_FIELDS


@blueprint.post("/backtest/<session_id>")
@require_auth
@require_subscription
@check_training_limit
def start_backtest(session_id: str) -> Any:
    job = services().backtests.start(g.user_id, session_id, json_object(BACKTEST_FIELDS))
    return queued(session_id, job, "The backtest is queued")


@blueprint.get("/backtest/<session_id>")
@require_auth
def backtest(session_id: str) -> Any:
    """The newest; ?job_id= another one."""
    arguments = query("job_id")
    report = services().backtests.report(g.user_id, session_id, job_id(arguments.get("job_id")))
    return {"success": True, "session_id": session_id, **report}
