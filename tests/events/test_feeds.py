"""What a client that comes (back) is served, and that nothing is lost or doubled under many hands."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.events import Event
from services.events.feeds import Feeds, replay_starts
from services.jobs import JobView, Selection
from services.jobs.states import Status
from services.jobs.watching import Standing

SESSION, USER = uuid4(), uuid4()
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def job(age: int, last_seq: int, status: Status = Status.COMPLETED) -> JobView:
    """A job of the session; the higher its number, the newer."""
    values: dict[str, Any] = dict.fromkeys(JobView.__dataclass_fields__)
    values |= {"id": uuid4(), "user_id": USER, "session_id": SESSION, "workload": "forecast"}
    values |= {"status": status, "last_seq": last_seq, "created_at": BEGIN + timedelta(seconds=age)}
    values |= {"active_seconds": 0.0, "tags": (), "allowed": ()}
    return JobView(**values)


OLD, ACTIVE, NEW = job(1, 80), job(2, 30, Status.RUNNING), job(3, 20)


@pytest.mark.parametrize(
    ("after_seq", "expected"),
    [
        (None, {ACTIVE: 0}),
        (12, {ACTIVE: 0, NEW: 12}),
        (0, {ACTIVE: 0, NEW: 0}),
        (57, {OLD: 57, ACTIVE: 0, NEW: 0}),  # only the oldest job got that far: the others came later
        (1000, {ACTIVE: 0}),
        ({OLD.id: 80, ACTIVE.id: 25}, {OLD: 80, ACTIVE: 25, NEW: 0}),
        ({NEW.id: 20}, {ACTIVE: 0, NEW: 20}),
        ({uuid4(): 3}, {ACTIVE: 0}),
    ],
)
def test_replay_starts_behind_what_the_client_has(after_seq: Any, expected: dict[JobView, int]) -> None:
    found = {each.id: seq for each, seq in replay_starts([OLD, ACTIVE, NEW], after_seq)}
    assert found == {each.id: seq for each, seq in expected.items()}


class Log:
    """One job whose events are stored in memory."""

    def __init__(self) -> None:
        self.job = job(1, 0, Status.RUNNING)
        self.stored: list[Event] = []
        self.lock = Lock()
        self.queries = 0

    def append(self) -> Event:
        with self.lock:
            seq = len(self.stored) + 1
            at = BEGIN.isoformat()
            event = Event(self.job.id, SESSION, USER, "forecast", seq, "progress", 1, at, {"phase": "train"})
            self.stored.append(event)
            return event

    def list(self, user_id: UUID, selection: Selection, *, limit: int) -> Sequence[JobView]:
        return [self.get(user_id, self.job.id)]

    def get(self, user_id: UUID, job_id: UUID) -> JobView:
        values = {name: getattr(self.job, name) for name in JobView.__dataclass_fields__}
        return JobView(**{**values, "last_seq": len(self.stored)})

    def standings(
        self, *, sessions: Collection[UUID] = (), jobs: Collection[UUID] = ()
    ) -> Sequence[Standing]:
        self.queries += 1
        asked = self.job.session_id in sessions or self.job.id in jobs
        return [Standing(self.job.id, SESSION, "forecast", len(self.stored))] if asked else []

    def behind(self, job_id: UUID, seq: int) -> Sequence[Event]:
        return self.stored[seq:]


class Rooms:
    """The numbers every socket heard."""

    def __init__(self) -> None:
        self.members: dict[str, set[str]] = {}
        self.heard: dict[str, list[int]] = {}

    def emit(self, name: str, payload: dict[str, Any], to: str) -> None:
        if name in ("training_progress", "job.event"):
            for sid in sorted(self.members.get(to, {to})):
                self.heard.setdefault(sid, []).append(payload["seq"])

    def enter(self, sid: str, room: str) -> None:
        self.members.setdefault(room, set()).add(sid)

    def leave(self, sid: str, room: str) -> None:
        self.members.get(room, set()).discard(sid)


def test_watchers_who_come_and_go_hear_everything_once_and_in_order() -> None:
    log, rooms = Log(), Rooms()
    feeds = Feeds(log, log, rooms)
    total = 600

    def publish(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(total // 3):
            event = log.append()
            if chance.random() < 0.8:  # one in five is stored, but its publisher dies
                feeds.forward(event)

    def watch(sid: str, written: str) -> None:
        while not done or len(rooms.heard.get(sid, [])) < total:
            last = rooms.heard.get(sid, [0])[-1]
            feeds.join(sid, USER, SESSION, written=written, after_seq={log.job.id: last})
            feeds.leave(sid, SESSION)

    def subscribe(sid: str) -> None:
        heard = rooms.heard.setdefault(sid, [])
        while not done or len(heard) < total:
            _, answer, let_in = feeds.subscribe(sid, USER, log.job.id, heard[-1] if heard else 0)
            heard += [event["seq"] for event in answer["replay"]]
            let_in()
            feeds.unsubscribe(sid, log.job.id)

    done: list[bool] = []
    publishers = [Thread(target=publish, args=(seed,)) for seed in range(3)]
    forms = {"a": str(SESSION), "b": "session_1_a", "c": "session_1_a", "d": str(SESSION)}
    watchers = [Thread(target=watch, args=item) for item in forms.items()]
    watchers += [Thread(target=subscribe, args=(sid,)) for sid in ("e", "f")]
    for thread in publishers + watchers:
        thread.start()
    for thread in publishers:
        thread.join()
    done.append(True)
    for thread in watchers:
        thread.join(30)
    expected = list(range(1, total + 1))
    assert {sid: rooms.heard[sid] for sid in (*forms, "e", "f")} == dict.fromkeys(
        (*forms, "e", "f"), expected
    )


def test_what_nobody_published_is_told_by_the_next_refresh_in_one_query() -> None:
    log, rooms = Log(), Rooms()
    feeds = Feeds(log, log, rooms)
    assert not feeds.refresh(), "nobody watches"
    assert log.queries == 0
    feeds.join("page", USER, SESSION, written=str(SESSION), after_seq=None)
    feeds.subscribe("job", USER, log.job.id, None)[-1]()
    for _ in range(3):
        log.append()
    before = log.queries
    assert feeds.refresh()
    assert log.queries == before + 1
    assert rooms.heard == {"page": [1, 2, 3], "job": [1, 2, 3]}
    feeds.forward(log.stored[2])  # heard at last, and late
    feeds.refresh()
    assert rooms.heard == {"page": [1, 2, 3], "job": [1, 2, 3]}
    feeds.drop("page")
    feeds.drop("job")
    assert not feeds.refresh()


def test_a_live_event_waits_for_the_answer_that_is_on_its_way() -> None:
    log, rooms = Log(), Rooms()
    feeds = Feeds(log, log, rooms)
    log.append()
    _, answer, let_in = feeds.subscribe("a", USER, log.job.id, 0)
    feeds.forward(log.append())
    assert [event["seq"] for event in answer["replay"]] == [1]
    assert (answer["last_seq"], rooms.heard) == (1, {})
    let_in()
    feeds.forward(log.append())
    assert rooms.heard == {"a": [2, 3]}


def test_a_long_absence_is_answered_in_part_and_then_told_to_the_end() -> None:
    log, rooms = Log(), Rooms()
    feeds = Feeds(log, log, rooms)
    for _ in range(2500):
        log.append()
    _, answer, let_in = feeds.subscribe("a", USER, log.job.id, 100)
    replayed = [event["seq"] for event in answer["replay"]]
    assert (replayed[0], answer["last_seq"]) == (101, replayed[-1])
    assert len(replayed) == 1000
    let_in()
    assert replayed + rooms.heard["a"] == list(range(101, 2501))


def test_who_left_before_its_answer_was_sent_hears_nothing() -> None:
    log, rooms = Log(), Rooms()
    feeds = Feeds(log, log, rooms)
    _, _, let_in = feeds.subscribe("a", USER, log.job.id, None)
    feeds.drop("a")
    let_in()
    feeds.forward(log.append())
    assert not feeds.refresh()
    assert rooms.heard == {}
