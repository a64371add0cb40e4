"""Reads request bodies: a JSON object, with every field that is not known refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from flask import request

from services.errors import BadRequest
from services.file_fields import refuse_unknown

_ESCAPED = re.compile(r"\\u(0000|[dD][89a-fA-F])")
# possessive, and an open text reaches to the end: no input makes this slower than its length
_TEXTS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")
MAX_DEPTH = 40
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


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
        text = text if isinstance(text, str) else text.decode("utf-8-sig")
        if text.count("[") + text.count("{") > MAX_DEPTH:
            _refuse_depth(text, what)
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{what} is not valid JSON: {error}") from None
    if _ESCAPED.search(text):
        _refuse_no_text(value, what)
    return value


def session_ref(fields: Mapping[str, Any]) -> str:
    """The session a body speaks of: `sessionId` or `session_id`, and only one of them."""
    given = [fields[name] for name in ("sessionId", "session_id") if fields.get(name) not in (None, "")]
    if not given:
        raise BadRequest("sessionId is missing", suggestion="Send the id of a session as sessionId")
    if not isinstance(given[0], str) or any(other != given[0] for other in given):
        raise BadRequest("sessionId must be one text", code="BAD_UUID")
    return given[0]


def _refuse_depth(text: str, what: str) -> None:
    """Every reader of a value walks down in it; brackets within texts do not count."""
    depth = 0
    for bracket in _BRACKETS.finditer(_TEXTS.sub("", text)):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MAX_DEPTH:
            raise BadRequest(f"{what} is nested deeper than {MAX_DEPTH} levels", details={"limit": MAX_DEPTH})


def _refuse_no_text(value: Any, what: str) -> None:
    """NUL and halves of a character can be written in JSON, but neither stored nor sent as text."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, each = waiting.pop()
        if isinstance(each, dict):
            waiting += [(f"{path}.{name}".strip("."), inner) for name, inner in each.items()]
            waiting += [(path, name) for name in each]
        elif isinstance(each, list):
            waiting += [(f"{path}.{place}".strip("."), inner) for place, inner in enumerate(each)]
        elif isinstance(each, str) and _NO_TEXT.search(each):
            field = _NO_TEXT.sub("?", path)[:200]
            message = f"{what} holds a NUL or half of a character in {field or 'the name of a field'}"
            raise BadRequest(message, code="BAD_TEXT", details={"field": field})


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
