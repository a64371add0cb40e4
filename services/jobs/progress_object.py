"""The progress object: what a job's row and its last words say together, complete for every kind of job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from services.jobs.progress import NO_TASKS
from services.jobs.states import Status

# what is shown of a job that has not said anything yet
_SILENT: Mapping[str, Any] = {
    "percent": 0.0,
    "unit": None,
    "current": None,
    "total": None,
    "epoch": None,
    "total_epochs": None,
    "batch": None,
    "total_batches": None,
    "counts": NO_TASKS,
    "rate": None,
    "rate_unit": None,
    "elapsed_s": 0.0,
    "wall_s": 0.0,
    "eta_s": None,
    "eta_at": None,
    "eta_is_upper_bound": False,
    "metrics": {},
    "non_finite": [],
    "is_best": False,
    "best": None,
    "learning_rate": None,
    "memory": None,
    "message": None,
    "updated_at": None,
}

_OURS = frozenset(["phase", "metric_reports", "stops_early", "objective"])  # of the row, or not for showing


class Told(Protocol):
    """The columns of a job that its progress is shown from; JobRow and JobView have them."""

    @property
    def id(self) -> UUID: ...
    @property
    def workload(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def phase(self) -> str | None: ...
    @property
    def requested_action(self) -> str: ...
    @property
    def attempt(self) -> int: ...
    @property
    def last_seq(self) -> int: ...
    @property
    def progress(self) -> dict[str, Any] | None: ...
    @property
    def counts(self) -> dict[str, Any] | None: ...
    @property
    def active_seconds(self) -> float: ...
    @property
    def created_at(self) -> datetime: ...


def progress_object(job: Told) -> dict[str, Any]:
    """One shape for all kinds; `status`, `phase` and `requested_action` are the row's, the rest was said."""
    status = Status(job.status)
    said = {**_SILENT, **(job.progress or {})}
    said["counts"] = {**NO_TASKS, **(job.counts or said["counts"])}
    said["elapsed_s"] = max(said["elapsed_s"], round(job.active_seconds, 2))
    said["wall_s"] = max(said["elapsed_s"], said["wall_s"])
    said["updated_at"] = said["updated_at"] or job.created_at.isoformat()
    if status != Status.RUNNING:
        said |= {
            "eta_s": 0.0 if status == Status.COMPLETED else None,
            "eta_at": None,
            "eta_is_upper_bound": False,
            "rate": None,
        }
    if status == Status.COMPLETED:
        said["percent"] = 100.0
    return {
        "job_id": str(job.id),
        "workload": job.workload,
        "status": status.value,
        "phase": job.phase,
        "requested_action": job.requested_action,
        "attempt": job.attempt,
        "seq": job.last_seq,
        **{name: value for name, value in said.items() if name not in _OURS},
    }
