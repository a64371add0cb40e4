"""Jobs created and controlled through the native routes: what is accepted, what acts, what is refused."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import delete
from werkzeug.test import TestResponse

from api.context import KEY
from services.storage.tables import SubscriptionRow
from tests.api.caller import refusal
from tests.api.world import World
from tests.builders import add_training, forecast_config, ready_session
from tests.conftest import PASSWORD

JOBS = "/api/v1/training/jobs"
LIN = {"model_parameters": {"MODE": "LIN"}}
LEARN = {"workload": "toy_learn", "config": {"epochs": 6}}
PATIENCE_SECONDS = 30.0


@pytest.fixture
def toys(toy_app: Flask, tmp_path: Path) -> World:
    return World.of(
        toy_app, toy_app.extensions[KEY].accounts.sign_up(f"{tmp_path.name}@example.org", PASSWORD)
    )


@pytest.fixture(scope="module")
def idler(toy_app: Flask) -> World:
    """A user who never gets a job: signing up is slow by design."""
    return World.of(toy_app, toy_app.extensions[KEY].accounts.sign_up("idler@example.org", PASSWORD))


def call(world: World, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
    given = {} if body is None else {"json": body}
    every = {**world.caller.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return world.caller.client.open(f"{JOBS}{path}", method=method, headers=every, **given)


def create(world: World, body: Any = LEARN, **headers: str) -> dict[str, Any]:
    answer = call(world, "POST", "", body, **headers)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    job: dict[str, Any] = answer.get_json()
    return job


def job(world: World, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = call(world, "GET", f"/{job_id}").get_json()["job"]
    return found


def until(world: World, job_id: str, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The job as soon as it is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true(found := job(world, job_id)):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def ended(world: World, job_id: str) -> dict[str, Any]:
    return until(world, job_id, lambda found: found["status"] in ("completed", "failed", "cancelled"))


# creating


def test_a_job_is_created_as_the_contract_shows_it(toys: World) -> None:
    body = {"job_name": "My training", "workload": "toy_count", "config": {"n": 7}}
    answer = call(toys, "POST", "", body)
    made = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{JOBS}/{made['id']}"
    assert (made["job_name"], made["status"], made["total_epochs"]) == ("My training", "queued", 7)
    assert made["config"] == {"n": 7, "pause": 0.0} and made["celery_task_id"] is None
    assert toys.caller.client.get(answer.headers["Location"], headers=toys.caller.headers).status_code == 200
    assert ended(toys, made["id"])["status"] == "completed"


def test_what_is_said_of_a_job_is_kept_and_changed(toys: World) -> None:
    said = {"name": "First", "description": "Why", "tags": ["a", "b", "a"], "priority": "low", "draft": True}
    made = create(toys, {**LEARN, **said, "device": "cpu"})
    assert (made["status"], made["priority"], made["device_request"]) == ("pending", "low", "cpu")
    assert (made["job_name"], made["notes"], made["tags"]) == ("First", "Why", ["a", "b"])
    change = {"job_name": "Second", "notes": None, "tags": ["c"], "priority": "high"}
    changed = call(toys, "PATCH", f"/{made['id']}", change).get_json()["job"]
    assert (changed["job_name"], changed["notes"], changed["tags"]) == ("Second", None, ["c"])
    assert changed["priority"] == "high"
    assert call(toys, "PATCH", f"/{made['id']}", {"name": None}).get_json()["job"]["job_name"] == "toy_learn"
    events = call(toys, "GET", f"/{made['id']}/events").get_json()["events"]
    assert [event["data"]["priority"] for event in events if "priority" in event["data"]][-1] == "high"


WRONG: dict[str, tuple[Any, int, str]] = {
    "no workload": ({"job_name": "Test", "config": {"epochs": 10}}, 422, "workload"),
    "a workload there is not": ({"workload": "gardening"}, 422, "gardening"),
    "workload is a list": ({"workload": ["forecast"]}, 422, "workload"),
    "an unknown field": ({**LEARN, "colour": "red"}, 400, "colour"),
    "an unknown field of config": ({"workload": "toy_learn", "config": {"n": 1}}, 422, "config.n"),
    "config out of bounds": ({"workload": "toy_count", "config": {"n": 0}}, 422, "config.n"),
    "config is text": ({**LEARN, "config": "all"}, 422, "config"),
    "an empty name": ({**LEARN, "job_name": "  "}, 422, "job_name"),
    "a name too long": ({**LEARN, "name": "x" * 256}, 422, "name"),
    "a name of two lines": ({**LEARN, "name": "a\nb"}, 422, "name"),
    "two names": ({**LEARN, "name": "a", "job_name": "b"}, 422, "job_name"),
    "notes too long": ({**LEARN, "notes": "x" * 10_001}, 422, "notes"),
    "tags are text": ({**LEARN, "tags": "a,b"}, 422, "tags"),
    "a tag is empty": ({**LEARN, "tags": [""]}, 422, "tags.0"),
    "too many tags": ({**LEARN, "tags": [str(k) for k in range(21)]}, 422, "tags"),
    "a priority there is not": ({**LEARN, "priority": "urgent"}, 422, "priority"),
    "a priority as a number": ({**LEARN, "priority": 0}, 422, "priority"),
    "a device there is not": ({**LEARN, "device": "tpu"}, 422, "device"),
    "draft as text": ({**LEARN, "draft": "yes"}, 422, "draft"),
    "a session that does nothing": ({**LEARN, "session_id": str(uuid4())}, 422, "session_id"),
    "a session that is missing": ({"workload": "forecast", "config": LIN}, 422, "session_id"),
    "no session of anybody": (
        {"workload": "forecast", "config": LIN, "session_id": str(uuid4())},
        404,
        "session",
    ),
    "a session's name that is none": (
        {"workload": "forecast", "config": LIN, "session_id": "../x"},
        400,
        "session",
    ),
    "a workload with a route": ({"workload": "predict", "config": {}}, 422, "POST /api/training/predict"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_request_names_its_field_and_makes_no_job(idler: World, case: str) -> None:
    body, status, field = WRONG[case]
    assert field in json.dumps(refusal(call(idler, "POST", "", body), status), ensure_ascii=False)
    assert call(idler, "GET", "").get_json()["total"] == 0


def test_a_wrong_change_changes_nothing(toys: World) -> None:
    made = create(toys, {**LEARN, "name": "Kept", "draft": True})
    for body, status in (
        ({}, 422),
        ({"status": "completed"}, 400),
        ({"config": {}}, 400),
        ({"priority": None}, 422),
        ({"tags": [1]}, 422),
        ({"name": 3}, 422),
    ):
        refusal(call(toys, "PATCH", f"/{made['id']}", body), status)
    assert job(toys, made["id"])["job_name"] == "Kept"


def test_the_refusal_of_a_missing_workload_lists_those_there_are(toys: World) -> None:
    body = refusal(call(toys, "POST", "", {"config": {}}), 422)
    assert {"forecast", "backtest", "search", "dataset", "toy_learn"} <= set(body["details"]["workloads"])
    assert (
        "predict" not in body["details"]["workloads"] and body["details"]["errors"][0]["field"] == "workload"
    )


def test_a_device_that_no_worker_has_is_refused(toys: World) -> None:
    body = refusal(call(toys, "POST", "", {**LEARN, "device": "cuda:7"}), 422)
    assert body["code"] == "DEVICE_NOT_AVAILABLE" and "cuda:7" in body["error"]
    assert call(toys, "GET", "").get_json()["total"] == 0


def test_the_plan_decides_here_too(toys: World) -> None:
    with toys.database.write() as tx:
        tx.execute(delete(SubscriptionRow).where(SubscriptionRow.user_id == toys.user_id))
    assert refusal(call(toys, "POST", "", LEARN), 403)["code"] == "NO_ACTIVE_SUBSCRIPTION"
    assert call(toys, "GET", "").get_json()["total"] == 0


# whose data a job reads


def test_session_workloads_are_created_from_the_callers_session(toys: World) -> None:
    session_id = ready_session(toys.database, toys.user_id)
    for name in ("forecast", "backtest", "search", "dataset"):
        config = {**LIN, **({"model_parameters": {"MODE": "LGBMR"}} if name == "search" else {})}
        body = {"workload": name, "session_id": str(session_id), "config": config, "draft": True, "name": "N"}
        made = create(toys, body)
        assert (made["workload"], made["session_id"], made["job_name"]) == (name, str(session_id), "N")
        assert {series["blob_key"] for series in made["config"]["series"]} == {
            f"series/{session_id}/{name}.parquet" for name in ("Load history", "Temperature", "Load")
        }


def test_nobody_reads_somebody_elses_files_through_a_config(toys: World) -> None:
    """Blob keys are shown to their owners, so they are no secrets: a config that names them must not pass."""
    victim = toys.neighbour(f"victim-{uuid4().hex}@example.org")
    theirs = ready_session(victim.database, victim.user_id, alias=f"session_1700000000_{uuid4().hex[:9]}")
    training = add_training(victim.database, victim.blobs, victim.user_id, theirs)
    mine = ready_session(toys.database, toys.user_id)
    snapshot = forecast_config(theirs)
    key = f"jobs/{training}/1/model_bundle.zip"
    bundle = {"trained_job": str(training), "bundle_key": key, "scalers": {}, "input_data": []}
    attempts: list[dict[str, Any]] = [
        {"workload": "forecast", "session_id": str(theirs), "config": LIN},
        {"workload": "forecast", "session_id": f"session_{theirs}", "config": LIN},
        {"workload": "forecast", "config": snapshot},
        {"workload": "forecast", "session_id": str(mine), "config": snapshot},
        {"workload": "forecast", "session_id": str(mine), "config": {**LIN, "series": snapshot["series"]}},
        {"workload": "forecast", "session_id": str(mine), "config": {**LIN, "session_id": str(theirs)}},
        {"workload": "backtest", "session_id": str(mine), "config": {**LIN, "series": snapshot["series"]}},
        {"workload": "search", "session_id": str(mine), "config": {**LIN, "series": snapshot["series"]}},
        {"workload": "dataset", "session_id": str(mine), "config": {"series": snapshot["series"]}},
        {"workload": "arrays", "config": snapshot},
        {"workload": "plot", "config": {**snapshot, "trained_job": str(training), "predictions_key": key}},
        {"workload": "predict", "config": bundle},
        {"workload": "predict", "session_id": str(mine), "config": bundle},
        {"workload": "series_import", "config": {"session_id": str(theirs), "blob_key": key}},
    ]
    for body in attempts:
        refusal(call(toys, "POST", "", body), 400, 404, 422)
    assert call(toys, "GET", "").get_json()["total"] == 0
    assert len(victim.jobs(theirs)) == 1


def test_a_foreign_job_is_neither_seen_nor_touched(toys: World) -> None:
    victim = toys.neighbour(f"victim-{uuid4().hex}@example.org")
    made = create(victim, {**LEARN, "draft": True})
    actions = ("submit", "pause", "resume", "cancel", "retry", "restart")
    for method, path, body in (
        *(("POST", f"/{made['id']}/{action}", None) for action in actions),
        ("PATCH", f"/{made['id']}", {"name": "Stolen"}),
        ("DELETE", f"/{made['id']}", None),
        ("GET", f"/{made['id']}", None),
    ):
        assert refusal(call(toys, method, path, body), 404)["code"] == "JOB_NOT_FOUND"
    assert call(toys, "GET", "").get_json()["total"] == 0
    assert (job(victim, made["id"])["status"], job(victim, made["id"])["job_name"]) == (
        "pending",
        "toy_learn",
    )


# the same request twice


def test_the_same_request_with_the_same_key_is_answered_with_the_same_job(toys: World) -> None:
    first = call(toys, "POST", "", {**LEARN, "draft": True}, Idempotency_Key="abc-1")
    again = call(toys, "POST", "", {"draft": True, **LEARN}, Idempotency_Key="abc-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert first.headers["Location"] == again.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first.headers
    other = call(toys, "POST", "", {**LEARN, "name": "Other"}, Idempotency_Key="abc-1")
    assert refusal(other, 409)["code"] == "IDEMPOTENCY_KEY_REUSED"
    neighbour = toys.neighbour(f"neighbour-{uuid4().hex}@example.org")
    theirs = call(neighbour, "POST", "", {**LEARN, "draft": True}, Idempotency_Key="abc-1")
    assert theirs.status_code == 201 and theirs.get_json()["id"] != first.get_json()["id"]
    for key in ("", "x" * 256, "a\tb"):
        assert call(toys, "POST", "", LEARN, Idempotency_Key=key).status_code == 400
    assert call(toys, "GET", "").get_json()["total"] == 1


def test_a_replay_is_answered_although_the_request_would_now_be_refused(toys: World) -> None:
    """The session has an active training, and its files have changed since."""
    session_id = ready_session(toys.database, toys.user_id)
    body = {"workload": "forecast", "session_id": str(session_id), "config": LIN, "draft": True}
    first = create(toys, body, Idempotency_Key="once")
    toys.services.sessions.rename(toys.user_id, str(session_id), "Renamed")
    for row in toys.services.files.list(toys.user_id, str(session_id)):
        if row["type"] == "output":
            toys.services.files.delete(toys.user_id, row["id"])
    assert call(toys, "POST", "", body).status_code == 422
    assert create(toys, body, Idempotency_Key="once")["id"] == first["id"]


def test_parallel_duplicates_make_one_job(toys: World) -> None:
    body = {**LEARN, "draft": True}

    def send(_each: int) -> tuple[int, str]:
        client = toys.caller.client.application.test_client()
        headers = {**toys.caller.headers, "Idempotency-Key": "storm"}
        answer = client.post(JOBS, json=body, headers=headers)
        return answer.status_code, answer.get_json()["id"]

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(send, range(24)))
    assert len(answers) == 1 and answers.pop()[0] == 201
    assert call(toys, "GET", "").get_json()["total"] == 1


# moving


def test_a_draft_waits_until_it_is_submitted(toys: World) -> None:
    made = create(toys, {**LEARN, "draft": True})
    assert made["allowed"] == ["submit", "cancel", "delete"]
    assert refusal(call(toys, "POST", f"/{made['id']}/pause"), 409)["code"] == "invalid_transition"
    assert call(toys, "POST", f"/{made['id']}/submit").status_code == 200
    assert ended(toys, made["id"])["status"] == "completed"
    late = refusal(call(toys, "POST", f"/{made['id']}/submit"), 409)
    assert late["code"] == "invalid_transition"
    assert late["details"] == {
        "status": "completed",
        "action": "submit",
        "allowed": late["details"]["allowed"],
    }
    assert "restart" in late["details"]["allowed"]


def test_a_working_job_is_paused_at_a_checkpoint_and_goes_on(toys: World) -> None:
    made = create(toys, {"workload": "toy_learn", "config": {"epochs": 6, "hold": 3}})
    path = f"/{made['id']}"
    until(toys, made["id"], lambda found: found["current_epoch"] == 3)
    asked = call(toys, "POST", f"{path}/pause")
    assert (asked.status_code, asked.get_json()["job"]["requested_action"]) in ((202, "pause"), (200, "none"))
    until(toys, made["id"], lambda found: found["status"] == "paused")
    (checkpoint, *_) = call(toys, "GET", f"{path}/checkpoints").get_json()["checkpoints"]
    assert checkpoint["step"] == 3 and "blob_key" not in checkpoint
    assert call(toys, "POST", f"{path}/resume").status_code == 200
    done = ended(toys, made["id"])
    assert (done["status"], len(done["outcome"]["history"]), done["best_epoch"]) == ("completed", 6, 6)
    attempts = call(toys, "GET", f"{path}/attempts").get_json()["attempts"]
    assert [each["ended"] for each in attempts] == ["paused", "completed"]


def test_failed_tasks_are_tried_again_and_only_they(toys: World, tmp_path: Path) -> None:
    config = {"n": 4, "bad": [2], "folder": str(tmp_path)}
    made = create(toys, {"workload": "toy_items", "config": config})
    path = f"/{made['id']}"
    first = ended(toys, made["id"])
    assert first["counts"]["failed"] == 1 and "retry" in first["allowed"]
    (failed,) = call(toys, "GET", f"{path}/tasks?status=failed").get_json()["tasks"]
    assert (failed["key"], failed["error"]["code"], failed["tries"]) == ("item-2", "BAD_ITEM", 1)
    assert refusal(call(toys, "POST", f"{path}/retry", {"what": "all"}), 422)["code"] == "INVALID_FIELD"
    wrong = refusal(call(toys, "POST", f"{path}/retry", {"what": "checkpoint"}), 409)
    assert wrong["code"] == "invalid_transition"
    (tmp_path / "mended").touch()
    assert call(toys, "POST", f"{path}/retry", {"what": "failed"}).status_code == 200
    second = until(toys, made["id"], lambda found: found["attempt"] == 2 and found["finished_at"])
    assert (second["status"], second["counts"]["failed"]) == ("completed", 0)
    tasks = call(toys, "GET", f"{path}/tasks").get_json()["tasks"]
    assert [task["tries"] for task in tasks] == [1, 1, 2, 1]
    evidence = call(toys, "GET", f"{path}/evidence").get_json()["evidence"]
    assert [(each["key"], each["try"]) for each in evidence if each["key"] == "item-2"] == [
        ("item-2", 1),
        ("item-2", 2),
    ]
    stats = call(toys, "GET", f"{path}/evidence/stats").get_json()["stats"]
    assert (stats["total"], stats["successful"], stats["failed"]) == (5, 4, 1)
    assert (stats["devices_used"], stats["model_versions"]) == (["cpu"], ["toy 1"])
    assert (
        0
        <= stats["min_processing_time_ms"]
        <= stats["avg_processing_time_ms"]
        <= stats["max_processing_time_ms"]
    )
    assert refusal(call(toys, "GET", f"{path}/tasks?status=lost"), 400)


def test_a_job_without_a_checkpoint_cannot_be_retried_but_restarted(toys: World) -> None:
    made = create(toys, {"workload": "toy_fail", "config": {"how": "data"}, "name": "Again", "tags": ["t"]})
    assert "No window fits" in ended(toys, made["id"])["error_message"]
    refused = refusal(call(toys, "POST", f"/{made['id']}/retry"), 409)
    assert refused["code"] == "invalid_transition" and "retry" not in refused["details"]["allowed"]
    answer = call(toys, "POST", f"/{made['id']}/restart")
    again = answer.get_json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{JOBS}/{again['id']}")
    assert (again["restart_of"], again["job_name"], again["tags"]) == (made["id"], "Again", ["t"])
    assert again["config"] == made["config"] and again["id"] != made["id"]


def test_deleting_ends_a_working_job_first_and_leaves_nothing(toys: World) -> None:
    working = create(toys, {"workload": "toy_hang", "config": {}})["id"]
    until(toys, working, lambda found: found["status"] == "running")
    answer = call(toys, "DELETE", f"/{working}")
    assert (answer.status_code, answer.get_json()["job"]["requested_action"]) == (202, "cancel")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while call(toys, "GET", f"/{working}").status_code != 404:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    draft = create(toys, {**LEARN, "draft": True})["id"]
    done = create(toys)["id"]
    ended(toys, done)
    assert list(toys.blobs.list(f"jobs/{done}/"))
    for each in (draft, done):
        answer = call(toys, "DELETE", f"/{each}")
        assert (answer.status_code, answer.get_data()) == (204, b"")
        assert call(toys, "DELETE", f"/{each}").status_code == 404
    assert list(toys.blobs.list(f"jobs/{done}/")) == []
    assert call(toys, "GET", "").get_json()["total"] == 0


def test_cancelling_is_asked_once_and_a_finished_job_refuses_it(toys: World) -> None:
    running = create(toys, {"workload": "toy_hang", "config": {}})["id"]
    until(toys, running, lambda found: found["status"] == "running")
    assert call(toys, "POST", f"/{running}/cancel").status_code == 202
    assert ended(toys, running)["status"] == "cancelled"
    again = call(toys, "POST", f"/{running}/cancel")
    assert (again.status_code, again.get_json()["job"]["status"]) == (200, "cancelled")
    done = create(toys)["id"]
    ended(toys, done)
    assert refusal(call(toys, "POST", f"/{done}/cancel"), 409)["details"]["action"] == "cancel"
    refusal(call(toys, "POST", f"/{done}/cancel", {"force": True}), 400)


# finding


def test_a_list_is_chosen_ordered_and_leafed_through(toys: World) -> None:
    names = ["Load one", "Load two", "Wind 100%", "Sun"]
    made = [
        create(toys, {**LEARN, "draft": True, "name": name, "tags": [name[0], "all"], "priority": priority})[
            "id"
        ]
        for name, priority in zip(names, ("high", "low", "low", "normal"), strict=True)
    ]

    def ids(query: str) -> list[str]:
        return [each["id"] for each in call(toys, "GET", f"?{query}").get_json()["jobs"]]

    assert ids("") == made[::-1] and ids("order=oldest") == made
    assert ids("tag=L&order=oldest") == made[:2] and ids("tag=al") == []
    assert ids("name=load&order=oldest") == made[:2] and ids("name=%25") == [made[2]]
    assert ids("priority=low&order=oldest") == made[1:3] and ids("status=queued") == []
    seen, path = [], "?tag=all&limit=3"
    while path is not None:
        page = call(toys, "GET", path.removeprefix(JOBS)).get_json()
        seen += [each["id"] for each in page["jobs"]]
        assert page["total"] == 4
        path = page["next"]
    assert seen == made[::-1]


def test_the_websocket_is_where_the_request_came_to(toys: World) -> None:
    made = create(toys, {**LEARN, "draft": True})["id"]
    answer = call(toys, "GET", f"/{made}", Host="train.example.org:8443").get_json()
    assert answer["websocket_url"] == f"ws://train.example.org:8443/ws/training/{made}"
    faked = call(
        toys, "GET", f"/{made}", X_Forwarded_Proto="https", X_Forwarded_Host="evil.example"
    ).get_json()
    assert faked["websocket_url"] == f"ws://localhost/ws/training/{made}"
    secure = toys.caller.client.get(
        f"{JOBS}/{made}", headers=toys.caller.headers, base_url="https://train.example.org"
    )
    assert secure.get_json()["websocket_url"] == f"wss://train.example.org/ws/training/{made}"


def test_queues_tell_the_callers_jobs_and_their_places(idle_app: Flask) -> None:
    """No worker takes anything here."""
    user, other = (
        World.of(
            idle_app, idle_app.extensions[KEY].accounts.sign_up(f"q-{uuid4().hex}@example.org", PASSWORD)
        )
        for _ in range(2)
    )
    session = ready_session(user.database, user.user_id)
    body = {"workload": "forecast", "session_id": str(session), "config": {**LIN, "allow_parallel": True}}
    before = user.ok("GET", "/api/v1/queues")["queues"]
    assert [each["name"] for each in before] == [
        "training-high",
        "training-normal",
        "training-low",
        "default",
    ]
    low = [create(user, {**body, "priority": "low"})["id"] for _ in range(2)]
    high = create(user, {**body, "priority": "high"})["id"]
    create(user, {"workload": "dataset", "session_id": str(session), "config": {}})
    after = {each["name"]: each for each in user.ok("GET", "/api/v1/queues")["queues"]}
    assert [after[name]["pending"] for name in after] == [1, 0, 2, 1]
    assert (
        after["training-low"]["oldest_waiting_s"] >= 0
        and after["training-normal"]["oldest_waiting_s"] is None
    )
    shown = user.ok("GET", "/api/v1/queues/training-low")["queue"]
    assert [each["id"] for each in shown["jobs"]] == low
    assert [each["queue_position"] for each in shown["jobs"]] == [
        job(user, each)["queue_position"] for each in low
    ]
    assert job(user, high)["queue_position"] < shown["jobs"][0]["queue_position"]
    theirs = {each["name"]: each for each in other.ok("GET", "/api/v1/queues")["queues"]}
    assert theirs["training-low"]["pending"] == 0
    assert theirs["training-low"]["pending_of_all"] == after["training-low"]["pending_of_all"] >= 2
    assert other.ok("GET", "/api/v1/queues/training-low")["queue"]["jobs"] == []
    assert other.refused("GET", "/api/v1/queues/training-urgent", 404)["code"] == "QUEUE_NOT_FOUND"
    assert UUID(high)


def test_events_come_in_pages_without_hole_or_double(toys: World) -> None:
    made = create(toys, {"workload": "toy_metrics", "config": {"n": 7}})
    ended(toys, made["id"])
    whole = call(toys, "GET", f"/{made['id']}/events").get_json()
    assert whole["next"] is None
    found, path = [], f"/{made['id']}/events?limit=3"
    while path:
        page = call(toys, "GET", path.removeprefix(JOBS)).get_json()
        assert len(page["events"]) <= 3
        found += page["events"]
        path = page["next"]
    assert found == whole["events"]
    metrics, path = [], f"/{made['id']}/events?limit=3&type=metrics"
    while path:
        page = call(toys, "GET", path.removeprefix(JOBS)).get_json()
        metrics += page["events"]
        path = page["next"]
    assert metrics == [each for each in found if each["type"] == "metrics"] and metrics
    refused = call(toys, "GET", f"/{made['id']}/events?limit=0")
    assert (refused.status_code, refused.get_json()["code"]) == (400, "BAD_REQUEST")


def test_a_restart_takes_an_idempotency_key(toys: World) -> None:
    made = create(toys, {"workload": "toy_count", "config": {"n": 1}})
    ended(toys, made["id"])
    first, again = (call(toys, "POST", f"/{made['id']}/restart", Idempotency_Key="once") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json()["id"] == again.get_json()["id"]
    assert again.headers["Idempotent-Replayed"] == "true"


def test_keep_the_best_and_stop(toys: World) -> None:
    made = create(toys, {"workload": "toy_learn", "config": {"epochs": 50, "hold": 3}})
    until(toys, made["id"], lambda found: found["current_epoch"] == 3)
    asked = call(toys, "POST", f"/{made['id']}/finish")
    assert (asked.status_code, asked.get_json()["job"]["requested_action"]) == (202, "finish")
    done = ended(toys, made["id"])
    assert (done["reason"], "finish" in done["allowed"]) == ("stopped_by_user", False)
    late = call(toys, "POST", f"/{made['id']}/finish")
    assert (late.status_code, late.get_json()["code"]) == (409, "invalid_transition")
