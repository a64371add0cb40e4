"""Errors of a job as its owner reads them."""

from __future__ import annotations

import errno
from typing import Any

from services.errors import AppError
from services.forecasting.errors import DataError
from services.jobs.event_log import plain

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
INTERNAL_ERROR = {
    "code": "INTERNAL_ERROR",
    "error": "The platform failed while it worked on this job",
    "suggestion": "Try again; the run was not counted. If it fails again, tell the operator the job's id",
}
DISK_FULL = {
    "code": "DISK_FULL",
    "error": "The server has no room left to store what this job makes",
    "suggestion": "Tell the operator; then retry. The run was not counted",
}


def is_without_room(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in NO_ROOM


def told(error: DataError | AppError) -> dict[str, Any]:
    """Code, sentence, way out and details, as JSON can carry them."""
    found: dict[str, Any] = {"code": error.code, "error": error.message}
    if error.suggestion:
        found["suggestion"] = error.suggestion
    if error.details is not None:
        found["details"] = plain(error.details)
    return found
