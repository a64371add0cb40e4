"""Reads query arguments and ids of jobs; an argument that is not known is refused by name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request

from services.errors import BadRequest


def query(*known: str) -> dict[str, str]:
    """The query arguments, each given once."""
    unknown = sorted(set(request.args) - set(known))
    if unknown:
        raise BadRequest(
            f"Unknown argument {', '.join(map(repr, unknown))}",
            code="UNKNOWN_FIELD",
            suggestion=f"Known are {', '.join(sorted(known)) or 'none'}",
        )
    return {name: value for name, value in request.args.items() if value}


def job_id(value: Any) -> UUID | None:
    """A job's id, or None where none was given."""
    if value in (None, ""):
        return None
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise BadRequest(f"job_id {str(value)[:80]!r} is no UUID", code="BAD_UUID") from None


def flag(arguments: dict[str, str], name: str) -> bool:
    """`true` or `false`; absent means false."""
    value = arguments.get(name, "false").lower()
    if value not in ("true", "false"):
        raise BadRequest(f"{name} must be true or false, not {value[:40]!r}")
    return value == "true"
