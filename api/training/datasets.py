"""Routes of datasets: generate them with violin plots, name the variables, download the arrays."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training import answers
from api.training.arguments import job_id, query
from api.training.blueprint import blueprint
from api.training.body import json_object
from middleware.auth import require_auth
from middleware.subscription import check_processing_limit, require_subscription
from services.artifacts import Download
from services.jobs.states import Status
from services.training_fields import DATASET_FIELDS


@blueprint.post("/generate-datasets/<session_id>")
@require_auth
@require_subscription
@check_processing_limit
def generate_datasets(session_id: str) -> Any:
    datasets = services().datasets
    job = datasets.generate(g.user_id, session_id, json_object(DATASET_FIELDS))
    if job.status != Status.COMPLETED:
        return answers.still_working(job)
    outcome = job.outcome or {}
    return {
        "success": True,
        "message": f"{outcome['n_dat']} samples",
        "dataset_count": outcome["dataset_count"],
        "n_dat": outcome["n_dat"],
        "dropped": outcome.get("dropped"),
        "notes": outcome.get("notes", []),
        "recipes": outcome.get("recipes", []),
        "ranking": outcome.get("ranking"),
        "violin_plots": datasets.violin_plots(job),
        "session_id": session_id,
        "job_id": str(job.id),
    }


@blueprint.get("/ranking/<session_id>")
@require_auth
def ranking(session_id: str) -> Any:
    query()
    return {"success": True, "session_id": session_id, **services().datasets.ranking(g.user_id, session_id)}


@blueprint.get("/download-arrays/<session_id>")
@require_auth
def download_arrays(session_id: str) -> Any:
    """A .npz of float64 arrays; the first system sent a pickle, which nobody should have to open."""
    query()
    found = services().datasets.arrays(g.user_id, session_id)
    return answers.file(found) if isinstance(found, Download) else answers.still_working(found)


@blueprint.get("/plot-variables/<session_id>")
@require_auth
def plot_variables(session_id: str) -> Any:
    arguments = query("job_id")
    variables = services().datasets.variables(g.user_id, session_id, job_id(arguments.get("job_id")))
    return {"success": True, "session_id": session_id, **variables}
