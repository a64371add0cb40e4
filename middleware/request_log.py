"""One log line and one measurement per request, under an id that the answer carries too."""

from __future__ import annotations

import logging
import re
import time
from uuid import uuid4

from flask import Flask, Response, g, request

from services import client, logs
from services.measurements import REQUEST_SECONDS

log = logging.getLogger(__name__)
HEADER = "X-Request-Id"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SWITCHED = 101  # to a WebSocket: how long somebody watches is no measure of the server
_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(lambda _error: logs.unbind())


def _begin() -> None:
    given = request.headers.get(HEADER, "")
    g.request_id = given if _GIVEN.fullmatch(given) else uuid4().hex
    g.started = time.perf_counter()
    logs.bind(request_id=g.request_id)
    client.bind(request.remote_addr, request.user_agent.string)


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.started
    rule = request.url_rule.rule if request.url_rule else "unknown"
    method = request.method if request.method in METHODS else "other"  # the client chose the text
    if response.status_code != SWITCHED:
        REQUEST_SECONDS.labels(method, rule, response.status_code).observe(seconds)
    level = logging.DEBUG if rule.startswith("/health") else logging.INFO
    log.log(
        level,
        "%s %s %d",
        request.method,
        request.path,
        response.status_code,
        extra={"milliseconds": round(seconds * 1000, 1)},
    )
    response.headers[HEADER] = g.request_id
    return response
