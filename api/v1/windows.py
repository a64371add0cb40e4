"""Routes of windows before they are built: a preview of settings that need not be saved."""

from __future__ import annotations

from typing import Any

from flask import g

from api.context import services
from api.training.arguments import query
from api.training.body import json_object
from api.v1.blueprint import blueprint
from middleware.auth import require_auth
from services.windows import FIELDS


@blueprint.post("/sessions/<session_id>/windows/preview")
@require_auth
def preview_windows(session_id: str) -> Any:
    """Samples, seconds, errors and one window drawn to scale; nothing is stored."""
    query()
    return {"success": True, **services().windows.preview(g.user_id, session_id, json_object(FIELDS))}
