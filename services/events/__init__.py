"""An event: what the outside hears about a job, stored first and published second."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

Listener = Callable[["Event"], None]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """`seq` grows by one per job; (job_id, seq) is the key of the stored row."""

    job_id: UUID
    session_id: UUID | None
    user_id: UUID
    workload: str
    seq: int
    type: str
    attempt: int
    at: str  # ISO 8601, UTC
    data: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            "job_id": str(self.job_id),
            "session_id": str(self.session_id) if self.session_id else None,
            "user_id": str(self.user_id),
            "workload": self.workload,
            "seq": self.seq,
            "type": self.type,
            "attempt": self.attempt,
            "at": self.at,
            "data": self.data,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Event:
        return cls(
            job_id=UUID(value["job_id"]),
            session_id=UUID(value["session_id"]) if value["session_id"] else None,
            user_id=UUID(value["user_id"]),
            workload=value["workload"],
            seq=value["seq"],
            type=value["type"],
            attempt=value["attempt"],
            at=value["at"],
            data=value["data"],
        )


class EventBus:
    """Hands published events to the listeners of this process, in order of publishing."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._lock = Lock()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Add a listener; the returned function removes it."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners.remove(listener)

        return unsubscribe

    def publish(self, event: Event) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(event)
            except Exception:
                log.exception("an event listener failed on %s", event.type)
