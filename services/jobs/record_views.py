"""Attempts, tasks, evidence and checkpoints of a job as its owner sees them; blob keys stay inside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.storage.job_tables import AttemptRow, CheckpointRow, EvidenceRow, TaskRow


def attempt_json(row: AttemptRow) -> dict[str, Any]:
    return {
        "attempt": row.attempt,
        "worker_id": row.worker_id,
        "host": row.host,
        "device": row.device,
        "started_at": row.started_at.isoformat(),
        "ended_at": _iso(row.ended_at),
        "ended": row.ended,
        "active_seconds": row.active_seconds,
    }


def task_json(row: TaskRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "position": row.position,
        "key": row.key,
        "status": row.status,
        "tries": row.tries,
        "error": row.error,
        "result": row.result,
        "skip_reason": row.skip_reason,
        "started_at": _iso(row.started_at),
        "finished_at": _iso(row.finished_at),
    }


def evidence_json(key: str, row: EvidenceRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "task_id": str(row.task_id),
        "key": key,
        "attempt": row.attempt,
        "try": row.tried,
        "status": row.status,
        "computed_by": row.computed_by,
        "device": row.device,
        "processing_ms": row.processing_ms,
        "checksum": row.checksum,
        "error": row.error,
        "details": row.details,
        "created_at": row.created_at.isoformat(),
    }


def checkpoint_json(row: CheckpointRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "kind": row.kind,
        "attempt": row.attempt,
        "step": row.step,
        "epoch": row.epoch,
        "size_bytes": row.size_bytes,
        "sha256": row.sha256,
        "created_at": row.created_at.isoformat(),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
