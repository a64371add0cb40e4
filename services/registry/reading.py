"""Reads models and versions from the tables: whose they are, which is the champion."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from services.access import is_by_key, session_refusal, shown_sessions
from services.errors import BadRequest, NotFound
from services.registry.registering import is_id
from services.storage.registry_tables import ModelRow, ModelVersionRow, PromotionRow
from services.storage.tables import JobRow, SessionRow, TrainingResultRow
from services.trained import TRAIN_FIRST, Trained, find_by_job

CHAMPION, LATEST = "champion", "latest"


@dataclass(frozen=True)
class Version:
    """A version with the job and the result behind it."""

    row: ModelVersionRow
    job: JobRow
    result: TrainingResultRow
    champion: bool

    @property
    def number(self) -> int:
        return self.row.version


def shown_models(user_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Models without a session of their own, and those of sessions that are not deleted."""
    there = ModelRow.session_id.in_(select(SessionRow.id).where(*shown_sessions(user_id)))
    if is_by_key():
        return (there,)
    return (or_(and_(ModelRow.session_id.is_(None), ModelRow.user_id == user_id), there),)


def model_of(tx: Session, user_id: UUID, ref: str) -> ModelRow:
    """By id or name."""
    named = ModelRow.id == UUID(ref) if is_id(ref) else ModelRow.name == ref
    own_first = case((ModelRow.user_id == user_id, 0), else_=1)
    found = tx.scalar(select(ModelRow).where(named, *shown_models(user_id)).order_by(own_first).limit(1))
    if found is None:
        there = select(ModelRow.session_id).where(named)
        refused = session_refusal(tx, user_id, SessionRow.id.in_(there))
        if refused is not None:
            raise refused
        raise NotFound(
            f"There is no model {ref[:80]!r}",
            code="MODEL_NOT_FOUND",
            suggestion="GET /api/v1/models lists yours",
        )
    return found


def versions_of(tx: Session, models: Collection[UUID]) -> dict[UUID, list[Version]]:
    """By model, the newest first; a training that is being done again is left out until it has ended."""
    query = (
        select(ModelVersionRow, JobRow, TrainingResultRow)
        .join(JobRow, JobRow.id == ModelVersionRow.job_id)
        .join(TrainingResultRow, TrainingResultRow.job_id == ModelVersionRow.job_id)
        .where(ModelVersionRow.model_id.in_(models))
        .order_by(ModelVersionRow.version.desc())
    )
    best = champions(tx, models)
    found: dict[UUID, list[Version]] = {}
    for row, job, result in tx.execute(query):
        version = Version(row, job, result, best.get(row.model_id) == row.version)
        found.setdefault(row.model_id, []).append(version)
    return found


def champions(tx: Session, models: Collection[UUID]) -> dict[UUID, int]:
    """By model the version that was promoted last; it may have been deleted since."""
    newest = (
        select(func.max(PromotionRow.id))
        .where(PromotionRow.model_id.in_(models))
        .group_by(PromotionRow.model_id)
    )
    rows = tx.execute(select(PromotionRow.model_id, PromotionRow.version).where(PromotionRow.id.in_(newest)))
    return {row.model_id: row.version for row in rows}


def promotions_of(tx: Session, model_id: UUID) -> Sequence[PromotionRow]:
    query = select(PromotionRow).where(PromotionRow.model_id == model_id)
    return tx.scalars(query.order_by(PromotionRow.id.desc())).all()


def version_of(tx: Session, model: ModelRow, which: str) -> Version:
    """By number, or `champion` or `latest`."""
    versions = versions_of(tx, [model.id]).get(model.id, [])
    if which == LATEST and versions:
        return versions[0]
    for version in versions:
        if (which == CHAMPION and version.champion) or which == str(version.number):
            return version
    if which not in (CHAMPION, LATEST) and not (which.isascii() and which.isdigit() and len(which) < 10):
        message = f"version is {which[:40]!r}; it must be a number, champion or latest"
        raise BadRequest(message, details={"field": "version"})
    said = "has no champion" if which == CHAMPION else f"has no version {which}"
    raise NotFound(
        f"The model {model.name!r} {said}",
        code="VERSION_NOT_FOUND",
        suggestion="POST .../promote makes a version the champion" if which == CHAMPION else None,
        details={"versions": [version.number for version in versions]},
    )


def trained_of(tx: Session, user_id: UUID, version: Version) -> Trained:
    return find_by_job(tx, user_id, version.job.id)


def champion_job(tx: Session, session_id: UUID) -> UUID | None:
    """The training that the champion of a session's model came from, while it is there."""
    model_id = tx.scalar(select(ModelRow.id).where(ModelRow.session_id == session_id))
    if model_id is None:
        return None
    number = champions(tx, [model_id]).get(model_id)
    query = select(ModelVersionRow.job_id).join(
        TrainingResultRow, TrainingResultRow.job_id == ModelVersionRow.job_id
    )
    found: Any = tx.scalar(
        query.where(ModelVersionRow.model_id == model_id, ModelVersionRow.version == number)
    )
    return found if number is not None else None


def version_job(tx: Session, session_id: UUID, which: str) -> UUID:
    """The training that this version of a session's model came from."""
    model = tx.scalar(select(ModelRow).where(ModelRow.session_id == session_id))
    if model is None:
        raise NotFound("This session has no model yet", code="MODEL_NOT_FOUND", suggestion=TRAIN_FIRST)
    return version_of(tx, model, which).job.id
