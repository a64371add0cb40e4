"""Routes of results: records, error tables, the archive; never a pickle."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training import answers
from api.training.arguments import flag, job_id, query
from api.training.blueprint import blueprint
from api.training.body import json_object
from middleware.auth import require_auth


@blueprint.get("/results-summary/<session_id>")
@require_auth
def results_summary(session_id: str) -> Any:
    query()
    summary = services().results.summary(g.user_id, session_id)
    return {"success": True, "session_id": session_id, **summary}


@blueprint.get("/results/<session_id>")
@blueprint.get("/get-training-results/<session_id>")
@require_auth
def results(session_id: str) -> Any:
    """The newest completed training; ?job_id= another one, ?all=true all of them side by side."""
    arguments = query("job_id", "all")
    records, n_dat = services().results.results(
        g.user_id, session_id, job_id=job_id(arguments.get("job_id")), every=flag(arguments, "all")
    )
    return {"success": True, "results": records, "count": len(records), "n_dat": n_dat}


@blueprint.get("/evaluation-tables/<session_id>")
@require_auth
def evaluation_tables(session_id: str) -> Any:
    arguments = query("job_id")
    tables = services().results.tables(g.user_id, session_id, job_id(arguments.get("job_id")))
    return {"success": True, "session_id": session_id, **tables}


@blueprint.get("/evaluation/<session_id>")
@require_auth
def evaluation(session_id: str) -> Any:
    """Error per horizon step, profile, significance, quantile scores and the worst windows, in full."""
    arguments = query("job_id")
    found = services().results.evaluation(g.user_id, session_id, job_id(arguments.get("job_id")))
    return {"success": True, "session_id": session_id, **found}


@blueprint.post("/save-evaluation-tables/<session_id>")
@require_auth
def save_evaluation_tables(session_id: str) -> Any:
    body = json_object(("df_eval", "df_eval_ts", "model_type", "job_id"))
    saved = services().results.save_tables(g.user_id, session_id, body, job_id(body.get("job_id")))
    return {
        "success": True,
        "session_id": session_id,
        "message": "Evaluation tables saved",
        "saved_at": saved.isoformat(),
    }


@blueprint.get("/download-archive/<session_id>")
@require_auth
def download_archive(session_id: str) -> Any:
    arguments = query("job_id")
    return answers.file(services().results.archive(g.user_id, session_id, job_id(arguments.get("job_id"))))
