"""Bodies in HTTP chunks: eventlet finds their end but does not say so, and Werkzeug would read nothing."""

from __future__ import annotations

from typing import Any

from flask import Flask


def init_app(app: Flask) -> None:
    inner = app.wsgi_app

    def terminated(environ: dict[str, Any], start_response: Any) -> Any:
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
            environ["wsgi.input_terminated"] = True
        return inner(environ, start_response)

    app.wsgi_app = terminated  # type: ignore[method-assign]
