"""Accounts over HTTP: sign up, sign in, refresh, sign out, who am I."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import delete

from api.context import KEY
from services.storage.tables import SubscriptionRow
from services.wiring import Services
from tests.api.caller import refusal
from tests.conftest import PASSWORD


@pytest.fixture
def email() -> str:
    return f"{uuid4().hex}@example.org"


@pytest.fixture
def account(idle_app: Flask, email: str) -> dict[str, Any]:
    return send(idle_app, "sign-up", 201, email=email, password=PASSWORD)


def send(app: Flask, path: str, status: int, **fields: Any) -> dict[str, Any]:
    answer = app.test_client().post(f"/api/auth/{path}", json=fields)
    if status >= 400:
        return refusal(answer, status)
    assert answer.status_code == status, answer.get_data(as_text=True)
    body: dict[str, Any] = answer.get_json()
    assert body["success"] is True
    return body


def me(app: Flask, tokens: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    body: dict[str, Any] = app.test_client().get("/api/auth/me", headers=headers).get_json()
    return body


def test_a_new_account_is_signed_in_with_the_standard_plan(idle_app: Flask, account: dict[str, Any]) -> None:
    body = me(idle_app, account)
    assert body["user"] == account["user"]
    assert body["plan"] == "standard"
    assert body["usage"]["training"] == {"limit": 200, "used": 0}
    assert body["usage"]["resets_at"].endswith("T00:00:00+00:00")


def test_signing_in_again_gives_tokens_of_the_same_user(
    idle_app: Flask, account: dict[str, Any], email: str
) -> None:
    tokens = send(idle_app, "sign-in", 200, email=email.upper(), password=PASSWORD)
    assert tokens["user"] == account["user"]
    assert tokens["access_token"] != account["access_token"]
    assert tokens["token_type"] == "Bearer"


def test_an_address_is_taken_once(idle_app: Flask, account: dict[str, Any], email: str) -> None:
    assert send(idle_app, "sign-up", 409, email=email, password=PASSWORD)["code"] == "EMAIL_TAKEN"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({}, 400, "BAD_REQUEST"),
        ({"email": "a@example.org"}, 400, "BAD_REQUEST"),
        ({"email": 7, "password": PASSWORD}, 400, "BAD_REQUEST"),
        ({"email": "a@example.org", "password": "x" * 5000}, 400, "BAD_REQUEST"),
        ({"email": "a@example.org", "password": PASSWORD, "role": "admin"}, 400, "UNKNOWN_FIELD"),
        ({"email": "nobody", "password": PASSWORD}, 422, "INVALID_EMAIL"),
        ({"email": "a@example.org", "password": "short"}, 422, "WEAK_PASSWORD"),
    ],
)
def test_an_account_that_will_not_do_is_refused_without_repeating_the_password(
    idle_app: Flask, fields: dict[str, Any], status: int, code: str
) -> None:
    refused = send(idle_app, "sign-up", status, **fields)
    assert refused["code"] == code
    assert str(fields.get("password") or PASSWORD) not in str(refused)


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    idle_app: Flask, account: dict[str, Any], email: str
) -> None:
    wrong = send(idle_app, "sign-in", 401, email=email, password="wrong horse battery")
    unknown = send(idle_app, "sign-in", 401, email=f"x{email}", password="wrong horse battery")
    assert wrong == unknown
    assert wrong["code"] == "WRONG_CREDENTIALS"


def test_guessing_is_slowed_down(idle_app: Flask, email: str) -> None:
    for _ in range(10):
        send(idle_app, "sign-in", 401, email=email, password="wrong horse battery")
    refused = send(idle_app, "sign-in", 429, email=email, password=PASSWORD)
    assert refused["code"] == "TOO_MANY_ATTEMPTS"
    assert 0 < refused["details"]["retry_after_seconds"] <= 300


def test_a_refresh_token_works_once(idle_app: Flask, account: dict[str, Any]) -> None:
    fresh = send(idle_app, "refresh", 200, refresh_token=account["refresh_token"])
    assert me(idle_app, fresh)["user"] == account["user"]
    again = send(idle_app, "refresh", 401, refresh_token=account["refresh_token"])
    assert again["code"] == "INVALID_REFRESH_TOKEN"
    send(idle_app, "refresh", 401, refresh_token=fresh["refresh_token"])  # the reuse ended the sign-in


def test_after_signing_out_nothing_can_be_refreshed(idle_app: Flask, account: dict[str, Any]) -> None:
    send(idle_app, "sign-out", 200, refresh_token=account["refresh_token"])
    send(idle_app, "refresh", 401, refresh_token=account["refresh_token"])


def test_who_has_no_subscription_is_told_so(idle_app: Flask, account: dict[str, Any]) -> None:
    services: Services = idle_app.extensions[KEY]
    with services.database.write() as tx:
        tx.execute(delete(SubscriptionRow).where(SubscriptionRow.user_id == _user_id(services, account)))
    body = me(idle_app, account)
    assert (body["success"], body["plan"], body["usage"]) == (True, None, None)


def _user_id(services: Services, account: dict[str, Any]) -> Any:
    return services.accounts.authenticate(account["access_token"]).id
