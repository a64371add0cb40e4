"""Routes of plots: the stored ones, and new ones of chosen variables."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training import answers
from api.training.arguments import job_id, query
from api.training.blueprint import blueprint
from api.training.body import json_object, session_ref
from middleware.auth import require_auth
from services.jobs.states import Status

FIELDS = (
    "sessionId",
    "session_id",
    "model_id",
    "model_filename",
    "plot_settings",
    "df_plot_in",
    "df_plot_out",
    "df_plot_fcst",
)


@blueprint.get("/visualizations/<session_id>")
@require_auth
def visualizations(session_id: str) -> Any:
    """Violin plots and those of the newest training; ?job_id= those of one job."""
    arguments = query("job_id")
    found = services().plots.stored(g.user_id, session_id, job_id(arguments.get("job_id")))
    message = f"{found['metadata']['count']} plots"
    return {"success": True, "session_id": session_id, "message": message, **found}


@blueprint.post("/generate-plot")
@require_auth
def generate_plot() -> Any:
    """`model_id` is the job of a training; without it the newest is plotted."""
    body = json_object(FIELDS)
    ref = session_ref(body)
    job = services().plots.generate(g.user_id, ref, body, job_id(body.get("model_id")))
    if job.status != Status.COMPLETED:
        return answers.still_working(job)
    picture = services().plots.picture(job)
    return {"success": True, "session_id": ref, "message": "Plot generated", "job_id": str(job.id), **picture}
