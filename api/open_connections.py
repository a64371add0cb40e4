"""Open sockets are looked at every so often, and at once after a request that ends somebody's access."""

from __future__ import annotations

from flask import Flask, Response, request

from middleware.rights import SESSION, TRAINING
from services.open_connections import OpenConnections
from services.wiring import Services

ENDING = {
    "POST /api/auth/sign-out",
    "POST /api/auth/password",
    "DELETE /api/auth/sign-ins",
    "DELETE /api/auth/sign-ins/<sign_in>",
    f"DELETE {SESSION}/shares/<share_id>",
    f"DELETE {SESSION}",
    f"POST {TRAINING}/session/<session_id>/delete",
    f"POST {TRAINING}/delete-all-sessions",
}


def init_app(app: Flask, services: Services) -> OpenConnections:
    """Where sockets announce themselves."""
    seconds = services.settings.access_check_seconds
    connections = OpenConnections(services.database, services.accounts, seconds)

    @app.after_request
    def look(response: Response) -> Response:
        if response.status_code < 400 and f"{request.method} {request.url_rule}" in ENDING:
            connections.look_now()
        return response

    return connections
