"""Where an account is in use, how to end that, its password, closed sign-up, and the log of all this."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from api.context import KEY
from app import create_app
from tests.conftest import PASSWORD, make_settings

PHONE, DESK = "Phone/1.0", "Desk/2.0 \x1b[31m(with colours)"
NEW = "four plain words together"


class Person:
    """One account of an application, used from several devices."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.email = f"{uuid4().hex}@example.org"
        self.desk = self.call("POST", "sign-up", agent=DESK, email=self.email, password=PASSWORD)

    def sign_in(self, password: str = PASSWORD, status: int = 200) -> dict[str, Any]:
        return self.call("POST", "sign-in", status, agent=PHONE, email=self.email, password=password)

    def call(
        self,
        method: str,
        path: str,
        status: int | None = None,
        *,
        by: dict[str, Any] | None = None,
        agent: str = DESK,
        **body: str,
    ) -> dict[str, Any]:
        headers = {"User-Agent": agent.replace("\x1b", "")}
        if by is not None:
            headers["Authorization"] = f"Bearer {by['access_token']}"
        url = path if path.startswith("/") else f"/api/auth/{path}"
        more = {"json": body} if body else {}
        answer = self.app.test_client().open(url, method=method, headers=headers, **more)
        assert answer.status_code == (status or answer.status_code) and answer.status_code < 500
        found: dict[str, Any] = answer.get_json()
        return found

    def kinds(self, by: dict[str, Any]) -> list[str]:
        return [event["kind"] for event in self.call("GET", "/api/v1/security-events", 200, by=by)["events"]]


@pytest.fixture
def ada(idle_app: Flask) -> Person:
    return Person(idle_app)


def test_one_sees_where_one_is_signed_in(ada: Person) -> None:
    phone = ada.sign_in()
    found = ada.call("GET", "sign-ins", 200, by=phone)["sign_ins"]
    assert [(each["user_agent"], each["current"]) for each in found] == [
        (PHONE, True),
        ("Desk/2.0 [31m(with colours)", False),
    ]
    assert {each["address"] for each in found} == {"127.0.0.1"}


def test_a_sign_in_that_is_ended_is_worth_nothing_at_once(ada: Person) -> None:
    phone = ada.sign_in()
    other = next(each for each in ada.call("GET", "sign-ins", by=phone)["sign_ins"] if not each["current"])
    assert ada.call("GET", "me", 200, by=ada.desk)["success"]
    ada.call("DELETE", f"sign-ins/{other['id']}", 200, by=phone)
    assert ada.call("GET", "me", 401, by=ada.desk)["code"] == "SIGNED_OUT"
    ada.call("POST", "refresh", 401, refresh_token=ada.desk["refresh_token"])
    assert ada.call("GET", "me", 200, by=phone)["success"]
    assert ada.call("DELETE", f"sign-ins/{other['id']}", 404, by=phone)["code"] == "SIGN_IN_NOT_FOUND"


def test_nobody_ends_the_sign_in_of_another(ada: Person, idle_app: Flask) -> None:
    bob = Person(idle_app)
    theirs = ada.call("GET", "sign-ins", by=ada.desk)["sign_ins"][0]["id"]
    for which in (theirs, str(uuid4()), "nonsense"):
        ada.call("DELETE", f"sign-ins/{which}", 404, by=bob.desk)
    assert ada.call("GET", "me", 200, by=ada.desk)["success"]


def test_signing_out_ends_the_access_token_too(ada: Person) -> None:
    ada.call("POST", "sign-out", 200, refresh_token=ada.desk["refresh_token"])
    assert ada.call("GET", "me", 401, by=ada.desk)["code"] == "SIGNED_OUT"


def test_signing_out_everywhere(ada: Person) -> None:
    phone = ada.sign_in()
    assert ada.call("DELETE", "sign-ins", 200, by=phone)["ended"] == 2
    for tokens in (phone, ada.desk):
        ada.call("GET", "me", 401, by=tokens)
        ada.call("POST", "refresh", 401, refresh_token=tokens["refresh_token"])


def test_a_refreshed_token_belongs_to_the_same_sign_in(ada: Person) -> None:
    again = ada.call("POST", "refresh", 200, refresh_token=ada.desk["refresh_token"])
    assert len(ada.call("GET", "sign-ins", 200, by=again)["sign_ins"]) == 1
    ada.call("POST", "refresh", 401, refresh_token=ada.desk["refresh_token"])  # the spent one: a thief?
    assert ada.call("GET", "me", 401, by=again)["code"] == "SIGNED_OUT"
    assert ada.kinds(ada.sign_in())[:2] == ["sign_in", "refresh_token_reused"]


def test_a_new_password_ends_every_other_sign_in(ada: Person) -> None:
    phone = ada.sign_in()
    wrong = ada.call("POST", "password", 422, by=phone, current_password="not it at all", new_password=NEW)
    assert (wrong["code"], wrong["details"]) == ("WRONG_PASSWORD", {"field": "current_password"})
    ada.call("POST", "password", 200, by=phone, current_password=PASSWORD, new_password=NEW)
    assert ada.call("GET", "me", 200, by=phone)["success"]
    ada.call("GET", "me", 401, by=ada.desk)
    ada.sign_in(PASSWORD, 401)
    ada.sign_in(NEW, 200)


@pytest.mark.parametrize("password", ["password1234", "aaaaaaaaaaaaaaa", "trainyard123", "short", "{mine}1"])
def test_passwords_that_are_tried_first_are_refused(ada: Person, password: str) -> None:
    password = password.replace("{mine}", ada.email.partition("@")[0])
    body = {"email": f"b-{ada.email}" if "1" not in password else ada.email, "password": password}
    refused = ada.call("POST", "sign-up", 422, **body)
    assert (refused["code"], refused["details"]) == ("WEAK_PASSWORD", {"field": "password"})
    assert password not in refused["error"]
    changed = {"current_password": PASSWORD, "new_password": password}
    weak = ada.call("POST", "password", 422, by=ada.desk, **changed)
    assert (weak["code"], weak["details"]) == ("WEAK_PASSWORD", {"field": "new_password"})


def test_the_log_tells_what_happened_and_only_to_whom_it_happened(ada: Person, idle_app: Flask) -> None:
    ada.sign_in("wrong password", 401)
    phone = ada.sign_in()
    assert ada.kinds(phone) == ["sign_in", "sign_in_failed", "sign_up"]
    assert Person(idle_app).kinds(ada.sign_in())[0] == "sign_in"
    events = ada.call("GET", "/api/v1/security-events?limit=1", 200, by=phone)["events"]
    assert (events[0]["address"], events[0]["user_agent"]) == ("127.0.0.1", PHONE)
    older = ada.call("GET", f"/api/v1/security-events?before={events[0]['id']}", 200, by=phone)["events"]
    assert all(event["id"] < events[0]["id"] for event in older)
    assert ada.call("GET", "/api/v1/security-events?all=true", 403, by=phone)["code"] == "ADMINS_ONLY"


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Flask]:
    app = create_app(make_settings(tmp_path, TRAINYARD_SIGN_UP="closed", TRAINYARD_ADMINS="boss@example.org"))
    yield app
    app.extensions[KEY].database.close()


def test_where_sign_up_is_closed_only_the_first_account_can_be_made(closed: Flask) -> None:
    def may_sign_up() -> bool:
        found = closed.test_client().get("/api/auth/options").get_json()
        return bool(found["sign_up"])

    def sign_up(email: str) -> tuple[int, str | None]:
        body = {"email": email, "password": PASSWORD}
        answer = closed.test_client().post("/api/auth/sign-up", json=body)
        return answer.status_code, answer.get_json().get("code")

    assert may_sign_up()
    assert sign_up("boss@example.org") == (201, None)
    assert not may_sign_up()
    assert sign_up("eve@example.org") == (403, "SIGN_UP_CLOSED")
    added = closed.test_cli_runner().invoke(args=["users", "add", "ada@example.org", "--password", PASSWORD])
    assert added.exit_code == 0, added.output
    body = {"email": "ada@example.org", "password": PASSWORD}
    tokens = closed.test_client().post("/api/auth/sign-in", json=body).get_json()
    assert tokens["success"]
    log = closed.test_cli_runner().invoke(args=["audit"]).output
    assert [line.split()[1:3] for line in log.splitlines()] == [
        ["sign_in", "ada@example.org"],
        ["sign_up", "ada@example.org"],
        ["sign_up", "boss@example.org"],
    ]
