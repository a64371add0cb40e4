"""Leases: who holds one may write, who falls silent loses it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.events import Event
from services.jobs.event_log import Guard, append
from services.jobs.lease import SilenceWatch, reap, release, renew
from services.storage.tables import JobRow
from tests.jobs.house import House


@dataclass
class Stopwatch:
    """A steady clock that moves when it is told to."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Watcher:
    """Looks for silent workers, as a server does all the time."""

    house: House

    def __post_init__(self) -> None:
        self.clock = Stopwatch()
        self.watch = SilenceWatch(self.house.settings.lease_seconds, self.clock)

    def look(self) -> list[Event]:
        return reap(self.house.database, self.house.plans, self.watch)

    def look_after(self, seconds: float) -> list[Event]:
        """What is found silent when nothing was heard between now and then."""
        assert self.look() == []
        self.clock.seconds += seconds
        return self.look()


def test_a_silent_worker_loses_its_job_once_to_the_queue_and_then_for_good(house: House) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_count", {})
    house.claim("first")
    watcher = Watcher(house)
    assert watcher.look_after(1.9) == [], "the lease still runs"
    watcher.clock.seconds += 0.2
    (requeued,) = watcher.look()
    assert (requeued.type, requeued.data) == ("requeued", {"reason": "worker_lost", "from_step": None})
    assert jobs.get(house.user, job.id).status == "queued"
    assert house.used(house.user) == 1

    house.claim("second")
    (failed,) = watcher.look_after(2.1)
    assert (failed.type, failed.data["reason"], failed.attempt) == ("failed", "worker_lost", 2)
    ended = jobs.get(house.user, job.id)
    assert (ended.status, ended.reason) == ("failed", "worker_lost")
    assert ended.error is not None
    assert ended.error["code"] == "WORKER_LOST"
    assert ended.finished_at is not None
    assert house.used(house.user) == 0, "the platform failed, so it is given back"
    assert watcher.look_after(60) == []


def test_a_renewed_lease_is_not_reaped(house: House) -> None:
    house.jobs().submit(house.user, "toy_count", {})
    claimed = house.claim()
    assert claimed is not None
    watcher = Watcher(house)
    for _ in range(5):
        assert watcher.look_after(1.5) == []
        assert renew(house.database, claimed.lease)


def test_what_time_the_machines_believe_it_is_does_not_matter(house: House, monkeypatch: Any) -> None:
    """The clock is set back by an hour while a worker is at work, then forward by a day."""
    house.jobs().submit(house.user, "toy_count", {})
    claimed = house.claim()
    assert claimed is not None
    watcher = Watcher(house)
    for shift in (timedelta(hours=-1), timedelta(days=1)):
        monkeypatch.setattr("services.storage.tables.now", lambda shift=shift: datetime.now(UTC) + shift)
        monkeypatch.setattr("services.jobs.lease.now", lambda shift=shift: datetime.now(UTC) + shift)
        assert watcher.look_after(1.5) == []
        assert renew(house.database, claimed.lease)
    assert [event.type for event in watcher.look_after(2.1)] == ["requeued"], "silence is still noticed"


def test_a_worker_that_lost_its_lease_can_write_nothing(house: House) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_gated", {"folder": str(house.settings.data_dir), "place": "none"})
    slow = house.claim("slow")
    Watcher(house).look_after(3)
    fast = house.claim("fast")
    assert slow is not None
    assert not renew(house.database, slow.lease)
    assert release(house.database, slow.lease) is None
    house.work(slow)
    running = jobs.get(house.user, job.id)
    assert (running.status, running.attempt) == ("running", 2)
    assert jobs.records.artifacts(house.user, job.id) == []

    house.work(fast)
    assert jobs.get(house.user, job.id).status == "completed"
    assert {row.attempt for row in jobs.records.artifacts(house.user, job.id)} == {2}
    assert all(key.startswith(f"jobs/{job.id}/2/") for key in house.blobs_of(job.id))


def test_a_worker_that_is_asked_to_end_puts_its_job_back_without_blame(house: House) -> None:
    job = house.jobs().submit(house.user, "toy_count", {})
    for attempt in (1, 2, 3):
        claimed = house.claim()
        assert claimed is not None
        assert claimed.lease.attempt == attempt
        event = release(house.database, claimed.lease)
        assert event is not None
        assert event.type == "requeued"
    with house.database.read() as tx:
        assert tx.get_one(JobRow, job.id).losses == 0


def test_a_lost_job_that_was_to_be_cancelled_is_cancelled(house: House) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_count", {})
    house.claim()
    assert jobs.cancel(house.user, job.id).requested_action == "cancel"
    Watcher(house).look_after(3)
    assert jobs.get(house.user, job.id).status == "cancelled"


def test_a_lost_job_that_was_to_pause_rests_where_it_can_go_on(house: House) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_items", {"n": 2, "bad": [0]})
    house.work(house.claim())
    jobs.retry(house.user, job.id)
    house.claim("second")
    jobs.pause(house.user, job.id)
    (event,) = Watcher(house).look_after(3)
    assert (event.type, event.data["reason"]) == ("paused", "worker_lost")
    anew = jobs.submit(house.user, "toy_learn", {"pause": 0.1})
    house.claim("third")
    jobs.pause(house.user, anew.id)
    (event,) = Watcher(house).look_after(3)
    assert event.type == "requeued", "there is no checkpoint yet: the next worker pauses it at its first"
    house.work(house.claim("fourth"))
    assert jobs.get(house.user, anew.id).status == "paused"


def test_a_change_and_its_event_are_both_stored_or_neither(house: House) -> None:
    job = house.jobs().submit(house.user, "toy_count", {})
    with pytest.raises(RuntimeError), house.database.write() as tx:
        assert append(tx, job.id, "log", {"message": "never seen"}) is not None
        raise RuntimeError("a crash before the commit")
    assert [event.type for event in house.jobs().events(house.user, job.id)] == ["queued"]
    with house.database.write() as tx:
        assert append(tx, job.id, "log", where=Guard((JobRow.status == "running",))) is None
    assert [event.seq for event in house.jobs().events(house.user, job.id)] == [1]
