"""flask plans and flask users: what an operator types, and what it does to those who sign in."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.accounts import Tokens
from services.errors import AppError
from services.wiring import Services
from tests.builders import ready_session
from tests.conftest import PASSWORD

EMAIL = "user@example.org"


@pytest.fixture
def flask(app: Flask, user: Tokens) -> FlaskCommands:
    return FlaskCommands(app)


class FlaskCommands:
    def __init__(self, app: Flask) -> None:
        self._runner = app.test_cli_runner()

    def __call__(self, *words: str, status: int = 0) -> str:
        result = self._runner.invoke(args=words)
        assert result.exit_code == status, result.output
        return result.output.strip()


def test_a_limit_that_is_set_holds_from_the_next_request(flask: FlaskCommands, client: FlaskClient) -> None:
    assert "max_training_runs_per_month    200" in flask("plans", "list")
    flask("plans", "set", "standard", "max_training_runs_per_month", "7")
    flask("plans", "set", "standard", "total_compute_hours", "1.5")
    counters = client.get("/api/v1/usage").get_json()["counters"]
    assert counters["training"]["limit"] == 7
    assert counters["compute_minutes"]["limit"] == 90
    flask("plans", "set", "standard", "max_training_runs_per_month", "unlimited")
    assert client.get("/api/v1/usage").get_json()["counters"]["training"]["limit"] is None


@pytest.mark.parametrize(
    "words",
    [
        ("plans", "set", "standard", "max_api_keys", "many"),
        ("plans", "set", "standard", "max_api_keys", "-2"),
        ("plans", "set", "standard", "max_api_keys", "1.5"),
        ("plans", "set", "standard", "max_storage_gb", "nan"),
        ("plans", "set", "standard", "can_use_training", "3"),
        ("plans", "set", "golden", "max_api_keys", "3"),
        ("plans", "add", "free", "--name", "Free"),
        ("users", "set-plan", EMAIL, "golden"),
        ("users", "usage", "nobody@example.org"),
        ("users", "block", "nobody@example.org"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(flask: FlaskCommands, words: tuple[str, ...]) -> None:
    said = flask(*words, status=1)
    assert said.startswith("Error: ") and "\n" not in said and "Traceback" not in said


def test_another_plan_keeps_the_month(flask: FlaskCommands, client: FlaskClient) -> None:
    before = client.get("/api/v1/usage").get_json()["period"]
    flask("plans", "add", "team", "--name", "Team", "--like", "free")
    flask("users", "set-plan", EMAIL, "team")
    after = client.get("/api/v1/usage").get_json()
    assert (after["plan"]["id"], after["plan"]["can_use_training"]) == ("team", False)
    assert after["period"] == before
    assert json.loads(flask("users", "usage", EMAIL))["plan"]["name"] == "Team"
    assert f"{EMAIL:<40} team" in flask("users", "list")


def test_a_blocked_account_is_not_let_in_until_it_is_unblocked(
    flask: FlaskCommands, client: FlaskClient, services: Services, user: Tokens
) -> None:
    flask("users", "block", EMAIL)
    answer = client.get("/api/auth/me")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "ACCOUNT_BLOCKED")
    with pytest.raises(AppError) as error:
        services.accounts.sign_in(EMAIL, PASSWORD)
    assert error.value.code == "ACCOUNT_BLOCKED"
    with pytest.raises(AppError):
        services.accounts.refresh(user.refresh_token)
    assert "blocked since" in flask("users", "list")
    flask("users", "unblock", EMAIL)
    assert client.get("/api/auth/me").get_json()["code"] == "SIGNED_OUT"  # what was signed in stays out
    assert services.accounts.sign_in(EMAIL, PASSWORD).user.email == EMAIL


def test_a_new_password_ends_every_sign_in(flask: FlaskCommands, services: Services, user: Tokens) -> None:
    password = flask("users", "reset-password", EMAIL)
    with pytest.raises(AppError):
        services.accounts.sign_in(EMAIL, PASSWORD)
    with pytest.raises(AppError):
        services.accounts.refresh(user.refresh_token)
    assert services.accounts.sign_in(EMAIL, password).user.email == EMAIL


def test_a_deleted_account_leaves_nothing(flask: FlaskCommands, services: Services, user: Tokens) -> None:
    ready_session(services.database, user.user.id)
    said = flask("users", "delete", EMAIL, "--yes")
    assert "'sessions': 1" in said
    with pytest.raises(AppError):
        services.accounts.sign_in(EMAIL, PASSWORD)
    assert services.accounts.sign_up(EMAIL, PASSWORD).user.id != user.user.id
