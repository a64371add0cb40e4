"""What belongs to a job beside its row: attempts, checkpoints, tasks with their evidence; and the workers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.storage.tables import Base, now


def _of_job() -> Mapped[UUID]:
    return mapped_column(ForeignKey("training_jobs.id", ondelete="CASCADE"))


class AttemptRow(Base):
    """One lease of a job by a worker."""

    __tablename__ = "job_attempts"
    job_id: Mapped[UUID] = mapped_column(ForeignKey("training_jobs.id", ondelete="CASCADE"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    worker_id: Mapped[str] = mapped_column(String(80))
    host: Mapped[str] = mapped_column(String(255))
    device: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    ended: Mapped[str | None] = mapped_column(String(20))  # the event that ended it
    active_seconds: Mapped[float | None]
    # metric points of earlier attempts with a greater id are superseded; 0: this attempt began anew
    cursor: Mapped[int] = mapped_column(default=0)


class MetricBlockRow(Base):
    """Metric points of a key once more, packed as columns: those behind the block before, up to `last_id`."""

    __tablename__ = "training_metric_blocks"
    job_id: Mapped[UUID] = mapped_column(ForeignKey("training_jobs.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    last_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    closes: Mapped[int | None]  # the attempt that ended with it: until the next one no row is behind it
    points: Mapped[bytes]


class CheckpointRow(Base):
    """A state from which training goes on exactly (`last`), or the best model so far (`best`)."""

    __tablename__ = "job_checkpoints"
    __table_args__ = (Index("ix_job_checkpoints_job_id_kind_created_at", "job_id", "kind", "created_at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    job_id: Mapped[UUID] = _of_job()
    attempt: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))  # last | best
    step: Mapped[int]
    epoch: Mapped[int | None]
    blob_key: Mapped[str] = mapped_column(String(500))
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    cursor: Mapped[int]  # id of the job's newest metric point when it was taken
    progress: Mapped[dict[str, Any]]  # of the job at that point
    config_hash: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(200))  # of the data, in the workload's words
    created_at: Mapped[datetime] = mapped_column(default=now)


class TaskRow(Base):
    """One item of an item-wise job."""

    __tablename__ = "job_tasks"
    __table_args__ = (
        UniqueConstraint("job_id", "key"),
        Index("ix_job_tasks_job_id_position", "job_id", "position"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    job_id: Mapped[UUID] = _of_job()
    position: Mapped[int]
    key: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(20), default="pending")
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[dict[str, Any] | None]
    result: Mapped[dict[str, Any] | None]
    skip_reason: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class EvidenceRow(Base):
    """What one try of a task came to: what computed it, where, how long, with which result."""

    __tablename__ = "job_evidence"
    __table_args__ = (Index("ix_job_evidence_job_id_created_at", "job_id", "created_at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    job_id: Mapped[UUID] = _of_job()
    task_id: Mapped[UUID] = mapped_column(ForeignKey("job_tasks.id", ondelete="CASCADE"), index=True)
    attempt: Mapped[int]
    tried: Mapped[int]  # 1 is the task's first try
    status: Mapped[str] = mapped_column(String(20))
    computed_by: Mapped[str | None] = mapped_column(String(200))
    device: Mapped[str] = mapped_column(String(20))
    processing_ms: Mapped[float]
    checksum: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[dict[str, Any] | None]
    details: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)


class WorkerRow(Base):
    """A living worker process; one that was not seen for a while is dead."""

    __tablename__ = "workers"
    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    lane: Mapped[str] = mapped_column(String(20))
    device: Mapped[str] = mapped_column(String(20))
    pid: Mapped[int]
    info: Mapped[dict[str, Any]]
    memory: Mapped[dict[str, Any] | None]
    started_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
