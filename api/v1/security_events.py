"""Route of the security log: one's own, or for an admin that of everybody."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training.arguments import flag, query
from api.v1.blueprint import blueprint
from api.v1.fields import whole_number
from middleware.auth import require_auth
from services.errors import Forbidden

NEWEST = 50


@blueprint.get("/security-events")
@require_auth
def security_events() -> Any:
    """Newest first; `before` is the id of the last one already read."""
    given = query("limit", "before", "all")
    everybody = flag(given, "all")
    if everybody and not services().admins.has(g.user):
        raise Forbidden("Only an admin sees the log of all accounts", code="ADMINS_ONLY")
    events = services().audit.newest(
        None if everybody else g.user_id,
        limit=whole_number(given, "limit", NEWEST),
        before=whole_number(given, "before", 0) or None,
    )
    return {"success": True, "events": events}
