"""The only place where an exception becomes a status code; every refusal has one shape."""

from __future__ import annotations

import errno
import logging
from typing import Any

from flask import Flask, Response, g, jsonify, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException, InternalServerError

from services import errors
from services.forecasting.errors import DataError

log = logging.getLogger(__name__)

STATUS: dict[type[errors.AppError], int] = {
    errors.BadRequest: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.VersionMismatch: 412,
    errors.TooLarge: 413,
    errors.WrongMediaType: 415,
    errors.Invalid: 422,
    errors.Locked: 423,
    errors.TooManyRequests: 429,
    errors.ChecksumMismatch: 460,
    errors.OutOfSpace: 507,
    errors.Unavailable: 503,
}
CODES = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "PAYLOAD_TOO_LARGE", 415: "BAD_REQUEST"}


class StrictJson(DefaultJSONProvider):
    """NaN and Infinity are no JSON; a route that would send one fails here, not in the browser."""

    sort_keys = False
    ensure_ascii = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return super().dumps(obj, allow_nan=False, **kwargs)


def init_app(app: Flask) -> None:
    app.json = StrictJson(app)
    app.register_error_handler(errors.AppError, _refused)
    app.register_error_handler(DataError, _unusable)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OSError, _disk)
    app.register_error_handler(Exception, _broken)


def _refused(error: errors.AppError) -> tuple[Response, int]:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    return _answer(status, error.code, error.message, error.suggestion, error.details)


def _unusable(error: DataError) -> tuple[Response, int]:
    return _answer(422, error.code, error.message, error.suggestion, error.details)


def _http(error: HTTPException) -> tuple[Response, int]:
    """What Flask itself refuses: unknown address, wrong method, body too large."""
    if isinstance(error, InternalServerError):  # Flask's wrapper; Flask has logged what is inside
        return _fault()
    status = error.code or 400
    text = error.description or error.name
    if status == 404:
        text = f"There is nothing at {request.method} {request.path[:200]}"
    elif status == 413:
        text = f"The body is larger than {request.max_content_length} bytes, the most this route takes"
    response, status = _answer(status, CODES.get(status, "BAD_REQUEST"), text)
    if status == 405:
        response.headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or ())
    return response, status


def _disk(error: OSError) -> tuple[Response, int]:
    """A full disk is no fault of the server, and what was stored before is whole."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return _broken(error)
    log.error("the disk is full: %s", error)
    return _answer(
        507,
        "OUT_OF_SPACE",
        "The server's disk is full",
        "Try again later; what had arrived before is kept",
    )


def _broken(error: Exception) -> tuple[Response, int]:
    """A fault of ours: told in one sentence, logged in full."""
    log.error("request failed", exc_info=error)
    return _fault()


def _fault() -> tuple[Response, int]:
    request_id = g.get("request_id", "")
    return _answer(
        500,
        "INTERNAL_ERROR",
        "The server failed on this request",
        f"Try again; if it stays, look for request {request_id} in the server's log",
    )


def _answer(
    status: int,
    code: str,
    message: str,
    suggestion: str | None = None,
    details: dict[str, Any] | None = None,
) -> tuple[Response, int]:
    body: dict[str, Any] = {"success": False, "code": code, "error": message}
    if suggestion:
        body["suggestion"] = suggestion
    if details is not None:
        body["details"] = details
    return jsonify(body), status
