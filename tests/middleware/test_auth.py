"""@require_auth: who calls, or 401 with the reason."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest
from flask import Flask

from services.accounts import Tokens
from services.accounts.local import LocalAccounts
from services.storage.tables import now
from services.wiring import Services
from tests.api.caller import refusal

ME = "/api/auth/me"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer  ", "Basic dTpw", "{token}"])
def test_a_request_without_a_bearer_token_is_asked_for_one(
    app: Flask, user: Tokens, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header.format(token=user.access_token)}
    body = refusal(app.test_client().get(ME, headers=headers), 401)
    assert body["code"] == "MISSING_AUTHORIZATION"
    assert "Bearer" in body["suggestion"]


def test_the_scheme_may_be_written_in_any_case(app: Flask, user: Tokens) -> None:
    answer = app.test_client().get(ME, headers={"Authorization": f"bEARER {user.access_token}"})
    assert answer.get_json()["user"]["id"] == str(user.user.id)


def test_an_expired_token_is_told_from_a_wrong_one(app: Flask, services: Services, user: Tokens) -> None:
    yesterday = LocalAccounts(
        services.database, services.plans, services.settings, lambda: now() - timedelta(days=1)
    )
    old = yesterday.sign_in("user@example.org", "correct horse battery").access_token
    for token, code in ((old, "EXPIRED_TOKEN"), ("x.y.z", "INVALID_TOKEN")):
        answer = app.test_client().get(ME, headers={"Authorization": f"Bearer {token}"})
        assert refusal(answer, 401)["code"] == code


def test_a_token_that_this_server_did_not_sign_is_refused(app: Flask, user: Tokens) -> None:
    claims = jwt.decode(user.access_token, options={"verify_signature": False})
    forged = jwt.encode(claims, "another key, long enough to be one", algorithm="HS256")
    answer = app.test_client().get(ME, headers={"Authorization": f"Bearer {forged}"})
    assert refusal(answer, 401)["code"] == "INVALID_TOKEN"


def test_the_options_of_any_route_need_no_token(app: Flask) -> None:
    answer = app.test_client().options(ME)
    assert (answer.status_code, answer.data) == (204, b"")
