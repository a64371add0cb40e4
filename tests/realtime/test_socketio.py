"""What a page hears, with the real Python and JavaScript clients, in both async modes of a real server."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import uuid4

import pytest

from tests.realtime.conftest import Clients, House, opened
from tests.realtime.wire import ClientProcess


def test_connecting_without_a_valid_token_is_refused(house: House, client: Clients) -> None:
    wire = client()
    for auth in (None, {}, {"token": "no.such.token"}, {"token": 7}):
        wire.lines.clear()
        said = wire.connect(auth=auth, transports=["websocket"])
        assert said["kind"] == "refused"
        assert said["data"]["code"]
        assert said["data"]["success"] is False


def test_a_token_may_come_in_auth_or_in_the_query(house: House, client: Clients) -> None:
    _, token = house.account()
    for transport in ("polling", "websocket"):
        for options in ({"auth": {"token": token}}, {"query": {"token": token}}):
            wire = client()
            assert wire.connect(transports=[transport], **options)["kind"] == "connected"
            assert wire.ask("join", {})["code"] == "INVALID_PAYLOAD"


def test_a_uuid_and_a_text_id_hear_the_same_training(house: House, client: Clients) -> None:
    user, token = house.account()
    session, alias = house.session(user)
    ids = {str(session): client(token), alias: client(token), f"session_{session}": client(token)}
    for written, wire in ids.items():
        answer = wire.ask("join_training_session", {"session_id": written})
        assert (answer["status"], answer["session_id"]) == ("joined", written)
        assert answer["room"] == f"training_{session}"
        assert wire.hear("training_session_joined") == answer
    job = house.submit(user, session, "toy_metrics", n=30)
    for written, wire in ids.items():
        wire.hear("training_completed", session_id=written, job_id=str(job))
        wire.hear("training_progress", status="training_completed")
        assert wire.seqs(job) == house.told(user, job)
        assert {data["session_id"] for _, data in wire.of(job)} == {written}
        assert len(wire.heard("training_completed")) == 1
        assert not wire.heard("training_error")


def test_what_is_not_finite_arrives_as_null(house: House, client: Clients) -> None:
    user, token = house.account()
    session, alias = house.session(user)
    wire = client(token)
    wire.ask("join_training_session", {"session_id": alias})
    house.submit(user, session, "toy_metrics", n=10)
    wire.hear("training_completed")
    measured = wire.heard("training_metrics")
    assert [data["epoch"] for data in measured] == list(range(1, 11))
    assert (measured[0]["loss"], measured[0]["val_loss"]) == (1.0, None)
    assert (measured[9]["loss"], measured[9]["metrics"]["loss"]) == (None, None)
    assert wire.heard("training_batch_progress")[0]["loss"] == 0.5


def test_who_comes_later_gets_the_missed_events_in_order(house: House, client: Clients) -> None:
    user, token = house.account()
    session, alias = house.session(user)
    job = house.submit(user, session, "toy_metrics", n=12)
    assert house.finished(user, job) == "completed"
    told = house.told(user, job)
    for after, expected in ((0, told), (5, [seq for seq in told if seq > 5]), ({str(job): 9}, told[-1:])):
        wire = client(token)
        answer = wire.ask("join_training_session", {"session_id": alias, "after_seq": after})
        assert answer["snapshot"]["job"]["status"] == "completed"
        assert answer["last_seq"] == {str(job): told[-1]}
        wire.hear("training_completed", seq=told[-1])
        seqs = wire.seqs(job)
        assert seqs == expected if isinstance(after, int) else [seq for seq in told if seq > 9]
    silent = client(token)
    silent.ask("join_training_session", {"session_id": alias, "after_seq": told[-1]})
    silent.ask("request_training_status", {"session_id": alias})
    assert silent.of(job)[0][0] == "training_status_update"  # nothing was missed, nothing is repeated


def test_between_replay_and_live_nothing_is_lost_or_doubled(house: House, client: Clients) -> None:
    user, token = house.account()
    session, alias = house.session(user)
    job = house.submit(user, session, "toy_metrics", n=400)
    steady, restless = client(token), client(token)
    steady.ask("join_training_session", {"session_id": str(session)})
    restless.ask("join_training_session", {"session_id": alias})
    steady.hear("training_metrics")
    while not steady.heard("training_completed"):
        restless.ask("leave_training_session", {"session_id": alias})
        last = max(restless.seqs(job), default=0)
        restless.ask("join_training_session", {"session_id": alias, "after_seq": last})
    restless.hear("training_completed")
    told = house.told(user, job)
    assert steady.seqs(job) == told
    assert restless.seqs(job) == told
    assert len(restless.heard("training_completed")) == 1


def test_a_failed_training_says_why_and_never_completes(house: House, client: Clients) -> None:
    user, token = house.account()
    session, alias = house.session(user)
    wire = client(token)
    wire.ask("join_training_session", {"session_id": alias})
    job = house.submit(user, session, "toy_fail", how="data")
    error = wire.hear("training_error", job_id=str(job))
    assert (error["status"], error["code"], error["error"]) == ("failed", "NO_SAMPLES", "No window fits")
    assert error["suggestion"] == "Use fewer steps"
    assert wire.ask("request_training_status", {"session_id": alias})["message"] == "No window fits"
    assert not wire.heard("training_completed")
    assert wire.seqs(job) == house.told(user, job)


def test_a_cancelled_training_says_so(house: House, client: Clients) -> None:
    user, token = house.account()
    session, alias = house.session(user)
    wire = client(token)
    wire.ask("join_training_session", {"session_id": alias})
    job = house.submit(user, session, "toy_hang")
    wire.hear("training_progress", step="train")
    status = wire.ask("request_training_status", {"session_id": alias})
    assert (status["job_id"], status["phase"]) == (str(job), "training_execution")
    house.services.jobs.cancel(user, job)
    wire.hear("training_cancelled", job_id=str(job))
    assert not wire.heard("training_completed", "training_error")


def test_the_sessions_of_others_are_out_of_reach(house: House, client: Clients) -> None:
    owner, _ = house.account()
    session, alias = house.session(owner)
    _, token = house.account()
    wire = client(token)
    for written in (str(session), alias, f"session_{session}", str(uuid4())):
        for request, answer in (
            ("join_training_session", "training_session_error"),
            ("leave_training_session", "training_session_error"),
            ("request_training_status", "training_status_error"),
            ("request_dataset_status", "dataset_status_error"),
        ):
            refusal = wire.ask(request, {"session_id": written})
            assert refusal["code"] == "SESSION_NOT_FOUND"
            assert wire.heard(answer)[-1] == refusal
        assert wire.ask("join_upload_room", {"uploadId": written})["code"] == "SESSION_NOT_FOUND"
    job = house.submit(owner, session, "toy_count")
    assert house.finished(owner, job) == "completed"
    wire.ask("request_training_status", {"session_id": alias})
    assert wire.of(job) == []


def test_a_malformed_request_is_refused_with_a_reason(house: House, client: Clients) -> None:
    _, token = house.account()
    wire = client(token)
    some = str(uuid4())
    for payload, code in (
        ({"session_id": "../../etc"}, "BAD_UUID"),
        ({"session_id": ""}, "INVALID_PAYLOAD"),
        ({"session_id": 5}, "INVALID_PAYLOAD"),
        ({}, "INVALID_PAYLOAD"),
        ({"session_id": some, "room": "x"}, "INVALID_PAYLOAD"),
        ({"session_id": some, "after_seq": -1}, "INVALID_PAYLOAD"),
        ({"session_id": some, "after_seq": {"no": 1}}, "INVALID_PAYLOAD"),
        ("text", "INVALID_PAYLOAD"),
    ):
        refusal = wire.ask("join_training_session", payload)
        assert (refusal["success"], refusal["code"]) == (False, code)
        assert refusal["error"]


def test_unknown_events_and_upload_rooms_are_answered(house: House, client: Clients) -> None:
    user, token = house.account()
    session, alias = house.session(user)
    wire = client(token)
    assert wire.ask("drop_tables", {})["code"] == "UNKNOWN_EVENT"
    assert wire.ask("join_training_session")["code"] == "INVALID_PAYLOAD"
    assert wire.ask("join_upload_room", {"uploadId": alias}) == {"uploadId": alias}
    assert wire.ask("join", {"uploadId": str(session)})["message"]
    assert wire.ask("leave", {"uploadId": alias}) == {"uploadId": alias}
    status = wire.ask("request_dataset_status", {"session_id": alias})
    assert (status["status"], status["processing_stopped"]) == ("idle", True)
    assert wire.ask("request_training_status", {"session_id": alias})["models_trained"] == 0


def test_who_signs_out_hears_why_and_is_cut_off(house: House, client: Clients) -> None:
    """Signed out by another process, of which the server learns from the database only."""
    user, token = house.account()
    session, alias = house.session(user)
    wire, bystander = client(token), client(house.account()[1])
    wire.ask("join_training_session", {"session_id": alias})
    accounts = house.services.accounts
    house.services.sign_ins.end_all(accounts.authenticate(token))
    why = wire.hear("access_ended")
    assert (why["success"], why["code"]) == (False, "SIGNED_OUT")
    wire.wait("disconnected")
    house.submit(user, session, "toy_count", n=1)
    late = client()
    assert late.connect(auth={"token": token}, transports=["websocket"])["data"]["code"] == "SIGNED_OUT"
    assert bystander.ask("ping")["ts"]
    assert wire.lines[-1]["kind"] == "disconnected", "nothing is heard after the end"


@pytest.mark.parametrize("async_mode", ["threading", "eventlet"])
def test_a_lost_worker_and_open_pages_change_nothing_at_the_end(async_mode: str, tmp_path: Path) -> None:
    """Not on the shared server: workers that start again would slow all its other tests."""
    with opened(tmp_path / "data", async_mode) as house:
        user, token = house.account()
        session, alias = house.session(user)
        process = ClientProcess(house.server.url, "python")
        wire = process.socket(token)
        wire.ask("join_training_session", {"session_id": alias})
        job = house.submit(user, session, "toy_die", times=1)
        wire.hear("training_completed", job_id=str(job))
        assert wire.hear("training_progress", status="requeued")
        assert wire.seqs(job) == house.told(user, job)
        assert len(wire.heard("training_completed")) == 1
        process.socket().connect(auth={"token": token}, transports=["polling"])
        began = time.monotonic()
        assert house.server.stop() == 0
        assert time.monotonic() - began < 15, "the server waited for its clients"
        process.close()
