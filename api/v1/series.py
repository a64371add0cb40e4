"""Routes of a file's series as a page draws it: the line at any zoom, the heat map, the figures."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training.arguments import flag, query
from api.v1.blueprint import blueprint
from api.v1.fields import whole_number
from middleware.auth import require_auth

FILE = "/files/<file_id>"
POINTS = 2000


@blueprint.get(f"{FILE}/series")
@require_auth
def file_series(file_id: str) -> Any:
    """Whole points where they are few, else per bucket of time the least and the greatest."""
    given = query("from", "to", "points", "recipe")
    points = whole_number(given, "points", POINTS)
    mended = flag(given, "recipe")
    found = services().page.series_views.line(
        g.user_id, file_id, given.get("from"), given.get("to"), points, mended=mended
    )
    return {"success": True, **found}


@blueprint.get(f"{FILE}/heatmap")
@require_auth
def file_heatmap(file_id: str) -> Any:
    mended = flag(query("recipe"), "recipe")
    return {"success": True, **services().page.series_views.heat(g.user_id, file_id, mended=mended)}


@blueprint.get(f"{FILE}/summary")
@require_auth
def file_summary(file_id: str) -> Any:
    mended = flag(query("recipe"), "recipe")
    return {"success": True, **services().page.series_views.summary(g.user_id, file_id, mended=mended)}
