"""Sockets that are open when access ends: told why and closed, or told no more of what was shared."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import jwt
import pytest
from sqlalchemy import update

from api.context import KEY
from api.open_connections import ENDING
from app import create_app
from examples.server import wait_until
from services.accounts import Tokens
from services.accounts.local import ALGORITHM
from services.accounts.people import People
from services.storage.security_tables import SignInRow
from services.storage.tables import now
from services.uploads.chunks import UPLOADS, ChunkStore
from services.wiring import Services
from tests.api.live import Ear, ear, end_of, following, read, served
from tests.api.test_error_shape import routes
from tests.api.world import World
from tests.conftest import PASSWORD, make_settings

CHECK_SECONDS = 0.1


class Place:
    """A server whose jobs wait for ever; its services are the hands of other processes on its database."""

    def __init__(self, url: str, world: World) -> None:
        self.url = url
        self.world = world
        self.services = world.services

    def person(self) -> tuple[World, Tokens]:
        tokens = self.services.accounts.sign_up(f"{uuid4().hex}@example.org", PASSWORD)
        return World.of(self.world.caller.client.application, tokens), tokens

    def job(self, world: World) -> tuple[UUID, UUID]:
        """A session, and a job in it."""
        session_id = self.services.sessions.create(world.user_id)
        job = self.services.jobs.submit(world.user_id, "toy_hang", {}, session_id=session_id)
        return session_id, job.id


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("live") / "data"
    folder.mkdir()
    shutil.copy(migrated, folder / "trainyard.db")
    wishes = {
        "TRAINYARD_ACCESS_CHECK_SECONDS": str(CHECK_SECONDS),
        "TRAINYARD_EXTRA_WORKLOADS": "tests.toy_workloads",
    }
    app = create_app(make_settings(folder, **wishes))
    services: Services = app.extensions[KEY]
    with served(app) as url:
        yield Place(url, World.of(app, services.accounts.sign_up("place@example.org", PASSWORD)))
    services.runner.stop()
    services.database.close()


def rename(world: World, job: UUID, name: str) -> None:
    """Something that is told to all who hear of the job."""
    world.ok("PATCH", f"/api/v1/training/jobs/{job}", json={"name": name})


# the connection


def sign_out(world: World, tokens: Tokens) -> None:
    world.services.accounts.sign_out(tokens.refresh_token)


def sign_out_everywhere(world: World, tokens: Tokens) -> None:
    world.services.sign_ins.end_all(world.services.accounts.authenticate(tokens.access_token))


def end_this_sign_in(world: World, tokens: Tokens) -> None:
    user = world.services.accounts.authenticate(tokens.access_token)
    world.services.sign_ins.end(user, str(user.sign_in))


def change_the_password_elsewhere(world: World, tokens: Tokens) -> None:
    other = world.services.accounts.sign_in(tokens.user.email, PASSWORD)
    user = world.services.accounts.authenticate(other.access_token)
    world.services.sign_ins.change_password(user, PASSWORD, "another horse and battery")


def let_it_expire(world: World, tokens: Tokens) -> None:
    past = {"expires_at": now() - timedelta(seconds=1)}
    with world.database.write() as tx:
        tx.execute(update(SignInRow).where(SignInRow.user_id == world.user_id).values(past))


def people(world: World) -> People:
    """As the command line has them."""
    return People(world.database, world.blobs, ChunkStore(world.services.settings.data_dir / UPLOADS))


def block(world: World, tokens: Tokens) -> None:
    people(world).block(tokens.user.email)


def delete(world: World, tokens: Tokens) -> None:
    for job in world.ok("GET", "/api/v1/training/jobs")["jobs"]:
        world.services.jobs.cancel(world.user_id, UUID(job["id"]))
    people(world).delete(tokens.user.email)


ENDS: list[tuple[Callable[[World, Tokens], None], str]] = [
    (sign_out, "SIGNED_OUT"),
    (sign_out_everywhere, "SIGNED_OUT"),
    (end_this_sign_in, "SIGNED_OUT"),
    (change_the_password_elsewhere, "SIGNED_OUT"),
    (let_it_expire, "SIGNED_OUT"),
    (block, "ACCOUNT_BLOCKED"),
    (delete, "INVALID_TOKEN"),
]


@pytest.mark.parametrize(("end", "code"), ENDS, ids=[end.__name__ for end, _ in ENDS])
def test_open_sockets_are_closed_with_a_reason_wherever_access_ended(
    place: Place, end: Callable[[World, Tokens], None], code: str
) -> None:
    world, tokens = place.person()
    _, job = place.job(world)
    _, others = place.person()
    with (
        ear(place.url, tokens.access_token) as socket,
        ear(place.url, others.access_token) as other,
        following(place.url, job, tokens.access_token) as plain,
    ):
        assert socket.ask("job.subscribe", job_id=str(job))["ok"] is True
        assert read(plain)["event"] == "connected"
        end(world, tokens)
        why = socket.wait_for_the_end()
        assert (why["success"], why["code"]) == (False, code)
        assert why["error"] and "job_id" not in why
        if end is not delete:  # whose job ends first, and with it that socket
            message, closed = end_of(plain)
            assert (message["event"], message["code"], closed) == ("error", code, 4401)
        assert other.is_open and other.names() == []


def test_a_password_that_is_changed_leaves_open_who_changed_it(place: Place) -> None:
    world, tokens = place.person()
    second = place.services.accounts.sign_in(tokens.user.email, PASSWORD)
    with ear(place.url, tokens.access_token) as socket, ear(place.url, second.access_token) as other:
        body = {"current_password": PASSWORD, "new_password": "another horse and battery"}
        world.ok("POST", "/api/auth/password", json=body)
        assert other.wait_for_the_end()["code"] == "SIGNED_OUT"
        assert "ts" in socket.ask("ping")


def test_a_connection_outlives_its_token_as_long_as_the_sign_in_goes_on(place: Place) -> None:
    world, tokens = place.person()
    _, job = place.job(world)
    claims = jwt.decode(tokens.access_token, options={"verify_signature": False})
    claims["exp"] = int(time.time()) + 1
    short = jwt.encode(claims, place.services.settings.secret_key, ALGORITHM)
    headers = {"Authorization": f"Bearer {short}"}
    with ear(place.url, short) as socket, following(place.url, job, short) as plain:
        assert read(plain)["event"] == "connected"
        me = lambda: world.caller.client.get("/api/auth/me", headers=headers).get_json()  # noqa: E731
        wait_until(lambda: me().get("code") == "EXPIRED_TOKEN", 5, "the end of the token")
        time.sleep(3 * CHECK_SECONDS)  # it was looked at since
        assert socket.ask("job.subscribe", job_id=str(job))["ok"] is True
        rename(world, job, "After the token")
        assert socket.wait("job.event", job_id=str(job))["seq"] > 1
        plain.send('{"event": "ping"}')
        while read(plain)["event"] != "pong":
            pass
        late = Ear(place.url, short)
        assert not late.is_open and late.heard[0][1]["data"]["code"] == "EXPIRED_TOKEN"


# what it hears


def share(world: World, session_id: UUID, role: str, email: str) -> str:
    body = {"email": email, "role": role}
    answer = world.raw("POST", f"/api/v1/sessions/{session_id}/shares", json=body)
    found: str = answer.get_json()["share"]["id"]
    return found


@pytest.mark.parametrize("by", ["a request here", "another server"])
def test_a_reader_hears_a_shared_session_until_it_is_withdrawn(place: Place, by: str) -> None:
    owner, owners = place.person()
    guest, guests = place.person()
    session_id, job = place.job(owner)
    _, own_job = place.job(guest)
    share_id = share(owner, session_id, "reader", guests.user.email)
    with (
        ear(place.url, owners.access_token) as mine,
        ear(place.url, guests.access_token) as theirs,
        following(place.url, job, guests.access_token) as plain,
    ):
        for each in (mine, theirs):
            joined = each.ask("join_training_session", session_id=str(session_id))
            assert joined["snapshot"]["job"]["id"] == str(job)
            assert each.ask("job.subscribe", job_id=str(job))["ok"] is True
            assert each.ask("join_upload_room", uploadId=str(session_id)) == {"uploadId": str(session_id)}
        theirs.ask("job.subscribe", job_id=str(own_job))
        rename(owner, job, "While it is shared")
        theirs.wait("job.event", job_id=str(job))
        if by == "a request here":
            owner.ok("DELETE", f"/api/v1/sessions/{session_id}/shares/{share_id}")
        else:
            place.services.sharing.withdraw(owner.user_id, str(session_id), share_id)
        assert theirs.wait("access_ended", session_id=str(session_id))["code"] == "SESSION_NOT_FOUND"
        assert theirs.wait("access_ended", job_id=str(job))["code"] == "JOB_NOT_FOUND"
        message, closed = end_of(plain)
        assert (message["code"], closed) == ("JOB_NOT_FOUND", 4404)
        wait_until(lambda: theirs.names().count("access_ended") == 3, 5, "the upload's room to be left")
        before = len(theirs.heard)
        rename(owner, job, "When it is no more")
        owner.services.jobs.cancel(owner.user_id, job)
        mine.wait("training_cancelled")
        assert theirs.ask("job.subscribe", job_id=str(job))["code"] == "JOB_NOT_FOUND"
        assert theirs.ask("join_training_session", session_id=str(session_id))["code"] == "SESSION_NOT_FOUND"
        assert [name for name, _ in theirs.heard[before:]] == ["training_session_error"]
        rename(guest, own_job, "Mine")
        assert theirs.wait("job.event", job_id=str(own_job))["seq"] > 1
        assert theirs.is_open


def test_a_deleted_session_is_heard_no_more(place: Place) -> None:
    owner, owners = place.person()
    session_id, job = place.job(owner)
    owner.services.jobs.cancel(owner.user_id, job)
    with ear(place.url, owners.access_token) as socket:
        socket.ask("join_training_session", session_id=str(session_id))
        owner.raw("DELETE", f"/api/v1/sessions/{session_id}")
        assert socket.wait("access_ended", session_id=str(session_id))["code"] == "SESSION_NOT_FOUND"


def test_the_requests_after_which_sockets_are_looked_at_at_once_are_routes(place: Place) -> None:
    known = {f"{method} {rule}" for method, rule in routes(place.world.caller.client.application)}
    assert known >= ENDING
