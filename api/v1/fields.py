"""Reads the fields of native requests; each refusal is a 422 that names its field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.errors import BadRequest, Invalid

MAX_TEXT = 255
KEY = "Idempotency-Key"


def refused(field: str, message: str, suggestion: str | None = None) -> Invalid:
    text = f"{field} {message}"
    errors = [{"field": field, "message": text}]
    return Invalid(text, code="INVALID_FIELD", suggestion=suggestion, details={"errors": errors})


def required_object(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict):
        said = "is missing" if value is None else f"must be a JSON object, not {type(value).__name__}"
        raise refused(name, said)
    return value


def optional_text(body: Mapping[str, Any], name: str, limit: int = MAX_TEXT) -> str | None:
    """None where it is absent or null."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise refused(name, "must be a text that is not empty")
    if len(value) > limit:
        raise refused(name, f"is longer than {limit} characters ({len(value)})")
    return value


def whole_number(arguments: Mapping[str, str], name: str, default: int) -> int:
    text = arguments.get(name, str(default))
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(text) > 15:
        raise BadRequest(f"{name} must be a whole number, not {text[:40]!r}", details={"field": name})
    return int(text)


def idempotency_key(key: str | None) -> str | None:
    """What a client calls this very request, so that sending it twice does it once."""
    if key is None:
        return None
    if not (1 <= len(key) <= MAX_TEXT and key.isascii() and key.isprintable()):
        message = f"{KEY} must be 1 to {MAX_TEXT} printable ASCII characters"
        raise BadRequest(message, code="BAD_IDEMPOTENCY_KEY", details={"field": KEY})
    return key
