"""Many clients of one job, and clients whose server is killed: everyone hears everything, in order, once."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from examples.server import wait_until
from tests.realtime.conftest import House, opened
from tests.realtime.test_websocket import all_until_closed
from tests.realtime.test_websocket import opened as websocket
from tests.realtime.wire import PATIENCE_SECONDS, ClientProcess, Wire

SOCKETS, PLAIN = 20, 5


class Watcher:
    """A client that keeps what it heard of a job, over any number of connections."""

    def __init__(self, job: UUID) -> None:
        self.job = job
        self.events: list[dict[str, Any]] = []
        self.wire: Wire | None = None

    def connect(self, wire: Wire) -> None:
        self.keep()
        wanted = {"job_id": str(self.job), "after_seq": self.events[-1]["seq"] if self.events else 0}
        answer = wire.ask("job.subscribe", wanted)
        assert answer["ok"], answer
        self.events += answer["replay"]
        self.wire = wire

    def keep(self) -> None:
        """Take over what the last connection brought."""
        if self.wire is not None:
            self.events += self.wire.heard("job.event")
            self.wire = None

    def heard(self) -> list[int]:
        live = self.wire.heard("job.event") if self.wire else []
        return [event["seq"] for event in [*self.events, *live]]


def ended(watchers: list[Watcher], last_seq: int) -> bool:
    return all(last_seq in watcher.heard() for watcher in watchers)


def test_every_watcher_of_a_job_hears_every_event_in_order_and_once(house: House) -> None:
    user, token = house.account()
    session, _ = house.session(user)
    process = ClientProcess(house.server.url, "python")
    job = house.submit(user, session, "toy_count", n=30, pause=0.1)
    watchers = [Watcher(job) for _ in range(SOCKETS)]
    with ExitStack() as stack:
        plain = [stack.enter_context(websocket(house, job, token)) for _ in range(PLAIN)]
        for watcher in watchers:  # one after the other, while the job goes on
            watcher.connect(process.socket(token))
        assert house.finished(user, job) == "completed"
        stored = [event.seq for event in house.events(user, job)]
        wait_until(lambda: ended(watchers, stored[-1]), PATIENCE_SECONDS, "everybody to hear the end")
        assert [watcher.heard() for watcher in watchers] == [stored] * SOCKETS
        for socket in plain:
            messages, code = all_until_closed(socket)
            assert (messages[-1]["status"], code) == ("completed", 1000)
    process.close()


@pytest.mark.slow
def test_clients_of_a_killed_server_come_back_and_miss_nothing(tmp_path: Path) -> None:
    """The worker dies with its server, and the next one goes on with the job: they hear of that too."""
    with opened(tmp_path / "data", "threading") as house:
        user, token = house.account()
        session, _ = house.session(user)
        process = ClientProcess(house.server.url, "python")
        job = house.submit(user, session, "toy_count", n=25, pause=0.1)
        watchers = [Watcher(job) for _ in range(5)]
        for watcher in watchers:
            watcher.connect(process.socket(token))
        wait_until(lambda: all(len(each.heard()) > 6 for each in watchers), PATIENCE_SECONDS, "events")
        house.server.kill()
        for watcher in watchers:
            assert watcher.wire and watcher.wire.wait("disconnected")
        house.server.start()
        for watcher in watchers:
            watcher.connect(process.socket(token))
        assert house.finished(user, job) == "completed"
        events = house.events(user, job)
        wait_until(lambda: ended(watchers, events[-1].seq), PATIENCE_SECONDS, "everybody to hear the end")
        assert "requeued" in [event.type for event in events]
        assert [watcher.heard() for watcher in watchers] == [[event.seq for event in events]] * 5
        process.close()
