"""Pages on other hosts: only the origins that the settings name may call, with their tokens."""

from __future__ import annotations

from flask import Flask, Response, request

ALLOWED_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, X-Request-Id, X-HTTP-Method-Override, Tus-Resumable, "
    "Upload-Checksum, Upload-Concat, Upload-Defer-Length, Upload-Length, Upload-Metadata, Upload-Offset"
)
EXPOSED_HEADERS = (
    "Tus-Checksum-Algorithm, Tus-Extension, Tus-Resumable, Tus-Version, Upload-Concat, Upload-Defer-Length, "
    "Upload-Expires, Upload-Length, Upload-Metadata, Upload-Offset, X-Job-Id, "
    "Content-Disposition, Content-Length, Idempotent-Replayed, Location, X-Request-Id, X-Model-Env-Python, "
    "X-Model-Env-TensorFlow, X-Model-Env-Keras, X-Model-Env-Numpy"
)


def init_app(app: Flask, origins: tuple[str, ...]) -> None:
    @app.before_request
    def preflight() -> Response | None:
        """OPTIONS carries no token and needs none."""
        return Response(status=204) if request.method == "OPTIONS" else None

    @app.after_request
    def allow(response: Response) -> Response:
        response.vary.add("Origin")
        origin = request.headers.get("Origin", "")
        if origin in origins:
            headers = response.headers
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Allow-Credentials"] = "true"
            headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
            headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
            headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
            headers["Access-Control-Max-Age"] = "600"
        return response
