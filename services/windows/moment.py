"""Which sample a request means: the place of a sample, or a reference time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from services.errors import Invalid

Moment = int | datetime
_PLACE = re.compile(r"-?[0-9]{1,9}")
FIRST_YEAR, LAST_YEAR = 1700, 2200  # as in the import


def read_moment(value: Any) -> Moment | None:
    """A whole number counts samples, -1 is the last; a text is an instant with its offset from UTC."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise _refuse(f"must be a number or a time, not {type(value).__name__}")
    if isinstance(value, int) or _PLACE.fullmatch(value):
        return int(value)
    return read_instant("at", value)


def read_instant(field: str, value: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _refuse(f"is no time: {str(value)[:40]!r}", field) from None
    if instant.tzinfo is None:
        raise _refuse(f"({value[:40]}) must say its offset from UTC", field)
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise _refuse(f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}", field)
    return instant.astimezone(UTC)


def nanoseconds(instant: datetime) -> int:
    since = instant - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000


def _refuse(text: str, field: str = "at") -> Invalid:
    return Invalid(
        f"{field} {text}",
        code="INVALID_MOMENT",
        suggestion="Send a time such as 2026-03-01T12:00:00Z, or the number of a sample; -1 is the last",
        details={"field": field},
    )
