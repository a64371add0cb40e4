"""Jobs as the native API shows them: the fields of the contract beside those of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import request

from services.errors import NotFound
from services.events.statuses import METRICS
from services.jobs import JobView


def job_id_of(text: str) -> UUID:
    """What is no UUID names no job."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(f"There is no job {text[:80]!r}", code="JOB_NOT_FOUND") from None


def summary(job: JobView) -> dict[str, Any]:
    """As in lists."""
    told = job.to_json()
    best = (job.progress or {}).get("best") or {}
    error = job.error or {}
    return {
        **told,
        "job_name": job.name or job.workload,
        "best_epoch": best.get("epoch"),
        "error_message": error.get("error"),
        "completed_at": told["finished_at"],
    }


def whole(job: JobView, total_epochs: int | None) -> dict[str, Any]:
    """With config, outcome and the newest metrics; no queue has a message that would be worth naming."""
    told, progress = summary(job), job.progress or {}
    best = progress.get("best") or {}
    metrics = with_contract(progress.get("metrics") or {})
    return {
        **told,
        "total_epochs": told["total_epochs"] if told["total_epochs"] is not None else total_epochs,
        "config": job.config,
        "outcome": job.outcome,
        "metrics": metrics,
        "best_val_loss": best.get("value") if best.get("metric") == "val_loss" else None,
        **{name: metrics[name] for name in ("train_accuracy", "val_accuracy")},
        "learning_rate": progress.get("learning_rate"),
        "celery_task_id": None,
    }


def with_contract(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values beside their names in the contract; null where a workload has no such thing."""
    said = {
        name: next((values[key] for key in keys if key in values), None) for name, keys in METRICS.items()
    }
    return {**values, **said}


def recent(row: Mapping[str, Any]) -> dict[str, Any]:
    """One epoch of recent_metrics."""
    return {"learning_rate": None, **with_contract(row)}


def websocket_url(job: JobView) -> str:
    """Where the job is told live, at the address that this request came to."""
    scheme = "wss" if request.is_secure else "ws"
    return f"{scheme}://{request.host}/ws/training/{job.id}"
