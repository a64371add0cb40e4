"""Reads request bodies: a JSON object, with every field that is not known refused by name."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from flask import request

from services.errors import BadRequest
from services.file_fields import refuse_unknown


def json_object(known: Collection[str] | None = None) -> dict[str, Any]:
    """The body as an object; `known` lists its fields, None leaves them to the service."""
    text = request.get_data(as_text=False)
    if not text.strip():
        raise BadRequest("The request has no body", code="MISSING_BODY", suggestion="Send a JSON object")
    value = parse_object(text, "The body")
    if known is not None:
        refuse_unknown(value, known, "the body")
    return value


def refuse_fields() -> None:
    """For routes that take no body: none or {} will do, anything else was meant for another route."""
    if request.get_data():
        json_object(())


def parse_object(text: str | bytes, what: str) -> dict[str, Any]:
    """JSON text that must hold an object."""
    value = parse_json(text, what)
    if not isinstance(value, dict):
        raise BadRequest(f"{what} must be a JSON object, not {type(value).__name__}")
    return value


def parse_json(text: str | bytes, what: str) -> Any:
    """JSON as the standard has it: NaN and Infinity are refused."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{what} is not valid JSON: {error}") from None


def session_ref(fields: Mapping[str, Any]) -> str:
    """The session a body speaks of: `sessionId` or `session_id`, and only one of them."""
    given = [fields[name] for name in ("sessionId", "session_id") if fields.get(name) not in (None, "")]
    if not given:
        raise BadRequest("sessionId is missing", suggestion="Send the id of a session as sessionId")
    if not isinstance(given[0], str) or any(other != given[0] for other in given):
        raise BadRequest("sessionId must be one text", code="BAD_UUID")
    return given[0]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
