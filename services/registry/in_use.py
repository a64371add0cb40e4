"""The model of a session that is used where a request names none: its champion, else the newest training."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from services.errors import Invalid
from services.registry.reading import champion_job, version_job
from services.trained import Trained, find

ChosenBy = Literal["request", "champion", "newest"]


def in_use(
    tx: Session,
    session_id: UUID,
    *,
    code: str,
    job_id: UUID | None = None,
    filename: str | None = None,
    version: str | None = None,
) -> tuple[Trained, ChosenBy]:
    """What predicts, scales and is taken home; one answer for all, so that scalers fit the forecasts.

    `version` is one of the session's model: a number, `champion` or `latest`.
    """
    if version is not None:
        if job_id is not None or filename is not None:
            raise Invalid(
                "version and a training are two ways to say which model is meant",
                suggestion="Send only one of version, job_id and model_filename",
                details={"field": "version"},
            )
        job_id = version_job(tx, session_id, version)
    if job_id is not None or filename is not None:
        return find(tx, session_id, job_id=job_id, filename=filename, code=code), "request"
    champion = champion_job(tx, session_id)
    return find(tx, session_id, job_id=champion, code=code), "newest" if champion is None else "champion"
