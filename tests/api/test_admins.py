"""Admins, whom the operator names: they see everybody's jobs and may stop them; nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.context import KEY
from app import create_app
from services.accounts import Tokens
from services.settings import Settings, SettingsError
from services.wiring import Services
from tests.conftest import PASSWORD, signed_in

JOBS = "/api/v1/training/jobs"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return Settings.from_env(
        {
            "DATA_DIR": str(settings.data_dir),
            "TRAINYARD_WORKERS": "0",
            "TRAINYARD_ADMINS": "boss@example.org, Chief@Example.org",
            "TRAINYARD_EXTRA_WORKLOADS": "tests.toy_workloads",
        }
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    app.extensions[KEY].database.close()


@pytest.fixture
def boss(app: Flask, services: Services) -> FlaskClient:
    return signed_in(app, services.accounts.sign_up("boss@example.org", PASSWORD))


@pytest.fixture
def job(services: Services, user: Tokens) -> UUID:
    return services.jobs.submit(user.user.id, "toy_learn", {}).id


def test_a_caller_is_told_whether_an_admin(app: Flask, services: Services, boss: FlaskClient) -> None:
    chief = signed_in(app, services.accounts.sign_up("chief@example.org", PASSWORD))
    other = signed_in(app, services.accounts.sign_up("other@example.org", PASSWORD))
    said = [each.get("/api/auth/me").get_json()["admin"] for each in (boss, chief, other)]
    assert said == [True, True, False]


def test_an_admin_lists_everybodys_jobs_with_their_owners(
    boss: FlaskClient, job: UUID, services: Services, stranger: Tokens
) -> None:
    services.jobs.submit(stranger.user.id, "toy_count", {})
    listed = boss.get(f"{JOBS}?owner=all&order=oldest").get_json()
    assert [(each["workload"], each["owner"]) for each in listed["jobs"]] == [
        ("toy_learn", "user@example.org"),
        ("toy_count", "stranger@example.org"),
    ]
    assert listed["total"] == 2
    page = boss.get(f"{JOBS}?owner=all&limit=1").get_json()
    assert "owner=all" in page["next"]
    assert boss.get(JOBS).get_json()["jobs"] == [], "without it, their own"


def test_who_is_no_admin_sees_and_changes_nothing_of_others(
    app: Flask, services: Services, job: UUID, user: Tokens, stranger: Tokens
) -> None:
    other = signed_in(app, stranger)
    refused = other.get(f"{JOBS}?owner=all")
    assert (refused.status_code, refused.get_json()["code"]) == (403, "NOT_AN_ADMIN")
    assert "toy_learn" not in refused.get_data(as_text=True)
    for action in ("pause", "finish", "cancel"):
        answer = other.post(f"{JOBS}/{job}/{action}")
        assert (answer.status_code, answer.get_json()["code"]) == (404, "JOB_NOT_FOUND")
    assert other.patch(f"{JOBS}/{job}", json={"priority": "low"}).status_code == 404
    found = services.jobs.get(user.user.id, job)
    assert (found.status, found.priority) == ("queued", "normal")


def test_an_admin_stops_and_ranks_the_jobs_of_others_and_no_more(
    boss: FlaskClient, job: UUID, services: Services, user: Tokens
) -> None:
    def now() -> Any:
        found = services.jobs.get(user.user.id, job)
        return found.status, found.priority, found.name

    assert boss.patch(f"{JOBS}/{job}", json={"priority": "high"}).status_code == 200
    assert now() == ("queued", "high", None)
    assert boss.patch(f"{JOBS}/{job}", json={"priority": "low", "name": "Mine now"}).status_code == 404
    assert boss.post(f"{JOBS}/{job}/finish").status_code == 409, "it does not work yet"
    assert boss.post(f"{JOBS}/{job}/pause").status_code == 200
    assert now() == ("paused", "high", None)
    for method, path in (("POST", "/resume"), ("POST", "/restart"), ("DELETE", ""), ("GET", "")):
        assert boss.open(f"{JOBS}/{job}{path}", method=method).status_code == 404, (
            "that is its owner's affair"
        )
    assert boss.post(f"{JOBS}/{job}/cancel").status_code == 200
    assert now() == ("cancelled", "high", None)


def test_an_unknown_owner_is_refused(boss: FlaskClient) -> None:
    answer = boss.get(f"{JOBS}?owner=user@example.org")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "BAD_REQUEST")


def test_a_list_may_be_of_several_statuses(app: Flask, services: Services, user: Tokens, job: UUID) -> None:
    services.jobs.pause(user.user.id, services.jobs.submit(user.user.id, "toy_count", {}).id)
    mine = signed_in(app, user)
    listed = mine.get(f"{JOBS}?status=paused,running").get_json()["jobs"]
    assert [each["workload"] for each in listed] == ["toy_count"]
    assert mine.get(f"{JOBS}?status=paused,queued").get_json()["total"] == 2
    totals = [mine.get(f"{JOBS}?lane={lane}").get_json()["total"] for lane in ("training", "interactive")]
    assert totals == [2, 0]
    assert mine.get(f"{JOBS}?lane=fast").status_code == 400
    assert mine.get(f"{JOBS}?status=paused,lost").status_code == 400


def test_what_is_no_address_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"TRAINYARD_ADMINS.*'boss' is no e-mail address"):
        Settings.from_env({"DATA_DIR": str(tmp_path), "TRAINYARD_ADMINS": "boss"})
