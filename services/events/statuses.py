"""Tells plain WebSockets where their job stands: at once, every five seconds, at each change, at its end.

One background loop serves all: it reads the rows of the jobs that are due or have changed in one query, and
writes each job's message once. What a client sends plays no part in when it is told.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Protocol
from uuid import UUID

from services.events import Event
from services.events.news import STATUSES
from services.events.rounds import Rounds
from services.jobs.watching import Now
from services.storage.tables import now

PERIOD_SECONDS = 5.0
TOGETHER_SECONDS = 0.1  # who is due so soon is served in the same round: the rows are read once for all
FINISHED, UNKNOWN_JOB = 1000, 4404  # codes with which a socket is closed
# Names of the contract and those under which workloads report the same.
METRICS = {
    "train_loss": ("train_loss", "loss"),
    "val_loss": ("val_loss",),
    "train_accuracy": ("train_accuracy", "accuracy"),
    "val_accuracy": ("val_accuracy",),
}


class Line(Protocol):
    """The way to one client; neither call waits for it."""

    def say(self, text: str) -> None: ...
    def end(self, text: str, code: int) -> None:
        """Say this and close."""


class Rows(Protocol):
    """The side of services.jobs.watching.StoredEvents that is needed."""

    def now(self, jobs: Collection[UUID]) -> Mapping[UUID, Now]: ...


@dataclass(eq=False)
class _Watcher:
    job_id: UUID
    line: Line
    due: float


class Statuses:
    """All plain WebSockets of this process; `forward` is the bus listener."""

    def __init__(self, rows: Rows, clock: Callable[[], float] = time.monotonic) -> None:
        self._rows = rows
        self._clock = clock
        self._watchers: dict[Line, _Watcher] = {}
        self._changed: set[UUID] = set()
        self._lock = Lock()
        self._rounds = Rounds("job statuses", self.serve)

    def add(self, job_id: UUID, line: Line) -> None:
        """Tell this client of the job from now on, for the first time at once."""
        with self._lock:
            self._watchers[line] = _Watcher(job_id, line, self._clock())
        self._rounds.wake()

    def remove(self, line: Line) -> None:
        with self._lock:
            self._watchers.pop(line, None)

    def forward(self, event: Event) -> None:
        """A change of status is told at once."""
        if event.type not in STATUSES:
            return
        with self._lock:
            watched = any(each.job_id == event.job_id for each in self._watchers.values())
            if watched:
                self._changed.add(event.job_id)
        if watched:
            self._rounds.wake()

    def serve(self) -> float | None:
        """One round; returns the seconds to the next, None if nobody is left."""
        chosen = self._take()
        views = self._rows.now({each.job_id for each in chosen}) if chosen else {}
        texts = {job_id: training_status(job_id, view) for job_id, view in views.items()}
        for watcher in chosen:
            view = views.get(watcher.job_id)
            if view is None:
                self._end(watcher, error_text("JOB_NOT_FOUND", "The job was deleted"), UNKNOWN_JOB)
            elif view.status.is_finished:
                self._end(watcher, texts[watcher.job_id], FINISHED)
            else:
                watcher.line.say(texts[watcher.job_id])
        with self._lock:
            due = [each.due for each in self._watchers.values()]
        return max(0.0, min(due) - self._clock()) if due else None

    def _take(self) -> list[_Watcher]:
        """Whom to tell in this round; those who are due are due again after the period."""
        moment = self._clock()
        chosen = []
        with self._lock:
            changed, self._changed = self._changed, set()
            for each in self._watchers.values():
                is_due = each.due <= moment + TOGETHER_SECONDS
                if is_due:
                    each.due = moment + PERIOD_SECONDS
                if is_due or each.job_id in changed:
                    chosen.append(each)
        return chosen

    def _end(self, watcher: _Watcher, text: str, code: int) -> None:
        self.remove(watcher.line)
        watcher.line.end(text, code)


def training_status(job_id: UUID, job: Now) -> str:
    """The message of the contract, null where nothing is known."""
    known = job.progress["metrics"]
    return message(
        "training_status",
        job_id=str(job_id),
        status=job.status.value,
        current_epoch=job.progress["epoch"],
        total_epochs=job.progress["total_epochs"],
        progress_percent=job.progress["percent"],
        metrics={
            **{name: _first(known, names) for name, names in METRICS.items()},
            "learning_rate": job.progress["learning_rate"],
        },
        error_message=(job.error or {}).get("error"),
        timestamp=stamp(),
    )


def error_text(code: str, text: str) -> str:
    return message("error", code=code, message=text, timestamp=stamp())


def message(event: str, **fields: Any) -> str:
    return json.dumps({"event": event, **fields}, ensure_ascii=False, allow_nan=False)


def stamp(moment: datetime | None = None) -> str:
    """Seconds with a Z, as the contract writes times."""
    return (moment or now()).strftime("%Y-%m-%dT%H:%M:%SZ")


def _first(known: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((known[name] for name in names if name in known), None)
