"""What a job left behind for its owner: metric points, log lines, artifacts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, false, or_, select
from sqlalchemy.orm import Session

from services.errors import BadRequest, NotFound
from services.jobs import checkpoints
from services.storage.database import Database
from services.storage.job_tables import AttemptRow, CheckpointRow, EvidenceRow, TaskRow
from services.storage.tables import ArtifactRow, JobRow, MetricRow, TrainingLogRow

MAX_POINTS = 10_000


@dataclass(frozen=True)
class MetricPoint:
    key: str
    value: float | None  # null: was not a finite number
    step: int
    epoch: int | None
    phase: str
    attempt: int
    created_at: datetime

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "created_at": self.created_at.isoformat()}


class JobRecords:
    """Reads; the owner is part of every question."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def metrics(
        self,
        user_id: UUID,
        job_id: UUID,
        *,
        keys: Collection[str] | None = None,
        after_step: int | None = None,
        limit: int = 1000,
    ) -> list[MetricPoint]:
        """Points by step, as one curve over all attempts."""
        _check_limit(limit)
        with self._database.read() as tx:
            _attempt(tx, user_id, job_id)
            query = select(MetricRow).where(MetricRow.job_id == job_id, visible(tx, job_id))
            if keys is not None:
                query = query.where(MetricRow.key.in_(keys))
            if after_step is not None:
                query = query.where(MetricRow.step > after_step)
            rows = tx.scalars(query.order_by(MetricRow.step, MetricRow.id).limit(limit)).all()
        return [_point(row) for row in rows]

    def recent_metrics(self, user_id: UUID, job_id: UUID, steps: int = 10) -> list[dict[str, Any]]:
        """The last epochs, each with all its values."""
        with self._database.read() as tx:
            _attempt(tx, user_id, job_id)
            rows = tx.scalars(
                select(MetricRow)
                .where(MetricRow.job_id == job_id, visible(tx, job_id))
                .where(MetricRow.key.not_like("batch/%"))
                .order_by(MetricRow.id.desc())
                .limit(steps * 20)
            ).all()
        table: dict[int, dict[str, Any]] = {}
        for row in reversed(rows):
            table.setdefault(row.step, {"step": row.step, "epoch": row.epoch})[row.key] = row.value
        return [table[step] for step in sorted(table)[-steps:]]

    def logs(self, user_id: UUID, job_id: UUID, *, after: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
        """Lines for people, oldest first; `after` is the id of the last one known."""
        _check_limit(limit)
        query = select(TrainingLogRow).where(TrainingLogRow.job_id == job_id, TrainingLogRow.id > after)
        with self._database.read() as tx:
            _attempt(tx, user_id, job_id)
            rows = tx.scalars(query.order_by(TrainingLogRow.id).limit(limit)).all()
        return [{"id": row.id, "at": row.created_at.isoformat(), **row.progress} for row in rows]

    def tasks(
        self, user_id: UUID, job_id: UUID, *, status: str | None = None, limit: int = 1000, offset: int = 0
    ) -> list[TaskRow]:
        """Its items in their order."""
        _check_limit(limit)
        query = select(TaskRow).where(TaskRow.job_id == job_id)
        if status is not None:
            query = query.where(TaskRow.status == status)
        with self._database.read() as tx:
            _attempt(tx, user_id, job_id)
            return list(tx.scalars(query.order_by(TaskRow.position).limit(limit).offset(offset)))

    def evidence(
        self, user_id: UUID, job_id: UUID, *, limit: int = 1000, offset: int = 0
    ) -> list[Row[tuple[str, EvidenceRow]]]:
        """What every try of every item came to, oldest first, with the item's key."""
        _check_limit(limit)
        query = (
            select(TaskRow.key, EvidenceRow)
            .join(TaskRow, TaskRow.id == EvidenceRow.task_id)
            .where(EvidenceRow.job_id == job_id)
            .order_by(EvidenceRow.created_at, TaskRow.position)
        )
        with self._database.read() as tx:
            _attempt(tx, user_id, job_id)
            return list(tx.execute(query.limit(limit).offset(offset)))

    def checkpoints(self, user_id: UUID, job_id: UUID) -> list[CheckpointRow]:
        """The newest first."""
        with self._database.read() as tx:
            _attempt(tx, user_id, job_id)
            return checkpoints.all_of(tx, job_id)

    def attempts(self, user_id: UUID, job_id: UUID) -> list[AttemptRow]:
        with self._database.read() as tx:
            _attempt(tx, user_id, job_id)
            query = select(AttemptRow).where(AttemptRow.job_id == job_id)
            return list(tx.scalars(query.order_by(AttemptRow.attempt)))

    def artifacts(self, user_id: UUID, job_id: UUID) -> list[ArtifactRow]:
        with self._database.read() as tx:
            _attempt(tx, user_id, job_id)
            query = select(ArtifactRow).where(ArtifactRow.job_id == job_id)
            return list(tx.scalars(query.order_by(ArtifactRow.kind, ArtifactRow.name)))

    def artifact(self, user_id: UUID, job_id: UUID, name: str) -> ArtifactRow:
        found = [artifact for artifact in self.artifacts(user_id, job_id) if artifact.name == name]
        if not found:
            raise NotFound(f"The job has no artifact {name!r}", code="ARTIFACT_NOT_FOUND")
        return found[0]


def visible(tx: Session, job_id: UUID) -> ColumnElement[bool]:
    """The metric points of one curve: of each attempt those that no later one has superseded."""
    query = select(AttemptRow.attempt, AttemptRow.cursor).where(AttemptRow.job_id == job_id)
    shown, limit = [], None
    for attempt, cursor in tx.execute(query.order_by(AttemptRow.attempt.desc())).all():
        if limit is None or limit > 0:
            own = MetricRow.attempt == attempt
            shown.append(own if limit is None else and_(own, MetricRow.id <= limit))
        limit = cursor if limit is None else min(limit, cursor)
    return or_(*shown) if shown else false()


def artifact_json(row: ArtifactRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "kind": row.kind,
        "name": row.name,
        "media_type": row.media_type,
        "size_bytes": row.size_bytes,
        "sha256": row.sha256,
        "attempt": row.attempt,
        "created_at": row.created_at.isoformat(),
    }


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= MAX_POINTS:
        raise BadRequest(f"limit must be from 1 to {MAX_POINTS}, not {limit}")


def _attempt(tx: Session, user_id: UUID, job_id: UUID) -> int:
    """The job's attempt; raises for a job of somebody else."""
    found = tx.scalar(select(JobRow.attempt).where(JobRow.id == job_id, JobRow.user_id == user_id))
    if found is None:
        raise NotFound(f"There is no job {job_id}", code="JOB_NOT_FOUND")
    return found


def _point(row: MetricRow) -> MetricPoint:
    return MetricPoint(
        key=row.key,
        value=row.value,
        step=row.step,
        epoch=row.epoch,
        phase=row.phase,
        attempt=row.attempt,
        created_at=row.created_at,
    )
