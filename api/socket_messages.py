"""What clients ask by Socket.IO, checked, and the words of answers that are no events."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.errors import AppError, BadRequest
from services.jobs import JobView

Payload = dict[str, Any]
Reference = Annotated[str, Field(min_length=1, max_length=200)]
Seq = Annotated[int, Field(ge=0)]
R = TypeVar("R", bound=BaseModel)


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SessionRequest(_Request):
    session_id: Reference


class JoinRequest(SessionRequest):
    after_seq: Seq | dict[Annotated[UUID, Field(strict=False)], Seq] | None = None


class JobRequest(_Request):
    job_id: Annotated[UUID, Field(strict=False)]


class SubscribeRequest(JobRequest):
    after_seq: Seq | None = None


class UploadRequest(_Request):
    uploadId: Reference  # noqa: N815 - the page's spelling


def read(model: type[R], sent: tuple[object, ...]) -> R:
    """The one argument of a client event, checked."""
    if len(sent) != 1 or not isinstance(sent[0], dict):
        fields = ", ".join(model.model_fields)
        raise BadRequest(f"The event takes one object with: {fields}", code="INVALID_PAYLOAD")
    try:
        return model.model_validate(sent[0])
    except ValidationError as error:
        faults = [
            {"field": ".".join(str(part) for part in fault["loc"]), "error": fault["msg"]}
            for fault in error.errors(include_input=False, include_url=False)
        ]
        text = "; ".join(f"{fault['field']}: {fault['error']}" for fault in faults)
        raise BadRequest(text, code="INVALID_PAYLOAD", details={"fields": faults}) from None


def refused(error: AppError) -> Payload:
    """The error shape of the API, with the `status` and `message` the page's socket code reads."""
    body: Payload = {"success": False, "status": "error", "code": error.code}
    body |= {"error": error.message, "message": error.message}
    if error.suggestion:
        body["suggestion"] = error.suggestion
    if error.details is not None:
        body["details"] = error.details
    return body


def standing(job: JobView | None) -> Payload:
    """Where a job stands, from its row."""
    if job is None:
        return {"status": "idle", "message": "Nothing was started in this session", "last_updated": None}
    error = job.error or {}
    changed = job.finished_at or job.started_at or job.created_at
    return {
        "status": str(job.status),
        "message": error.get("error") or f"{job.workload} is {job.status}",
        "error_details": error or None,
        "last_updated": changed.isoformat(),
    }
