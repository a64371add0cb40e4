"""The one shape in which a watcher of a job hears its events, and in which they are replayed.

`type` is the stored kind, of which workloads have their own; `name` says which of eight sorts of news it is,
so that a client need not know all kinds. News of the status say it in `data`.
"""

from __future__ import annotations

from typing import Any

from services.events import Event

STATUS = "job.status"
PROGRESS = "job.progress"
NAMES = {
    "metrics": "job.epoch",
    "log": "job.log",
    "task": "job.task",
    "completed": "job.completed",
    "failed": "job.failed",
    "cancelled": "job.cancelled",
    "deleted": "job.deleted",
    "changed": STATUS,
}
# Kinds after which the job has another status, or is asked for one.
STATUSES: dict[str, dict[str, str]] = {
    "queued": {"status": "queued"},
    "resumed": {"status": "queued"},
    "requeued": {"status": "queued"},
    "started": {"status": "running"},
    "paused": {"status": "paused"},
    "pause_requested": {"status": "running", "requested_action": "pause"},
    "finish_requested": {"status": "running", "requested_action": "finish"},
    "cancel_requested": {"status": "running", "requested_action": "cancel"},
    "completed": {"status": "completed"},
    "failed": {"status": "failed"},
    "cancelled": {"status": "cancelled"},
    "deleted": {"status": "deleted"},
}


def news(event: Event) -> dict[str, Any]:
    """The payload of `job.event`."""
    told = STATUSES.get(event.type, {})
    return {
        "name": NAMES.get(event.type, STATUS if told else PROGRESS),
        "type": event.type,
        "seq": event.seq,
        "job_id": str(event.job_id),
        "attempt": event.attempt,
        "ts": event.at,
        "data": {**event.data, **told},
    }
