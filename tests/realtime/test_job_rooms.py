"""job.subscribe with real clients: what a watcher is answered, and that it hears everything once."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import requests

from examples.server import wait_until
from tests.realtime.conftest import Clients, House
from tests.realtime.wire import Wire


def numbers(wire: Wire, job: UUID) -> list[int]:
    return [data["seq"] for data in wire.heard("job.event") if data["job_id"] == str(job)]


def stored(house: House, user: UUID, job: UUID) -> list[int]:
    return [event.seq for event in house.events(user, job)]


def test_a_late_subscriber_gets_a_snapshot_and_the_missing_events_in_order(
    house: House, client: Clients
) -> None:
    user, token = house.account()
    session, _ = house.session(user)
    job = house.submit(user, session, "toy_metrics", n=12)
    assert house.finished(user, job) == "completed"
    expected = stored(house, user, job)
    wire = client(token)
    for after in (0, 5, expected[-1], expected[-1] + 7):
        answer = wire.ask("job.subscribe", {"job_id": str(job), "after_seq": after})
        assert answer["ok"] is True
        assert answer["snapshot"]["status"] == "completed"
        assert answer["snapshot"]["config"]["n"] == 12
        assert answer["last_seq"] == expected[-1]
        assert [event["seq"] for event in answer["replay"]] == [seq for seq in expected if seq > after]
    answer = wire.ask("job.subscribe", {"job_id": str(job)})
    assert (answer["replay"], answer["last_seq"]) == ([], expected[-1])
    assert wire.heard("job.event") == []


def test_an_event_says_what_it_is_in_one_shape(house: House, client: Clients) -> None:
    user, token = house.account()
    session, _ = house.session(user)
    counted = house.submit(user, session, "toy_count", n=1)
    job = house.submit(user, session, "toy_metrics", n=2)
    for each in (counted, job):
        house.finished(user, each)
    wire = client(token)
    plain = wire.ask("job.subscribe", {"job_id": str(counted), "after_seq": 0})["replay"]
    assert {"job.progress"} == {event["name"] for event in plain if event["type"] == "progress"}
    replay = wire.ask("job.subscribe", {"job_id": str(job), "after_seq": 0})["replay"]
    for told, event in zip(replay, house.events(user, job), strict=True):
        assert set(told) == {"name", "type", "seq", "job_id", "attempt", "ts", "data"}
        assert (told["type"], told["seq"], told["ts"]) == (event.type, event.seq, event.at)
        assert event.data.items() <= told["data"].items()
    names = {event["type"]: event["name"] for event in replay}
    assert names == {
        "queued": "job.status",
        "started": "job.status",
        "metrics": "job.epoch",
        "batch": "job.progress",
        "completed": "job.completed",
    }
    assert [event["data"]["status"] for event in replay[:2]] == ["queued", "running"]
    assert replay[-1]["data"]["status"] == "completed"


def test_between_answer_and_live_events_nothing_is_lost_or_doubled(house: House, client: Clients) -> None:
    user, token = house.account()
    session, alias = house.session(user)
    job = house.submit(user, session, "toy_metrics", n=300)
    steady, restless, page = client(token), client(token), client(token)
    page.ask("join_training_session", {"session_id": alias})
    replay = steady.ask("job.subscribe", {"job_id": str(job), "after_seq": 0})["replay"]
    heard = [event["seq"] for event in replay]
    pieces: list[int] = []
    while not steady.heard("job.event") or steady.heard("job.event")[-1]["type"] != "completed":
        start = len(restless.heard("job.event"))
        wanted = {"job_id": str(job), "after_seq": pieces[-1] if pieces else 0}
        pieces += [event["seq"] for event in restless.ask("job.subscribe", wanted)["replay"]]
        assert restless.ask("job.unsubscribe", {"job_id": str(job)})["ok"] is True
        pieces += [event["seq"] for event in restless.heard("job.event")[start:]]
    last = restless.ask("job.subscribe", {"job_id": str(job), "after_seq": pieces[-1]})
    pieces += [event["seq"] for event in last["replay"]]
    expected = stored(house, user, job)
    assert heard + numbers(steady, job) == expected
    assert pieces == expected
    page.hear("training_completed")
    assert page.seqs(job) == house.told(user, job)


def test_who_left_hears_no_more(house: House, client: Clients) -> None:
    user, token = house.account()
    session, _ = house.session(user)
    job = house.submit(user, session, "toy_hang")
    wire, other = client(token), client(token)
    for each in (wire, other):
        each.ask("job.subscribe", {"job_id": str(job)})
    wire.hear("job.event", type="progress")
    assert wire.ask("job.unsubscribe", {"job_id": str(job)}) == {"ok": True, "job_id": str(job)}
    count = len(wire.heard("job.event"))
    house.services.jobs.cancel(user, job)
    other.hear("job.event", type="cancelled")
    wire.ask("ping")
    assert len(wire.heard("job.event")) == count


def test_a_foreign_job_is_404_in_rest_and_a_refused_subscription(house: House, client: Clients) -> None:
    owner, _ = house.account()
    session, _ = house.session(owner)
    job = house.submit(owner, session, "toy_hang")
    _, token = house.account()
    wire = client(token)
    for foreign in (str(job), str(uuid4())):
        refusal = wire.ask("job.subscribe", {"job_id": foreign, "after_seq": 0})
        assert (refusal["ok"], refusal["code"]) == (False, "JOB_NOT_FOUND")
        assert refusal["error"]
        assert "snapshot" not in refusal
        path, headers = f"/api/v1/training/jobs/{foreign}", {"Authorization": f"Bearer {token}"}
        for more in ("", "/events", "/metrics"):
            answer = requests.get(f"{house.server.url}{path}{more}", headers=headers, timeout=10)
            assert (answer.status_code, answer.json()["code"]) == (404, "JOB_NOT_FOUND")
    house.services.jobs.cancel(owner, job)
    house.finished(owner, job)
    wire.ask("ping")
    assert wire.heard("job.event") == []


def test_a_wrong_payload_is_refused_with_the_field(house: House, client: Clients) -> None:
    _, token = house.account()
    wire = client(token)
    some = str(uuid4())
    wrong: list[tuple[Any, str]] = [
        ({"job_id": "seven"}, "job_id"),
        ({"job_id": 7}, "job_id"),
        ({}, "job_id"),
        ({"job_id": some, "after_seq": -1}, "after_seq"),
        ({"job_id": some, "after_seq": "1"}, "after_seq"),
        ({"job_id": some, "after_seq": 1.5}, "after_seq"),
        ({"job_id": some, "room": "job:x"}, "room"),
    ]
    for payload, field in wrong:
        refusal = wire.ask("job.subscribe", payload)
        assert (refusal["ok"], refusal["code"]) == (False, "INVALID_PAYLOAD")
        assert [fault["field"] for fault in refusal["details"]["fields"]] == [field]
    for payload in ("text", None, [some]):
        assert wire.ask("job.subscribe", payload)["code"] == "INVALID_PAYLOAD"
    assert wire.ask("job.unsubscribe", {"job_id": some}) == {"ok": True, "job_id": some}


def test_a_ping_is_answered_with_the_time(house: House, client: Clients) -> None:
    _, token = house.account()
    wire = client(token)
    answer = wire.ask("ping")
    assert wire.hear("pong") == answer
    assert answer["ts"].endswith("+00:00")


def test_pause_resumption_and_deletion_are_heard_in_the_rooms_of_the_job_and_of_its_session(
    house: House, client: Clients
) -> None:
    user, token = house.account()
    session, alias = house.session(user)
    job = house.submit(user, session, "toy_learn", epochs=4, hold=2)
    wire = client(token)
    wire.ask("join_training_session", {"session_id": alias})
    heard = [
        event["seq"] for event in wire.ask("job.subscribe", {"job_id": str(job), "after_seq": 0})["replay"]
    ]
    path, headers = f"/api/v1/training/jobs/{job}", {"Authorization": f"Bearer {token}"}
    wait_until(lambda: house.services.jobs.get(user, job).status == "running", 60, "the job to begin")
    assert requests.post(f"{house.server.url}{path}/pause", headers=headers, timeout=10).status_code == 202
    assert wire.hear("job.event", type="paused")["data"]["status"] == "paused"
    wire.hear("training_paused", job_id=str(job))
    assert requests.post(f"{house.server.url}{path}/resume", headers=headers, timeout=10).status_code == 200
    assert wire.hear("job.event", type="resumed")["data"]["status"] == "queued"
    wire.hear("training_resumed", job_id=str(job))
    assert wire.hear("job.event", type="completed")["attempt"] == 2
    wire.hear("training_completed", job_id=str(job))
    expected = stored(house, user, job)
    assert [*heard, *numbers(wire, job)] == expected
    assert requests.delete(f"{house.server.url}{path}", headers=headers, timeout=10).status_code == 204
    last = wire.hear("job.event", type="deleted")
    assert (last["name"], last["seq"], last["data"]["status"]) == ("job.deleted", expected[-1] + 1, "deleted")
    assert wire.hear("training_deleted", job_id=str(job))["seq"] == expected[-1] + 1
