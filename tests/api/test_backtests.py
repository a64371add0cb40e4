"""Backtests over HTTP: queued as a snapshot, wrong fields and too few rows are named at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from services.storage.tables import FileRow
from tests.api.world import World
from tests.builders import START, add_job, add_session, forecast_config, ready_session

BACKTEST = "/api/training/backtest/{}"
LIN = {"model_parameters": {"MODE": "LIN"}}


def with_days(world: World, days: int) -> UUID:
    """A session whose files hold so many days."""
    session_id = ready_session(world.database, world.user_id)
    first = datetime(2026, 1, 1, tzinfo=UTC)
    span = {"utc_min": first, "utc_max": first + timedelta(days=days)}
    with world.database.write() as tx:
        tx.execute(update(FileRow).where(FileRow.session_id == session_id).values(**span))
    return session_id


def test_a_backtest_is_queued_with_everything_it_follows_from(world: World) -> None:
    session_id = with_days(world, 200)
    folds = {
        "count": 4,
        "step_hours": 240,
        "test_hours": 120,
        "refit": True,
        "window": "sliding",
        "embargo_hours": 72,
        "validation_percent": 25,
        "holdout_percent": 10,
        "evaluate_holdout": True,
    }
    body = world.accepted("POST", BACKTEST.format(session_id), json={**LIN, "folds": folds})
    assert (body["status"], body["queue_position"]) == ("queued", 1)
    job = world.job(body["job_id"])
    assert job.workload == "backtest"
    assert job.config["folds"] == folds
    assert job.config["model"]["MODE"] == "LIN"
    told = world.ok("GET", BACKTEST.format(session_id))
    assert (told["status"], told["progress"], told["results"]) == ("queued", 0, None)


def test_without_folds_there_are_five_and_null_means_the_default(world: World) -> None:
    session_id = with_days(world, 200)
    body = world.accepted("POST", BACKTEST.format(session_id), json={**LIN, "folds": {"step_hours": None}})
    folds = world.job(body["job_id"]).config["folds"]
    assert (folds["count"], folds["refit"], folds["window"]) == (5, True, "expanding")
    assert (folds["step_hours"], folds["test_hours"], folds["holdout_percent"]) == (None, None, 0)


@pytest.mark.parametrize(
    ("request_body", "words"),
    [
        ({"folds": {}}, ["model_parameters"]),
        ({"model_parameters": {"MODE": "Magic"}}, ["model_parameters.MODE", "Magic"]),
        ({**LIN, "folds": [5]}, ["folds", "object"]),
        ({**LIN, "folds": {"count": 1}}, ["folds.count", "1", "2"]),
        ({**LIN, "folds": {"count": 201}}, ["folds.count", "201", "200"]),
        ({**LIN, "folds": {"count": 2.5}}, ["folds.count", "2.5"]),
        ({**LIN, "folds": {"step_hours": 0}}, ["folds.step_hours", "0"]),
        ({**LIN, "folds": {"test_hours": "24"}}, ["folds.test_hours", "24"]),
        ({**LIN, "folds": {"refit": 1}}, ["folds.refit", "1"]),
        ({**LIN, "folds": {"window": "growing"}}, ["folds.window", "growing", "expanding"]),
        ({**LIN, "folds": {"window": "sliding", "refit": False}}, ["folds", "sliding"]),
        ({**LIN, "folds": {"embargo_hours": -1}}, ["folds.embargo_hours", "-1"]),
        ({**LIN, "folds": {"validation_percent": 51}}, ["folds.validation_percent", "51", "50"]),
        ({**LIN, "folds": {"holdout_percent": 80}}, ["folds.holdout_percent", "80", "50"]),
        ({**LIN, "folds": {"evaluate_holdout": True}}, ["folds", "holdout_percent"]),
        ({**LIN, "folds": {"folds": 3}}, ["folds.folds"]),
        ({**LIN, "max_gap_minutes": 0}, ["max_gap_minutes"]),
        ({**LIN, "allow_parallel": "yes"}, ["allow_parallel"]),
    ],
    ids=str,
)
def test_a_request_that_cannot_be_backtested_names_field_and_value(
    world: World, request_body: dict[str, Any], words: list[str]
) -> None:
    session_id = with_days(world, 200)
    body = world.refused("POST", BACKTEST.format(session_id), 422, json=request_body)
    assert body["code"] == "INVALID_MODEL_PARAMS"
    assert body["suggestion"]
    for word in words:
        assert word in body["error"], word
    assert world.jobs(session_id) == []


def test_an_unknown_field_of_the_body_is_refused_by_name(world: World) -> None:
    session_id = with_days(world, 200)
    body = world.refused("POST", BACKTEST.format(session_id), 400, json={**LIN, "training_split": {}})
    assert "training_split" in body["error"]


@pytest.mark.parametrize(
    ("days", "folds", "code", "words"),
    [
        (8, {"count": 5, "test_hours": 48}, "NOT_ENOUGH_SAMPLES", ["5 folds", "48 h", "146 samples"]),
        (200, {"embargo_hours": 12}, "EMBARGO_TOO_SHORT", ["12", "47"]),
    ],
)
def test_too_little_for_the_folds_is_said_in_numbers_before_anything_is_queued(
    world: World, days: int, folds: dict[str, Any], code: str, words: list[str]
) -> None:
    session_id = with_days(world, days)
    body = world.refused("POST", BACKTEST.format(session_id), 422, json={**LIN, "folds": folds})
    assert body["code"] == code
    assert body["suggestion"]
    for word in words:
        assert word in body["error"], word
    assert world.jobs(session_id) == []


def test_a_second_backtest_is_refused_unless_parallel_is_wanted(world: World) -> None:
    session_id = with_days(world, 200)
    world.accepted("POST", BACKTEST.format(session_id), json=LIN)
    assert world.refused("POST", BACKTEST.format(session_id), 409, json=LIN)["code"] == "TRAINING_IN_PROGRESS"
    world.accepted("POST", BACKTEST.format(session_id), json={**LIN, "allow_parallel": True})


def test_the_newest_backtest_is_told_and_an_earlier_one_by_its_job(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    jobs = [
        add_job(
            world.database,
            world.user_id,
            session_id,
            "backtest",
            status="completed",
            outcome={"results": {"pooled": number}},
            created_at=START + timedelta(hours=number),
            finished_at=START + timedelta(hours=number + 1),
        )
        for number in (1, 2)
    ]
    newest = world.ok("GET", BACKTEST.format(session_id))
    assert (newest["job_id"], newest["results"], newest["progress"]) == (str(jobs[1]), {"pooled": 2}, 100)
    earlier = world.ok("GET", BACKTEST.format(session_id) + f"?job_id={jobs[0]}")
    assert earlier["results"] == {"pooled": 1}


def test_a_session_without_backtest_and_a_job_of_another_kind_are_not_found(world: World) -> None:
    session_id = add_session(world.database, world.user_id)
    body = world.refused("GET", BACKTEST.format(session_id), 404)
    assert (body["code"], "POST" in body["suggestion"]) == ("BACKTEST_NOT_FOUND", True)
    other = add_job(world.database, world.user_id, session_id, config=forecast_config(session_id))
    assert world.refused("GET", BACKTEST.format(session_id) + f"?job_id={other}", 404)["code"] == body["code"]
