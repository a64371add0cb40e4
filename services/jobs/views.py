"""A job as its owner sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.jobs.progress_object import progress_object
from services.jobs.states import Action
from services.jobs.waiting import PRIORITIES
from services.storage.tables import JobRow


@dataclass(frozen=True)
class JobView:
    """`config` and `outcome` are None in lists: they can be large, and a list is asked for often."""

    id: UUID
    user_id: UUID
    session_id: UUID | None
    restart_of: UUID | None
    name: str | None
    notes: str | None
    tags: tuple[str, ...]
    priority: str
    device_request: str
    workload: str
    status: str
    phase: str | None
    requested_action: str
    reason: str | None
    error: dict[str, Any] | None
    outcome: dict[str, Any] | None
    attempt: int
    device: str | None
    allowed: tuple[str, ...]
    counts: dict[str, int] | None
    active_seconds: float
    progress: dict[str, Any] | None
    last_seq: int
    queue_position: int | None  # 1 is next
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    config: dict[str, Any] | None
    notice: str | None = None  # what is worth knowing of the action that was asked for
    replayed: bool = False  # an earlier request with the same idempotency key made it

    def to_json(self) -> dict[str, Any]:
        """Everything but config and outcome."""
        progress = progress_object(self)
        metrics = progress["metrics"]
        return {
            "id": str(self.id),
            "session_id": str(self.session_id) if self.session_id else None,
            "restart_of": str(self.restart_of) if self.restart_of else None,
            "job_name": self.name,
            "notes": self.notes,
            "tags": list(self.tags),
            "priority": self.priority,
            "device_request": self.device_request,
            "workload": self.workload,
            "status": self.status,
            "phase": self.phase,
            "requested_action": self.requested_action,
            "reason": self.reason,
            "error": self.error,
            "attempt": self.attempt,
            "device": self.device,
            "allowed": list(self.allowed),
            "counts": self.counts,
            "active_seconds": round(self.active_seconds, 3),
            "progress": progress,
            "progress_percent": progress["percent"],
            "current_epoch": progress["epoch"],
            "total_epochs": progress["total_epochs"],
            "train_loss": metrics.get("loss"),
            "val_loss": metrics.get("val_loss"),
            "last_seq": self.last_seq,
            "queue_position": self.queue_position,
            "created_at": self.created_at.isoformat(),
            "started_at": _iso(self.started_at),
            "finished_at": _iso(self.finished_at),
        }


def view_of(row: JobRow, position: int | None, allowed: list[Action], *, full: bool) -> JobView:
    return JobView(
        id=row.id,
        user_id=row.user_id,
        session_id=row.session_id,
        restart_of=row.restart_of,
        name=row.name,
        notes=row.notes,
        tags=tuple(row.tags),
        priority=PRIORITIES[row.priority],
        device_request=row.device_request,
        workload=row.workload,
        status=row.status,
        phase=row.phase,
        requested_action=row.requested_action,
        reason=row.reason,
        error=row.error,
        outcome=row.outcome if full else None,
        attempt=row.attempt,
        device=row.device,
        allowed=tuple(str(action) for action in allowed),
        counts=row.counts,
        active_seconds=row.active_seconds,
        progress=row.progress,
        last_seq=row.last_seq,
        queue_position=position,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        config=row.config if full else None,
    )


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
