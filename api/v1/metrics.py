"""The metric history of a job as HTTP asks for it: its arguments, and points or columns as the answer."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from api.training.arguments import query
from api.v1.fields import whole_number
from services.errors import BadRequest
from services.jobs.history import as_columns, as_points
from services.jobs.records import JobRecords

ARGUMENTS = (
    *("keys", "attempt", "from_step", "to_step", "after_step", "order"),
    *("limit", "max_points", "form"),
)
FORMS, ORDERS = ("points", "columns"), ("asc", "desc")
LIMIT = 1000


def metric_history(records: JobRecords, user_id: UUID, job_id: UUID) -> dict[str, Any]:
    """What the arguments of the request at hand ask for; without any the newest points."""
    arguments = query(*ARGUMENTS)
    if "limit" in arguments and "max_points" in arguments:
        raise BadRequest(
            "limit cuts points off and max_points thins whole curves out: only one of them can be given",
            suggestion="Leave out limit to draw whole curves, or max_points to read single points",
            details={"field": "max_points"},
        )
    chosen = _chosen(arguments)
    in_columns = _one_of(arguments, "form", FORMS, "points") == "columns"
    if "max_points" in arguments:
        max_points = whole_number(arguments, "max_points", 0)
        curves = records.curves(user_id, job_id, max_points=max_points, **chosen)
        shown = {} if in_columns else {"metrics": as_points(curves, chosen["order"])}
    else:
        limit = whole_number(arguments, "limit", LIMIT)
        points = records.metrics(user_id, job_id, limit=limit, **chosen)
        curves = as_columns(points)
        shown = {"metrics": [point.to_json() for point in points]}
    return {"success": True, **({"curves": curves} if in_columns else shown)}


def _chosen(arguments: dict[str, str]) -> dict[str, Any]:
    """The newest first, unless a range or whole curves are asked for."""
    bounds: dict[str, Any] = {
        name: whole_number(arguments, name, 0)
        for name in ("from_step", "to_step", "after_step")
        if name in arguments
    }
    order = "asc" if bounds or "max_points" in arguments else "desc"
    return {
        "keys": arguments["keys"].split(",") if "keys" in arguments else None,
        "attempt": _attempt(arguments),
        "order": _one_of(arguments, "order", ORDERS, order),
        **bounds,
    }


def _attempt(arguments: dict[str, str]) -> int | Literal["all"] | None:
    """A number, all, or the curve that the job shows."""
    if arguments.get("attempt") == "all":
        return "all"
    if "attempt" not in arguments:
        return None
    attempt = whole_number(arguments, "attempt", 0)
    if attempt < 1:
        raise BadRequest(f"attempt must be all or from 1 on, not {attempt}", details={"field": "attempt"})
    return attempt


def _one_of(arguments: dict[str, str], name: str, known: tuple[str, ...], default: str) -> str:
    value = arguments.get(name, default)
    if value not in known:
        raise BadRequest(
            f"{name} must be one of {', '.join(known)}, not {value[:40]!r}", details={"field": name}
        )
    return value
