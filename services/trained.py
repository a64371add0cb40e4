"""Finds what trainings of a session left: the newest, one by its job, or one by a file of its model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from services.access import job_refusal, shown_jobs
from services.errors import BadRequest, Invalid, NotFound
from services.storage.tables import ArtifactRow, JobRow, TrainingResultRow

TRAIN_FIRST = "Train a model with POST /api/training/train-models/<session_id> and wait until it is completed"


@dataclass(frozen=True)
class Trained:
    """A completed training: its job, its result and the files it left, oldest file first."""

    job: JobRow
    result: TrainingResultRow
    artifacts: Sequence[ArtifactRow]

    @property
    def results(self) -> dict[str, Any]:
        return self.result.results

    @property
    def scalers(self) -> dict[str, Any]:
        """As in scalers.json; kept in the outcome so that no file need be read."""
        scalers: dict[str, Any] = (self.job.outcome or {})["scalers"]
        return scalers

    def of_kind(self, kind: str) -> list[ArtifactRow]:
        return [artifact for artifact in self.artifacts if artifact.kind == kind]

    def one(self, kind: str, code: str) -> ArtifactRow:
        found = self.of_kind(kind)
        if not found:
            raise NotFound(f"Job {self.job.id} left no {kind}", code=code, suggestion=TRAIN_FIRST)
        return found[-1]


def completed(session_id: UUID) -> Select[TrainingResultRow]:
    """Results of a session, newest first."""
    return (
        select(TrainingResultRow)
        .where(TrainingResultRow.session_id == session_id, TrainingResultRow.status == "completed")
        .order_by(TrainingResultRow.completed_at.desc(), TrainingResultRow.created_at.desc())
    )


def find(
    tx: Session,
    session_id: UUID,
    *,
    job_id: UUID | None = None,
    filename: str | None = None,
    code: str = "RESULTS_NOT_FOUND",
) -> Trained:
    """The training that is meant, by default the newest; the caller has checked the session's owner."""
    if filename is not None:
        owner = job_of_file(tx, session_id, filename)
        if job_id is not None and owner != job_id:
            raise Invalid(f"{filename} is no file of job {job_id}", suggestion="Send only one of the two")
        job_id = owner
    if job_id is not None:
        check_job(tx, session_id, job_id)
    query = completed(session_id)
    if job_id is not None:
        query = query.where(TrainingResultRow.job_id == job_id)
    result = tx.scalars(query.limit(1)).first()
    if result is None:
        which = "This session" if job_id is None else f"Job {job_id}"
        raise NotFound(f"{which} has no completed training", code=code, suggestion=TRAIN_FIRST)
    return Trained(tx.get_one(JobRow, result.job_id), result, _artifacts(tx, result.job_id))


def find_by_job(tx: Session, user_id: UUID, job_id: UUID) -> Trained:
    """A completed training of this user by its job alone."""
    job = tx.scalar(select(JobRow).where(JobRow.id == job_id, *shown_jobs(user_id)))
    if job is None:
        raise job_refusal(tx, user_id, job_id)
    result = tx.scalar(select(TrainingResultRow).where(TrainingResultRow.job_id == job_id))
    if result is None:
        said = f"Job {job_id} is a {job.workload} job that is {job.status}: it has no trained model"
        raise NotFound(said, code="RESULTS_NOT_FOUND", suggestion=TRAIN_FIRST)
    return Trained(job, result, _artifacts(tx, job_id))


def check_job(tx: Session, session_id: UUID, job_id: UUID) -> JobRow:
    """The job, if it belongs to this session."""
    job = tx.get(JobRow, job_id)
    if job is None or job.session_id != session_id:
        raise NotFound(f"There is no job {job_id} in this session", code="JOB_NOT_FOUND")
    return job


def job_of_file(tx: Session, session_id: UUID, filename: str) -> UUID:
    """The newest completed training that left a file of this name."""
    check_filename(filename)
    query = (
        select(ArtifactRow.job_id)
        .join(TrainingResultRow, TrainingResultRow.job_id == ArtifactRow.job_id)
        .where(TrainingResultRow.session_id == session_id, ArtifactRow.name == filename)
        .order_by(TrainingResultRow.completed_at.desc())
        .limit(1)
    )
    job_id = tx.scalar(query)
    if job_id is None:
        raise NotFound(
            f"No training of this session left a file {filename!r}",
            code="MODEL_NOT_FOUND",
            suggestion="GET /api/training/list-models-database/<session_id> lists the files",
        )
    return job_id


def check_filename(filename: Any) -> None:
    """A bare name; anything that looks like a path is refused before it is looked up."""
    if (
        not isinstance(filename, str)
        or not 1 <= len(filename) <= 255
        or filename.startswith(".")
        or any(letter in "/\\" or not letter.isprintable() for letter in filename)
    ):
        raise BadRequest(
            f"{str(filename)[:80]!r} is no file name",
            code="INVALID_MODEL_FILENAME",
            suggestion="Send the bare name as list-models-database gives it, without folders",
        )


def _artifacts(tx: Session, job_id: UUID) -> Sequence[ArtifactRow]:
    query = select(ArtifactRow).where(ArtifactRow.job_id == job_id)
    return tx.scalars(query.order_by(ArtifactRow.created_at, ArtifactRow.name)).all()
