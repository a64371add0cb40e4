"""One audience and how far it has been served: in order, each event once, whatever order publishers come in.

Per job one position says up to which number the rooms are served. A published event is only the occasion to
move on: if it does not follow directly on the position, the stored events in between are read. A newcomer is
served up to the positions before it enters its room. All that happens under the feed's lock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from threading import Lock, RLock
from typing import Any, Protocol
from uuid import UUID

from services.events import Event
from services.jobs.watching import Standing

Message = tuple[str, dict[str, Any]]


class Outlet(Protocol):
    """The side of the socket server that feeds need."""

    def emit(self, name: str, payload: dict[str, Any], to: str) -> None: ...
    def enter(self, sid: str, room: str) -> None: ...
    def leave(self, sid: str, room: str) -> None: ...


class EventLog(Protocol):
    """The stored truth; implemented by services.jobs.watching.StoredEvents."""

    def standings(
        self, *, sessions: Collection[UUID] = (), jobs: Collection[UUID] = ()
    ) -> Sequence[Standing]: ...
    def behind(self, job_id: UUID, seq: int) -> Sequence[Event]: ...


class Topic(Protocol):
    """What an audience listens to: a session or a job, its rooms and its words."""

    @property
    def key(self) -> UUID: ...
    def hears(self, workload: str) -> bool: ...
    def room(self, form: str) -> str: ...
    def say(self, event: Event, form: str) -> list[Message]: ...
    def standings(self, log: EventLog) -> Sequence[Standing]: ...


class Feed:
    """A topic with its watchers; `form` is how a watcher names the topic, and has a room of its own."""

    def __init__(self, topic: Topic, log: EventLog, outlet: Outlet) -> None:
        self.topic = topic
        self.lock = RLock()  # held while serving, joining, leaving
        self.positions: dict[UUID, int] = {}
        self._log = log
        self._outlet = outlet
        self._forms: dict[str, str] = {}  # socket → form
        self._forms_lock = Lock()
        self._fresh = True  # no positions yet, nobody in a room

    def admit(self, sid: str, form: str) -> str | None:
        """Make it a watcher, not yet in a room; returns the form under which it was one before."""
        with self._forms_lock:
            before = self._forms.get(sid)
            self._forms[sid] = form
            return before

    def dismiss(self, sid: str) -> bool:
        """It hears nothing any more; True if nobody is left."""
        with self._forms_lock:
            form = self._forms.pop(sid, None)
            empty = not self._forms
        if form is not None:
            self._outlet.leave(sid, self.topic.room(form))
        return empty

    def has(self, sid: str) -> bool:
        with self._forms_lock:
            return sid in self._forms

    def watchers(self) -> dict[str, str]:
        """The forms of those that are watchers now, by socket."""
        with self._forms_lock:
            return dict(self._forms)

    def forward(self, event: Event) -> None:
        """Serve a published event, and before it whatever was stored but never published here."""
        with self.lock:
            position = self.positions.get(event.job_id, 0)
            if self._fresh or event.seq <= position:
                return  # the first watcher, who waits for the lock, reads it from the log
            if event.seq == position + 1:
                self._serve([event])
            else:
                self._serve(self._log.behind(event.job_id, position) or [event])

    def catch_up(self) -> None:
        """Bring the rooms to what the rows say; in a fresh feed nobody is there to be served."""
        with self.lock:
            found = self.topic.standings(self._log)
            if self._fresh:
                self.positions = {each.job_id: each.last_seq for each in self._heard(found)}
                self._fresh = False
            else:
                self._serve_up_to(found)

    def reach(self, job_id: UUID, seq: int) -> None:
        """Be served at least so far; mostly nothing is read for it, should hundreds come at once."""
        if self._fresh or self.positions.get(job_id, 0) < seq:
            self.catch_up()

    def refresh(self, standings: Sequence[Standing]) -> None:
        """The same with rows that were read for many feeds at once."""
        if any(each.last_seq > self.positions.get(each.job_id, 0) for each in self._heard(standings)):
            with self.lock:
                if not self._fresh:
                    self._serve_up_to(standings)

    def replay(self, sid: str, form: str, job_id: UUID, after_seq: int) -> int:
        """Tell one watcher what the rooms were served behind this number; returns how far that went."""
        position = self.positions.get(job_id, 0)
        return self.tell(sid, form, job_id, after_seq, position) if position > after_seq else after_seq

    def tell(self, sid: str, form: str, job_id: UUID, after_seq: int, last_seq: int | None = None) -> int:
        """Tell one watcher the stored events behind a number; returns the last one's."""
        for event in self._log.behind(job_id, after_seq):
            if last_seq is None or event.seq <= last_seq:
                self._send(event, form, sid)
                after_seq = event.seq
        return after_seq

    def enter_room(self, sid: str, form: str) -> None:
        self._outlet.enter(sid, self.topic.room(form))

    def leave_room(self, sid: str, form: str) -> None:
        self._outlet.leave(sid, self.topic.room(form))

    def _heard(self, standings: Sequence[Standing]) -> list[Standing]:
        return [each for each in standings if self.topic.hears(each.workload)]

    def _serve_up_to(self, standings: Sequence[Standing]) -> None:
        for each in self._heard(standings):
            position = self.positions.get(each.job_id, 0)
            if each.last_seq > position:
                self._serve(self._log.behind(each.job_id, position))

    def _serve(self, events: Sequence[Event]) -> None:
        with self._forms_lock:
            forms = sorted(set(self._forms.values()))
        for event in events:
            for form in forms:
                self._send(event, form, self.topic.room(form))
            self.positions[event.job_id] = event.seq

    def _send(self, event: Event, form: str, to: str) -> None:
        for name, payload in self.topic.say(event, form):
            self._outlet.emit(name, payload, to=to)
