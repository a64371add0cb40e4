"""What a job left behind for its owner: metric points, log lines, artifacts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from services.access import job_refusal, shown_jobs
from services.errors import NotFound
from services.jobs import checkpoints, evidence, history
from services.jobs.curves import Curves
from services.jobs.history import MetricPoint, check_limit
from services.storage.database import Database
from services.storage.job_tables import AttemptRow, CheckpointRow, EvidenceRow, TaskRow
from services.storage.tables import ArtifactRow, JobRow, TrainingLogRow


class JobRecords:
    """Reads; the owner is part of every question."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._curves = Curves()

    def metrics(self, user_id: UUID, job_id: UUID, *, limit: int = 1000, **chosen: Any) -> list[MetricPoint]:
        """Single points, chosen and ordered as services.jobs.history.Wanted says."""
        with self._database.read() as tx:
            _attempt(tx, user_id, job_id)
            return history.points(tx, job_id, history.Wanted(**chosen), limit)

    def curves(
        self, user_id: UUID, job_id: UUID, *, max_points: int, **chosen: Any
    ) -> dict[str, history.Columns]:
        """By key the columns of whole curves, which keep their looks with `max_points` points each."""
        with self._database.read() as tx:
            _attempt(tx, user_id, job_id)
            return history.columns(tx, self._curves, job_id, history.Wanted(**chosen), max_points)

    def recent_metrics(self, user_id: UUID, job_id: UUID, epochs: int = 10) -> list[dict[str, Any]]:
        """The newest epochs, the newest first, each with all its values."""
        with self._database.read() as tx:
            _attempt(tx, user_id, job_id)
            return history.recent(tx, job_id, epochs)

    def logs(self, user_id: UUID, job_id: UUID, *, after: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
        """Lines for people, oldest first; `after` is the id of the last one known."""
        check_limit(limit)
        query = select(TrainingLogRow).where(TrainingLogRow.job_id == job_id, TrainingLogRow.id > after)
        with self._database.read() as tx:
            _attempt(tx, user_id, job_id)
            rows = tx.scalars(query.order_by(TrainingLogRow.id).limit(limit)).all()
        return [{"id": row.id, "at": row.created_at.isoformat(), **row.progress} for row in rows]

    def tasks(
        self, user_id: UUID, job_id: UUID, *, status: str | None = None, limit: int = 1000, offset: int = 0
    ) -> list[TaskRow]:
        """Its items in their order."""
        check_limit(limit)
        query = select(TaskRow).where(TaskRow.job_id == job_id)
        if status is not None:
            query = query.where(TaskRow.status == status)
        with self._database.read() as tx:
            _attempt(tx, user_id, job_id)
            return list(tx.scalars(query.order_by(TaskRow.position).limit(limit).offset(offset)))

    def evidence(
        self, user_id: UUID, job_id: UUID, *, limit: int = 1000, offset: int = 0
    ) -> list[Row[tuple[str, EvidenceRow]]]:
        """What every try of every item came to, oldest first, with the item's key.

        An attempt works on its items in their order and on each at most once, so that is the order of the
        tries; clocks of several machines, or of one that was set back, need not agree with it.
        """
        check_limit(limit)
        query = (
            select(TaskRow.key, EvidenceRow)
            .join(TaskRow, TaskRow.id == EvidenceRow.task_id)
            .where(EvidenceRow.job_id == job_id)
            .order_by(EvidenceRow.attempt, TaskRow.position)
        )
        with self._database.read() as tx:
            _attempt(tx, user_id, job_id)
            return list(tx.execute(query.limit(limit).offset(offset)))

    def evidence_stats(self, user_id: UUID, job_id: UUID) -> dict[str, Any]:
        with self._database.read() as tx:
            _attempt(tx, user_id, job_id)
            return evidence.stats(tx, job_id)

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


def _attempt(tx: Session, user_id: UUID, job_id: UUID) -> int:
    """The job's attempt; raises for a job of somebody else."""
    found = tx.scalar(select(JobRow.attempt).where(JobRow.id == job_id, *shown_jobs(user_id)))
    if found is None:
        raise job_refusal(tx, user_id, job_id)
    return found
