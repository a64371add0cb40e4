"""Turns what a config model refuses into an error that names field, value and limits as on the wire."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from services.errors import Invalid

M = TypeVar("M", bound=BaseModel)
_BOUNDS = ("ge", "gt", "le", "lt", "expected", "multiple_of")


def checked(
    model: type[M],
    values: Mapping[str, Any],
    *,
    where: str,
    code: str,
    names: Mapping[str, str] | None = None,
    strict: bool | None = None,
) -> M:
    """`values` as this model; `where` is the object they stand in, "" the body itself; `names` says what a
    field of the model is called on the wire."""
    try:
        return model.model_validate(values, strict=strict)
    except ValidationError as error:
        errors = [_describe(each, where, names or {}) for each in error.errors(include_url=False)]
    raise Invalid(
        "; ".join(each["message"] for each in errors),
        code=code,
        suggestion=f"Correct {', '.join(dict.fromkeys(each['field'] for each in errors))}",
        details={"errors": errors},
    )


def _describe(error: Any, where: str, names: Mapping[str, str]) -> dict[str, Any]:
    path = ".".join(names.get(str(part), str(part)) for part in error["loc"])
    field = ".".join(part for part in (where, path) if part)
    limits = {name: str(value) for name, value in error.get("ctx", {}).items() if name in _BOUNDS}
    text = error["msg"].removeprefix("Value error, ")
    if error["type"] == "missing":
        return {"field": field, "message": f"{field} is missing"}
    if error["type"] == "extra_forbidden":
        return {"field": field, "message": f"{field} is no known field"}
    if not path:
        return {"field": field, "message": f"{field}: {text}"}
    value = _plain(error["input"])
    shown = {"field": field, "message": f"{field} is {value!r}: {text}", "value": value}
    return shown | ({"bounds": limits} if limits else {})


def _plain(value: Any) -> Any:
    """The refused value as JSON can carry it."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return str(value)[:80]
