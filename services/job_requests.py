"""Native requests: a job of any workload created from what a user may say, described and changed later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.devices.names import AUTO, NAMES_IN_WORDS, is_name
from services.devices.workforce import Workforce
from services.errors import Conflict, Invalid
from services.file_fields import refuse_unknown
from services.jobs import JobOptions, Jobs, JobView
from services.jobs.waiting import PRIORITIES
from services.tags import Tags, line, once
from services.validation import checked
from services.workload_catalogue import WorkloadCatalogue, creation, refuse_session, route_only
from services.workload_forms import FORMS

CODE = "INVALID_FIELD"


class Starts(Protocol):
    """A service that writes the config of a job from a session of its user, and submits it."""

    def start(
        self, user_id: UUID, ref: str, body: Mapping[str, Any], options: JobOptions | None = None
    ) -> JobView: ...


def _device(name: str) -> str:
    if not is_name(name):
        raise ValueError(f"must be {NAMES_IN_WORDS}")
    return name


Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255), AfterValidator(line)
]
Notes = Annotated[str, StringConstraints(max_length=10_000)]
Priority = Literal["high", "normal", "low"]


def _all_may_be_left_out(schema: dict[str, Any]) -> None:
    """A field with a default is not one that must be sent, whatever generators of clients make of it."""
    for field in schema.get("properties", {}).values():
        field.pop("default", None)


class _Described(BaseModel):
    """What is said of a job for people; each field has the name of the contract and a shorter one."""

    model_config = ConfigDict(
        extra="forbid", strict=True, defer_build=True, json_schema_extra=_all_may_be_left_out
    )

    job_name: Name | None = None
    name: Name | None = Field(default=None, description="the same as job_name")
    notes: Notes | None = None
    description: Notes | None = Field(default=None, description="the same as notes")
    tags: Tags | None = None

    @model_validator(mode="after")
    def _saidonce(self) -> _Described:
        for one, other in (("job_name", "name"), ("notes", "description")):
            if {one, other} <= self.model_fields_set and getattr(self, one) != getattr(self, other):
                raise ValueError(f"{one} and {other} differ; send only one of them")
        return self


class JobBody(_Described):
    workload: str = Field(description="as GET /api/v1/workloads names it")
    config: dict[str, Any] = Field(default={}, description="as the schema of the workload has it")
    session_id: str | None = Field(default=None, description="whose files it works on, where it needs some")
    priority: Priority = "normal"
    device: Annotated[str, AfterValidator(_device)] = Field(default="auto", description=NAMES_IN_WORDS)
    draft: bool = Field(default=False, description="do not queue it yet; POST .../submit does")


class JobChange(_Described):
    """Only what is named changes; null empties it."""

    priority: Priority = "normal"


class JobRequests:
    """Creates and describes jobs.

    Ownership is decided here: a config that names rows or blobs is never taken from a request. It is
    written by the service that resolved the session for this user.
    """

    def __init__(
        self, jobs: Jobs, catalogue: WorkloadCatalogue, workforce: Workforce, starts: Mapping[str, Starts]
    ) -> None:
        self._jobs = jobs
        self._workforce = workforce
        self._catalogue = catalogue
        self._starts = starts

    def create(self, user_id: UUID, body: Mapping[str, Any], key: str | None = None) -> JobView:
        """A queued job, or a draft; `replayed` where the same request came before with the same key."""
        request = self._read(body)
        options = _options(request, key, body)
        earlier = self._jobs.asked_before(user_id, options)
        if earlier is not None:
            return earlier
        if request.device != AUTO:
            self._workforce.check(request.device)
        name, config, session = request.workload, request.config, request.session_id
        how = creation(self._catalogue.workload(name))
        if how == "route":
            raise route_only(name)
        if how == "config":
            refuse_session(name, session)
            return self._jobs.submit(user_id, name, config, options=options)
        refuse_unknown(config, FORMS[name].fields, "config")
        if session is None:
            message = f"session_id is missing: a {name} job works on the files of a session"
            details = {"errors": [{"field": "session_id", "message": message}]}
            raise Invalid(message, code=CODE, suggestion="Send the session's id", details=details)
        return self._starts[name].start(user_id, session, config, options)

    def change(self, user_id: UUID, job_id: UUID, body: Mapping[str, Any]) -> JobView:
        self._jobs.get(user_id, job_id)
        change = checked(JobChange, body, where="", code=CODE)
        said = change.model_fields_set
        if not said:
            raise Invalid("There is nothing to change", code=CODE, details={"known": list(CHANGE_FIELDS)})
        changes: dict[str, Any] = {}
        if said & {"job_name", "name"}:
            changes["name"] = change.job_name or change.name
        if said & {"notes", "description"}:
            changes["notes"] = change.notes or change.description
        if "tags" in said:
            changes["tags"] = once(change.tags)
        if "priority" in said:
            changes["priority"] = PRIORITIES.index(change.priority)
        return self._jobs.change(user_id, job_id, changes)

    def retry(self, user_id: UUID, job_id: UUID, what: Any = None) -> JobView:
        """`failed`: the tasks that failed; `checkpoint`: on from the newest; None: whichever the job has."""
        if what not in (None, "failed", "checkpoint"):
            message = f"what is {str(what)[:40]!r}; it must be failed or checkpoint"
            details = {"errors": [{"field": "what", "message": message}]}
            raise Invalid(message, code=CODE, suggestion="Leave it out for whichever fits", details=details)
        job = self._jobs.get(user_id, job_id)
        has = "checkpoint" if job.counts is None else "failed"
        if what not in (None, has) and "retry" in job.allowed:
            raise Conflict(
                f"This job has {'no tasks' if has == 'checkpoint' else 'tasks'}; retry it with what {has!r}",
                code="invalid_transition",
                suggestion=f"Send what as {has!r}, or leave it out",
                details={"status": job.status, "action": "retry", "allowed": job.allowed},
            )
        return self._jobs.retry(user_id, job_id)

    def _read(self, body: Mapping[str, Any]) -> JobBody:
        known = self._catalogue.native_names()
        name = body.get("workload")
        if not isinstance(name, str) or not self._catalogue.knows(name):
            said = "is missing" if name is None else f"is {str(name)[:80]!r}, which there is not"
            message = f"workload {said}"
            raise Invalid(
                message,
                code="UNKNOWN_WORKLOAD",
                suggestion=f"Use one of {', '.join(known)}; GET /api/v1/workloads says what each takes",
                details={"errors": [{"field": "workload", "message": message}], "workloads": known},
            )
        return checked(JobBody, body, where="", code=CODE)


JOB_FIELDS = tuple(JobBody.model_fields)
CHANGE_FIELDS = tuple(JobChange.model_fields)


def _options(request: JobBody, key: str | None, body: Mapping[str, Any]) -> JobOptions:
    return JobOptions(
        name=request.job_name or request.name,
        notes=request.notes or request.description,
        tags=tuple(once(request.tags)),
        priority=PRIORITIES.index(request.priority),
        device=request.device,
        draft=request.draft,
        idempotency_key=key,
        request_hash=None if key is None else _hash(body),
    )


def _hash(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
