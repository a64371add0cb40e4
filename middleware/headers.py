"""What every answer tells a browser: guess no types, show it in no frame, remember HTTPS, keep no answers."""

from __future__ import annotations

from flask import Flask, Response, request

A_YEAR = 365 * 24 * 3600
# An answer of the API is data: nothing in it may run, even opened as a document. The page has its own policy.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def init_app(app: Flask) -> None:
    @app.after_request
    def protect(response: Response) -> Response:
        headers = response.headers
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Content-Security-Policy", DATA_POLICY)
        if request.path.startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")
        if request.is_secure:
            headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"
        return response
