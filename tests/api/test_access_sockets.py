"""Who gets where by sockets: a walk over every event a client may send, and the plain WebSocket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask_socketio import SocketIOTestClient
from sqlalchemy import update

from services.storage.access_tables import ApiKeyRow
from services.storage.tables import now
from tests.api.live import end_of, following, read, served
from tests.api.test_access import new_key, share
from tests.api.test_credentials import false_tokens
from tests.api.test_error_shape import objects_of
from tests.api.world import World
from tests.builders import ready_session

GUEST = "guest@example.org"
ANSWERED_TO_ALL = {"connect", "disconnect", "ping", "*"}


def payloads(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Every event that names something, with what it names; they say what to hear, and change nothing."""
    session, upload, job = (
        {"session_id": ids["session_id"]},
        {"uploadId": ids["session_id"]},
        {"job_id": ids["job_id"]},
    )
    return {
        "join_training_session": session,
        "request_training_status": session,
        "request_dataset_status": session,
        "leave_training_session": session,
        "join_upload_room": upload,
        "join": upload,
        "leave": upload,
        "job.subscribe": job,
        "job.unsubscribe": job,
    }


@pytest.fixture(scope="module")
def ids(world: World) -> dict[str, str]:
    """`world` owns all of it; the guest is let in as a reader."""
    return objects_of(world)


@pytest.fixture(scope="module")
def guest(world: World, ids: dict[str, str]) -> World:
    found = world.neighbour(GUEST)
    share(world, ids["session_id"], "reader")  # again, now that there is an account
    return found


@contextmanager
def socket(world: World) -> Iterator[SocketIOTestClient]:
    app = world.caller.client.application
    auth = {"token": world.caller.token}
    client: SocketIOTestClient = app.extensions["trainyard-socketio"].test_client(app, auth=auth)
    assert client.is_connected()
    yield client
    client.disconnect()


def answers(world: World, ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    with socket(world) as client:
        return {name: client.emit(name, said, callback=True) for name, said in payloads(ids).items()}


def test_the_walk_knows_every_event(world: World, ids: dict[str, str]) -> None:
    socketio = world.caller.client.application.extensions["trainyard-socketio"]
    assert set(socketio.server.handlers["/"]) == set(payloads(ids)) | ANSWERED_TO_ALL


@pytest.mark.parametrize("role", ["reader", "editor"])
def test_a_guest_is_answered_as_the_owner_is(
    world: World, guest: World, ids: dict[str, str], role: str
) -> None:
    share(world, ids["session_id"], role)
    mine, theirs = answers(world, ids), answers(guest, ids)
    assert {name: set(told) for name, told in theirs.items()} == {
        name: set(told) for name, told in mine.items()
    }
    assert not [name for name, told in theirs.items() if told.get("success") is False]
    assert theirs["job.subscribe"]["snapshot"]["id"] == ids["job_id"]


def test_to_a_stranger_nothing_is_there(world: World, guest: World, ids: dict[str, str]) -> None:
    stranger = world.neighbour("passes-by@example.org")
    expected = {
        name: "JOB_NOT_FOUND" if "job_id" in said else "SESSION_NOT_FOUND"
        for name, said in payloads(ids).items()
        if name != "job.unsubscribe"  # which says nothing of the job
    }
    told = answers(stranger, ids)
    assert told.pop("job.unsubscribe") == {"ok": True, "job_id": ids["job_id"]}
    assert {name: answer.get("code") for name, answer in told.items()} == expected


def test_nobody_gets_in_after_the_share_was_withdrawn(world: World, ids: dict[str, str]) -> None:
    session_id = str(ready_session(world.database, world.user_id))
    late = world.neighbour("late@example.org")
    shared = share(world, session_id, "reader", "late@example.org")
    with socket(late) as client:
        joined = client.emit("join_training_session", {"session_id": session_id}, callback=True)
        assert joined["status"] == "joined"
        world.services.sharing.withdraw(world.user_id, session_id, shared["id"])
        again = client.emit("request_training_status", {"session_id": session_id}, callback=True)
        assert again["code"] == "SESSION_NOT_FOUND"


def test_an_open_socket_is_refused_from_the_request_on_that_follows_the_end(world: World) -> None:
    other = world.neighbour("goes@example.org")
    with socket(other) as client:
        user = other.services.accounts.authenticate(other.caller.token)
        other.services.sign_ins.end_all(user)
        said = {"session_id": str(other.user_id)}
        assert client.emit("request_training_status", said, callback=True)["code"] == "SIGNED_OUT"


def keys(world: World, ids: dict[str, str]) -> dict[str, str]:
    """API keys open no sockets, whoever has them and whatever they are for."""
    neighbour = world.neighbour("has-keys@example.org")
    theirs = ready_session(neighbour.database, neighbour.user_id)
    spent = new_key(world, ids["session_id"], "train")
    with world.database.write() as tx:
        tx.execute(
            update(ApiKeyRow)
            .where(ApiKeyRow.prefix == spent[:10])
            .values(expires_at=now() - timedelta(seconds=1))
        )
    return {
        "own key": new_key(world, ids["session_id"], "read", "train"),
        "expired key": spent,
        "somebody else's key": new_key(neighbour, theirs, "read", "train"),
    }


def test_the_plain_websocket_takes_no_false_token_and_no_key(world: World, ids: dict[str, str]) -> None:
    app = world.caller.client.application
    let_in = {}
    with served(app) as url:
        for what, token in {**false_tokens(world), **keys(world, ids)}.items():
            with following(url, ids["job_id"], token) as plain:
                told, code = end_of(plain)
            if (told["event"], code) != ("error", 4401):
                let_in[what] = told
        stranger = world.neighbour("listens@example.org")
        with following(url, ids["job_id"], stranger.caller.token) as plain:
            told, code = end_of(plain)
        assert (told["code"], code) == ("JOB_NOT_FOUND", 4404)
    assert let_in == {}


def test_no_socket_opens_with_a_key(world: World, ids: dict[str, str]) -> None:
    app = world.caller.client.application
    socketio = app.extensions["trainyard-socketio"]
    for scope in ("read", "predict", "train"):
        key = new_key(world, ids["session_id"], scope)
        assert not socketio.test_client(app, auth={"token": key}).is_connected(), scope


def test_a_reader_follows_a_shared_job_by_the_plain_websocket(
    world: World, guest: World, ids: dict[str, str]
) -> None:
    share(world, ids["session_id"], "reader")
    app = world.caller.client.application
    with served(app) as url, following(url, ids["job_id"], guest.caller.token) as plain:
        assert read(plain)["event"] == "connected"
        told, code = end_of(plain)
    assert (told["event"], told["status"], code) == ("training_status", "completed", 1000)
