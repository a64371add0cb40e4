"""Everything somebody watches through Socket.IO: sessions in the words of the page, jobs in ours.

Each is a feed with positions of its own (services/events/feed.py). A feed exists while it has watchers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol
from uuid import UUID

from services.events import Event
from services.events.feed import EventLog, Feed, Message, Outlet, Topic
from services.events.news import news
from services.events.translate import SILENT_WORKLOADS, translate
from services.jobs import JobView, Selection
from services.jobs.states import Status
from services.jobs.watching import Standing

__all__ = ["AfterSeq", "EventLog", "Feeds", "Outlet", "newest_heard", "replay_starts"]

AfterSeq = int | Mapping[UUID, int] | None
NEWEST_JOBS = 100
REPLAYED_IN_ANSWER = 1000  # what was missed beyond these follows as live events do


class JobList(Protocol):
    """The side of services.jobs.Jobs that feeds need; refuses what is not the user's own."""

    def list(self, user_id: UUID, selection: Selection, *, limit: int) -> Sequence[JobView]: ...
    def get(self, user_id: UUID, job_id: UUID) -> JobView: ...


@dataclass(frozen=True)
class SessionTopic:
    """The jobs of a session, as the page knows them.

    Payloads repeat the session's id as the client wrote it, because the page compares it with its own;
    clients that wrote it in another form share a room of their own. The UUID, resolved with its owner, is
    part of every name: aliases are unique per user only.
    """

    key: UUID

    def hears(self, workload: str) -> bool:
        return workload not in SILENT_WORKLOADS

    def room(self, form: str) -> str:
        base = f"training_{self.key}"
        return base if form == str(self.key) else f"{base}/{form}"

    def say(self, event: Event, form: str) -> list[Message]:
        return translate(event, form)

    def standings(self, log: EventLog) -> Sequence[Standing]:
        return log.standings(sessions=[self.key])


@dataclass(frozen=True)
class JobTopic:
    """One job of any workload."""

    key: UUID

    def hears(self, workload: str) -> bool:
        return True

    def room(self, form: str) -> str:
        return f"job:{self.key}"

    def say(self, event: Event, form: str) -> list[Message]:
        return [("job.event", news(event))]

    def standings(self, log: EventLog) -> Sequence[Standing]:
        return log.standings(jobs=[self.key])


def newest_heard(jobs: JobList, user_id: UUID, session_id: UUID) -> list[JobView]:
    """The jobs whose events leave through the socket, oldest first."""
    selection = Selection(session_id=session_id, without=SILENT_WORKLOADS)
    found = jobs.list(user_id, selection, limit=NEWEST_JOBS)
    return sorted(found, key=lambda job: (job.created_at, job.id))


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


class Feeds:
    """All that is watched in this process; `forward` is the bus listener."""

    def __init__(self, jobs: JobList, log: EventLog, outlet: Outlet) -> None:
        self._jobs = jobs
        self._log = log
        self._outlet = outlet
        self._feeds: dict[Topic, Feed] = {}
        self._lock = Lock()  # guards _feeds and who is admitted to them

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
        topic = SessionTopic(session_id)
        feed, before = self._admit(sid, topic, written)
        with feed.lock, ExitStack() as undo:
            undo.callback(self._dismiss, sid, feed)
            jobs = newest_heard(self._jobs, user_id, session_id)
            feed.catch_up()
            answer = _greeting(feed, written, jobs)
            self._outlet.emit("training_session_joined", answer, to=sid)
            for job, seq in replay_starts(jobs, after_seq):
                feed.replay(sid, written, job.id, seq)
            if before not in (None, written):
                feed.leave_room(sid, before or "")
            feed.enter_room(sid, written)
            undo.pop_all()
        return answer

    def leave(self, sid: str, session_id: UUID) -> None:
        """Stop watching one session; not having watched it is no error."""
        self.dismiss(sid, SessionTopic(session_id))

    def subscribe(
        self, sid: str, user_id: UUID, job_id: UUID, after_seq: int | None
    ) -> tuple[JobView, dict[str, Any], Callable[[], None]]:
        """The owner's job as it stands with what was missed, and what lets the live events in.

        The latter is called once the answer is on its way, so that no live event overtakes it.
        """
        job = self._jobs.get(user_id, job_id)
        missed = [] if after_seq is None else self._log.behind(job_id, after_seq)
        missed = [event for event in missed if event.seq <= job.last_seq]
        replayed = missed[:REPLAYED_IN_ANSWER]
        told = replayed[-1].seq if replayed else job.last_seq
        topic = JobTopic(job_id)
        feed, _ = self._admit(sid, topic, "")
        with feed.lock:
            feed.leave_room(sid, "")  # who subscribes again begins anew
        answer = {
            "ok": True,
            "job_id": str(job_id),
            "replay": [news(event) for event in replayed],
            "last_seq": told,
        }
        return job, answer, lambda: self._let_in(sid, feed, told, in_part=len(replayed) < len(missed))

    def unsubscribe(self, sid: str, job_id: UUID) -> None:
        self.dismiss(sid, JobTopic(job_id))

    def dismiss(self, sid: str, topic: Topic) -> None:
        """It hears nothing of this any more."""
        with self._lock:
            feed = self._feeds.get(topic)
        if feed is not None:
            self._dismiss(sid, feed)

    def watched(self) -> dict[str, list[tuple[Topic, str]]]:
        """By socket, what each watches, and how it names it."""
        with self._lock:
            feeds = list(self._feeds.values())
        found = defaultdict(list)
        for feed in feeds:
            for sid, form in feed.watchers().items():
                found[sid].append((feed.topic, form))
        return found

    def drop(self, sid: str) -> None:
        """A socket is gone: it watches nothing any more."""
        with self._lock:
            watched = [feed for feed in self._feeds.values() if feed.has(sid)]
        for feed in watched:
            self._dismiss(sid, feed)

    def forward(self, event: Event) -> None:
        """Hand a published event to those who watch its session and those who watch its job."""
        topics: list[Topic] = [JobTopic(event.job_id)]
        if event.session_id is not None:
            topics.append(SessionTopic(event.session_id))
        with self._lock:
            feeds = [self._feeds[topic] for topic in topics if topic in self._feeds]
        for feed in feeds:
            if feed.topic.hears(event.workload):
                feed.forward(event)

    def refresh(self) -> bool:
        """Serve whatever is stored and was never heard of here; False if nobody watches anything."""
        with self._lock:
            feeds = list(self._feeds.values())
        if not feeds:
            return False
        sessions = [feed.topic.key for feed in feeds if isinstance(feed.topic, SessionTopic)]
        jobs = [feed.topic.key for feed in feeds if isinstance(feed.topic, JobTopic)]
        of: dict[UUID, list[Standing]] = {}
        for each in self._log.standings(sessions=sessions, jobs=jobs):
            of.setdefault(each.job_id, []).append(each)
            if each.session_id is not None:
                of.setdefault(each.session_id, []).append(each)
        for feed in feeds:
            feed.refresh(of.get(feed.topic.key, []))
        return True

    def _let_in(self, sid: str, feed: Feed, told: int, *, in_part: bool) -> None:
        """Tell what came since the answer, then enter the room."""
        job_id = feed.topic.key
        if in_part:  # the bulk of a long absence, without keeping the others waiting
            told = feed.tell(sid, "", job_id, told)
        with feed.lock, ExitStack() as undo:
            undo.callback(self._dismiss, sid, feed)
            if feed.has(sid):  # else it left meanwhile
                feed.reach(job_id, told)
                feed.replay(sid, "", job_id, told)
                feed.enter_room(sid, "")
                undo.pop_all()

    def _admit(self, sid: str, topic: Topic, form: str) -> tuple[Feed, str | None]:
        with self._lock:
            feed = self._feeds.setdefault(topic, Feed(topic, self._log, self._outlet))
            return feed, feed.admit(sid, form)

    def _dismiss(self, sid: str, feed: Feed) -> None:
        # What is being served ends first: who has left hears nothing any more.
        with feed.lock, self._lock:
            if feed.dismiss(sid) and self._feeds.get(feed.topic) is feed:
                del self._feeds[feed.topic]


def _greeting(feed: Feed, written: str, jobs: Sequence[JobView]) -> dict[str, Any]:
    """What a client needs to draw the session at once; `last_seq` may be sent back as `after_seq`."""
    return {
        "status": "joined",
        "session_id": written,
        "room": f"training_{feed.topic.key}",
        "message": "Joined; missed events follow, then live ones",
        "snapshot": {
            "job": _newest(jobs, dataset=False),
            "dataset_job": _newest(jobs, dataset=True),
            "active_jobs": [str(job.id) for job in jobs if Status(job.status).is_active],
        },
        "last_seq": {str(job.id): feed.positions.get(job.id, job.last_seq) for job in jobs},
    }


def _newest(jobs: Sequence[JobView], *, dataset: bool) -> dict[str, Any] | None:
    found = [job for job in jobs if (job.workload == "dataset") == dataset]
    return found[-1].to_json() if found else None
