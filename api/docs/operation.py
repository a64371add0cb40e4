"""What is said about a route, and the small models that say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

Obj = dict[str, Any]
Objects = list[dict[str, Any]]


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    success: Literal[True]


class Error(BaseModel):
    """Every refusal has this shape; programs look at `code`, people at `error`."""

    success: Literal[False]
    code: str = Field(description="stable, for programs")
    error: str = Field(description="one sentence for people")
    suggestion: str = Field(default="", description="the way out, where there is one")
    details: dict[str, Any] = Field(default={}, description="fields, limits, ids; `errors` names each field")


@dataclass(frozen=True)
class Operation:
    """One method of one path. `answers`: the body by status; None where there is none."""

    summary: str
    tag: str
    answers: Mapping[int, type[BaseModel] | None]
    query: type[BaseModel] | None = None
    headers: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    form: type[BaseModel] | None = None
    optional_body: bool = False
    file: str | None = None  # media type of a 200 that is no JSON
    answer_headers: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    refuses: tuple[int, ...] = (400, 404)
    public: bool = False


Operations = Mapping[str, Operation]  # by "METHOD /path/<of>/the/rule"


def body(name: str, /, **fields: Any) -> type[BaseModel]:
    return create_model(name, __base__=Body, **fields)


def answer(name: str, /, **fields: Any) -> type[BaseModel]:
    return create_model(name, __base__=Answer, **{key: _typed(value) for key, value in fields.items()})


def query(name: str, /, **fields: Any) -> type[BaseModel]:
    return create_model(name, **fields)


def optional(kind: Any, description: str, **more: Any) -> Any:
    """A field that may be left out."""
    return (kind, Field(default=None, description=description, json_schema_extra=without_default, **more))


def maybe(kind: Any) -> Any:
    """A field that some answers do not have."""
    return (kind, Field(default=None, json_schema_extra=without_default))


def given(kind: Any, description: str = "", **more: Any) -> Any:
    """A field that must be there."""
    return (kind, Field(description=description, **more))


def without_default(schema: dict[str, Any]) -> None:
    """None stands for absence here, not for a value that may be sent."""
    schema.pop("default", None)


def _typed(value: Any) -> Any:
    return value if isinstance(value, tuple) else (value, ...)


JOB_ID = query("JobQuery", job_id=optional(str, "a job of the session; without it the newest"))
STILL_WORKING = answer("StillWorking", job_id=str, status=str, message=str)
QUEUED = answer(
    "Queued",
    message=str,
    note=str,
    session_id=str,
    job_id=str,
    status=str,
    queue_position=(int | None, ...),
)
DONE = answer("Done", message=str)
