"""Tags of jobs and sessions: read from requests, and looked for in rows."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import ColumnElement, String, cast, or_

from services.validation import checked

MAX_TAGS = 20


def line(text: str) -> str:
    """As it is; ValueError where it is more than a line."""
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise ValueError("must be one line without control characters")
    return text


Tag = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), AfterValidator(line)
]
Tags = Annotated[list[Tag], Field(max_length=MAX_TAGS)]


class _Tagged(BaseModel):
    model_config = ConfigDict(strict=True, defer_build=True)

    tags: Tags | None = None


def read_tags(value: Any) -> list[str]:
    """The field `tags` of a request; null means none."""
    return once(checked(_Tagged, {"tags": value}, where="", code="INVALID_FIELD").tags)


def once(tags: list[str] | None) -> list[str]:
    """Each tag one time, in the order given."""
    return list(dict.fromkeys(tags or ()))


def tagged(column: Any, tag: str) -> ColumnElement[bool]:
    """Rows whose list of tags holds exactly this one.

    SQLite keeps the text as it was written, in ASCII; PostgreSQL writes its own from what it keeps.
    """
    forms = {json.dumps(tag), json.dumps(tag, ensure_ascii=False)}
    tags = cast(column, String)
    return or_(*(tags.contains(form, autoescape=True) for form in sorted(forms)))


def tagged_like(column: Any, text: str) -> ColumnElement[bool]:
    """Rows with a tag that holds this text, whatever the case of its letters."""
    forms = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    tags = cast(column, String)
    return or_(*(tags.icontains(form, autoescape=True) for form in sorted(forms)))
