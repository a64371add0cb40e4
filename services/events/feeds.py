"""Serves each session's watchers its jobs' events: in order, each once, the missed ones first.

Per session one position per job says how far the rooms have been served. A published event is only the
occasion to move on: if it does not follow directly on the position, the stored events in between are read.
A new watcher is served up to the positions before it enters its room. Both happen under the feed's lock, so
that nothing is lost or doubled between the two, whatever order publishers come in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Lock, RLock
from typing import Any, Protocol
from uuid import UUID

from services.events import Event
from services.events.translate import SILENT_WORKLOADS, translate
from services.jobs import JobView, Selection
from services.jobs.states import Status

AfterSeq = int | Mapping[UUID, int] | None
NEWEST_JOBS = 100


class Outlet(Protocol):
    """The side of the socket server that feeds need."""

    def emit(self, name: str, payload: dict[str, Any], to: str) -> None: ...
    def enter(self, sid: str, room: str) -> None: ...
    def leave(self, sid: str, room: str) -> None: ...


class EventLog(Protocol):
    """The stored truth; implemented by services.jobs.Jobs."""

    def list(self, user_id: UUID, selection: Selection, *, limit: int) -> Sequence[JobView]: ...
    def events(self, user_id: UUID, job_id: UUID, after_seq: int = 0) -> Sequence[Event]: ...


def room(session_id: UUID, written: str | None = None) -> str:
    """The room of a session; clients that wrote its id in another form share a room of their own.

    Payloads repeat the id as the client wrote it, because the page compares it with its own. The UUID,
    resolved with its owner, is part of every name: aliases are unique per user only.
    """
    base = f"training_{session_id}"
    return base if written in (None, str(session_id)) else f"{base}/{written}"


def newest_heard(log: EventLog, user_id: UUID, session_id: UUID) -> list[JobView]:
    """The jobs whose events leave through the socket, oldest first."""
    jobs = log.list(user_id, Selection(session_id=session_id, without=SILENT_WORKLOADS), limit=NEWEST_JOBS)
    return sorted(jobs, key=lambda job: (job.created_at, job.id))


def replay_starts(jobs: Sequence[JobView], after_seq: AfterSeq) -> Iterator[tuple[JobView, int]]:
    """Which jobs (oldest first) are replayed, and behind which seq.

    A number is the position in the newest job that got that far. In a map each job has its own. Jobs newer
    than those named are replayed in full. A client that says nothing gets what is still active, from its
    beginning.
    """
    known = after_seq if isinstance(after_seq, Mapping) else {}
    if isinstance(after_seq, int):
        meant = [job for job in jobs if job.last_seq >= after_seq]
        known = {meant[-1].id: after_seq} if meant else {}
    newest_known = max((index for index, job in enumerate(jobs) if job.id in known), default=len(jobs))
    for index, job in enumerate(jobs):
        if job.id in known or index > newest_known or Status(job.status).is_active:
            yield job, known.get(job.id, 0)


@dataclass
class _Feed:
    session_id: UUID
    watchers: dict[str, str] = field(default_factory=dict)  # socket → session id as its client wrote it
    positions: dict[UUID, int] = field(default_factory=dict)  # job → seq up to which the rooms are served
    lock: RLock = field(default_factory=RLock)  # held while serving, joining, leaving
    fresh: bool = True  # no positions yet, nobody in a room


class Feeds:
    """All sessions somebody watches; `forward` is the bus listener."""

    def __init__(self, log: EventLog, outlet: Outlet) -> None:
        self._log = log
        self._outlet = outlet
        self._feeds: dict[UUID, _Feed] = {}
        self._lock = Lock()  # guards _feeds and every feed's watchers

    def join(
        self,
        sid: str,
        user_id: UUID,
        session_id: UUID,
        *,
        written: str,
        after_seq: AfterSeq,
    ) -> dict[str, Any]:
        """Greet, replay what was missed, then let the live events in; the caller has checked the owner."""
        feed, before = self._admit(sid, session_id, written)
        with feed.lock, ExitStack() as undo:
            undo.callback(self.leave, sid, session_id)
            jobs = newest_heard(self._log, user_id, session_id)
            self._catch_up(feed, jobs)
            answer = _greeting(feed, written, jobs)
            self._outlet.emit("training_session_joined", answer, to=sid)
            for job, seq in replay_starts(jobs, after_seq):
                self._replay(feed, job, seq, sid, written)
            if before not in (None, written):
                self._outlet.leave(sid, room(session_id, before))
            self._outlet.enter(sid, room(session_id, written))
            undo.pop_all()
        return answer

    def leave(self, sid: str, session_id: UUID) -> None:
        """Stop watching one session; not having watched it is no error."""
        with self._lock:
            feed = self._feeds.get(session_id)
        if feed is not None:
            with feed.lock:  # what is being served ends first: who has left hears nothing any more
                self._release(feed, sid)

    def drop(self, sid: str) -> None:
        """A socket is gone: it watches nothing any more."""
        with self._lock:
            watched = [feed.session_id for feed in self._feeds.values() if sid in feed.watchers]
        for session_id in watched:
            self.leave(sid, session_id)

    def forward(self, event: Event) -> None:
        """Serve a published event, and before it whatever was stored but never published here."""
        with self._lock:
            feed = self._feeds.get(event.session_id) if event.session_id else None
        if feed is None or event.workload in SILENT_WORKLOADS:
            return
        with feed.lock:
            if not feed.fresh:  # else the first watcher, who waits for the lock, reads it from the log
                self._advance(feed, event)

    def _admit(self, sid: str, session_id: UUID, written: str) -> tuple[_Feed, str | None]:
        with self._lock:
            feed = self._feeds.setdefault(session_id, _Feed(session_id))
            before = feed.watchers.get(sid)
            feed.watchers[sid] = written
            return feed, before

    def _release(self, feed: _Feed, sid: str) -> None:
        with self._lock:
            written = feed.watchers.pop(sid, None)
            if not feed.watchers and self._feeds.get(feed.session_id) is feed:
                del self._feeds[feed.session_id]
        if written is not None:
            self._outlet.leave(sid, room(feed.session_id, written))

    def _catch_up(self, feed: _Feed, jobs: Sequence[JobView]) -> None:
        """Bring the rooms to what the rows say; in a fresh feed nobody is there to be served."""
        if feed.fresh:
            feed.positions = {job.id: job.last_seq for job in jobs}
            feed.fresh = False
            return
        for job in jobs:
            position = feed.positions.setdefault(job.id, 0)
            if job.last_seq > position:
                self._serve(feed, self._log.events(job.user_id, job.id, after_seq=position))

    def _advance(self, feed: _Feed, event: Event) -> None:
        position = feed.positions.get(event.job_id, 0)
        if event.seq == position + 1:
            self._serve(feed, [event])
        elif event.seq > position:
            stored = self._log.events(event.user_id, event.job_id, after_seq=position)
            self._serve(feed, stored or [event])

    def _serve(self, feed: _Feed, events: Sequence[Event]) -> None:
        with self._lock:
            forms = sorted(set(feed.watchers.values()))
        for event in events:
            for written in forms:
                self._send(event, written, room(feed.session_id, written))
            feed.positions[event.job_id] = event.seq

    def _replay(self, feed: _Feed, job: JobView, after_seq: int, sid: str, written: str) -> None:
        for event in self._log.events(job.user_id, job.id, after_seq=after_seq):
            if event.seq <= feed.positions[job.id]:
                self._send(event, written, sid)

    def _send(self, event: Event, written: str, to: str) -> None:
        for name, payload in translate(event, written):
            self._outlet.emit(name, payload, to=to)


def _greeting(feed: _Feed, written: str, jobs: Sequence[JobView]) -> dict[str, Any]:
    """What a client needs to draw the session at once; `last_seq` may be sent back as `after_seq`."""
    return {
        "status": "joined",
        "session_id": written,
        "room": room(feed.session_id),
        "message": "Joined; missed events follow, then live ones",
        "snapshot": {
            "job": _newest(jobs, dataset=False),
            "dataset_job": _newest(jobs, dataset=True),
            "active_jobs": [str(job.id) for job in jobs if Status(job.status).is_active],
        },
        "last_seq": {str(job.id): feed.positions[job.id] for job in jobs},
    }


def _newest(jobs: Sequence[JobView], *, dataset: bool) -> dict[str, Any] | None:
    found = [job for job in jobs if (job.workload == "dataset") == dataset]
    return found[-1].to_json() if found else None
