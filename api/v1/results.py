"""Routes of what trainings came to: ranked side by side, window by window, as tables to take away."""

from __future__ import annotations

from typing import Any

from flask import g, request

from api.context import services
from api.training import answers
from api.training.arguments import flag, query
from api.v1.answers import job_id_of
from api.v1.blueprint import blueprint
from api.v1.fields import whole_number
from api.v1.jobs import JOB
from middleware.auth import require_auth
from services import table_files


@blueprint.get(f"{JOB}/forecasts")
@require_auth
def list_forecasts(job_id: str) -> Any:
    """Test windows from ?origin on: its number or an instant."""
    arguments = query("output", "origin", "count")
    found = services().window_forecasts.forecasts(
        g.user_id,
        job_id_of(job_id),
        output=arguments.get("output"),
        origin=arguments.get("origin", "0"),
        count=whole_number(arguments, "count", 1),
    )
    return {"success": True, "job_id": job_id, **found}


@blueprint.get(f"{JOB}/residuals")
@require_auth
def show_residuals(job_id: str) -> Any:
    arguments = query("output", "step")
    step = whole_number(arguments, "step", 1) if "step" in arguments else None
    found = services().window_forecasts.residuals(
        g.user_id, job_id_of(job_id), output=arguments.get("output"), step=step
    )
    return {"success": True, "job_id": job_id, **found}


@blueprint.get(f"{JOB}/evaluation")
@require_auth
def show_evaluation(job_id: str) -> Any:
    """When it errs, whether it is better by more than chance, its worst windows, what it rests on."""
    query()
    return {
        "success": True,
        "job_id": job_id,
        **services().results.evaluation_of_job(g.user_id, job_id_of(job_id)),
    }


@blueprint.get(f"{JOB}/tables")
@require_auth
def show_tables(job_id: str) -> Any:
    """df_eval and df_eval_ts: ?format= json, csv (one ?table=) or xlsx."""
    arguments = query("format", "output", "table", "decimal")
    wish = table_files.wish(arguments)
    found = services().results.tables_of_job(g.user_id, job_id_of(job_id), arguments.get("output"))
    if wish.format == "json":
        return {"success": True, "job_id": job_id, **found}
    return answers.file(table_files.download(wish, found["tables"], f"{found['model_type']}_{job_id}"))


@blueprint.get("/sessions/<session_id>/leaderboard")
@require_auth
def session_leaderboard(session_id: str) -> Any:
    """All completed trainings of a session."""
    arguments = query("metric", "output", "horizon")
    found = services().leaderboard.of_session(g.user_id, session_id, **_wishes(arguments))
    return {"success": True, "session_id": session_id, **found}


@blueprint.get("/leaderboard")
@require_auth
def jobs_leaderboard() -> Any:
    """Chosen trainings of any sessions: ?job_id= once for each."""
    arguments = query("job_id", "metric", "output", "horizon")
    jobs = [job_id_of(each) for each in dict.fromkeys(request.args.getlist("job_id"))]
    return {"success": True, **services().leaderboard.of_jobs(g.user_id, jobs, **_wishes(arguments))}


def _wishes(arguments: dict[str, str]) -> dict[str, Any]:
    return {
        "metric": arguments.get("metric", "MAE"),
        "output": arguments.get("output"),
        "horizon": flag(arguments, "horizon"),
    }
