"""The routes that show jobs, with work done by a worker process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.context import KEY
from tests.conftest import PASSWORD, signed_in

JOBS = "/api/v1/training/jobs"


@pytest.fixture
def jobs(toy_app: Flask) -> Any:
    return toy_app.extensions[KEY].jobs


@pytest.fixture
def caller(toy_app: Flask, tmp_path: Path) -> FlaskClient:
    tokens = toy_app.extensions[KEY].accounts.sign_up(f"{tmp_path.name}@example.org", PASSWORD)
    client = signed_in(toy_app, tokens)
    client.user_id = tokens.user.id  # type: ignore[attr-defined]
    return client


def submit(jobs: Any, caller: Any, workload: str, config: dict[str, Any], wait: float = 20) -> str:
    job = jobs.submit(caller.user_id, workload, config)
    return str(jobs.wait(caller.user_id, job.id, wait).id)


def test_a_finished_job_is_shown_with_its_metrics(jobs: Any, caller: FlaskClient) -> None:
    job_id = submit(jobs, caller, "toy_metrics", {"n": 3})
    body = caller.get(f"{JOBS}/{job_id}").get_json()
    job = body["job"]
    assert (job["status"], job["progress_percent"], job["current_epoch"]) == ("completed", 100.0, 3)
    progress = job["progress"]
    assert (progress["job_id"], progress["workload"], progress["seq"]) == (
        job_id,
        "toy_metrics",
        job["last_seq"],
    )
    assert (progress["status"], progress["percent"], progress["eta_s"]) == ("completed", 100.0, 0.0)
    assert (progress["non_finite"], progress["best"]) == (
        [],
        {"epoch": 3, "metric": "val_loss", "value": 1 / 3},
    )
    assert progress["memory"]["allocated_mb"] > 10
    assert job["config"] == {"n": 3, "late": 0}
    assert [row["epoch"] for row in body["recent_metrics"]] == [3, 2, 1]
    newest = body["recent_metrics"][0]
    assert newest["train_loss"] == newest["loss"] == newest["val_loss"] == pytest.approx(1 / 3)
    assert (newest["train_accuracy"], newest["learning_rate"]) == (None, None)
    assert job["metrics"]["train_loss"] == job["train_loss"]
    assert (job["job_name"], job["celery_task_id"], job["error_message"]) == ("toy_metrics", None, None)
    points = caller.get(f"{JOBS}/{job_id}/metrics?keys=val_loss&after_step=0&limit=2").get_json()["metrics"]
    assert [(point["step"], point["value"]) for point in points] == [(1, None), (2, 0.5)]
    listed = caller.get(f"{JOBS}?status=completed&workload=toy_metrics&limit=1").get_json()
    assert [each["id"] for each in listed["jobs"]] == [job_id]
    assert (listed["total"], listed["limit"], listed["offset"]) == (1, 1, 0)


def test_metrics_are_points_newest_first_or_whole_curves_in_columns(jobs: Any, caller: FlaskClient) -> None:
    url = f"{JOBS}/{submit(jobs, caller, 'toy_metrics', {'n': 30})}/metrics"
    newest = caller.get(f"{url}?limit=3&keys=loss").get_json()["metrics"]
    assert [(point["step"], point["value"]) for point in newest] == [(30, None), (29, 1 / 29), (28, 1 / 28)]
    few = caller.get(f"{url}?max_points=8&form=columns&keys=loss").get_json()["curves"]["loss"]
    assert (few["step"][0], few["step"][-1], len(few["step"]) <= 8) == (1, 30, True)
    assert (few["value"][0], few["value"][-1], set(few["attempt"])) == (1.0, None, {1})
    same = caller.get(f"{url}?max_points=8&keys=loss").get_json()["metrics"]
    assert [(point["step"], point["value"]) for point in same] == list(
        zip(few["step"], few["value"], strict=True)
    )
    ranged = caller.get(f"{url}?from_step=5&to_step=6&attempt=1&form=columns").get_json()["curves"]
    assert {key: curve["step"] for key, curve in ranged.items()} == {"loss": [5, 6], "val_loss": [5, 6]}


@pytest.mark.parametrize(
    "query",
    [
        "?limit=0",
        "?limit=10001",
        "?max_points=3",
        "?max_points=5001",
        "?limit=5&max_points=5",
        "?order=up",
        "?form=csv",
        "?attempt=0",
        "?attempt=last",
        "?from_step=x",
        "?colour=red",
    ],
)
def test_metrics_refuse_what_they_do_not_understand(jobs: Any, caller: Any, query: str) -> None:
    job_id = submit(jobs, caller, "toy_count", {}, wait=0)
    answer = caller.get(f"{JOBS}/{job_id}/metrics{query}")
    assert (answer.status_code, answer.get_json()["success"]) == (400, False)
    assert query.strip("?").split("=")[0] in answer.get_json()["error"]


def test_a_nan_loss_ends_failed_with_its_reason_and_json_stays_valid(jobs: Any, caller: Any) -> None:
    url = f"{JOBS}/{submit(jobs, caller, 'toy_fail', {'how': 'diverged'})}"
    answers = {path: caller.get(url + path).get_data(as_text=True) for path in ("", "/metrics", "/events")}
    body, metrics, _ = (json.loads(text, parse_constant=pytest.fail) for text in answers.values())
    job = body["job"]
    assert (job["status"], job["reason"], job["error"]["code"]) == ("failed", "nan_loss", "TRAINING_DIVERGED")
    assert "LEARNING_RATE" in job["error"]["suggestion"]
    assert (job["progress"]["non_finite"], job["progress"]["metrics"]) == (["loss"], {"loss": None})
    assert (job["progress"]["best"]["value"], job["progress"]["eta_s"]) == (0.5, None)
    assert [point["value"] for point in metrics["metrics"]] == [None, 0.5], "what was measured before stays"


def test_the_progress_of_a_job_has_one_shape_from_its_first_moment_on(jobs: Any, caller: Any) -> None:
    waiting = jobs.submit(caller.user_id, "toy_count", {})
    before = caller.get(f"{JOBS}/{waiting.id}").get_json()["job"]["progress"]
    after = caller.get(f"{JOBS}/{submit(jobs, caller, 'toy_count', {})}").get_json()["job"]["progress"]
    assert set(before) == set(after)
    assert "eta_at" in before


def test_events_are_read_from_where_one_left_off(jobs: Any, caller: FlaskClient) -> None:
    job_id = submit(jobs, caller, "toy_count", {"n": 2})
    body = caller.get(f"{JOBS}/{job_id}/events").get_json()
    assert [event["seq"] for event in body["events"]] == list(range(1, body["last_seq"] + 1))
    assert [event["type"] for event in body["events"]][:2] == ["queued", "started"]
    rest = caller.get(f"{JOBS}/{job_id}/events?after_seq={body['last_seq'] - 1}").get_json()
    assert [event["type"] for event in rest["events"]] == ["completed"]


def test_artifacts_are_listed_and_downloaded(jobs: Any, caller: FlaskClient, tmp_path: Path) -> None:
    job_id = submit(jobs, caller, "toy_gated", {"folder": str(tmp_path), "place": "none"})
    artifacts = caller.get(f"{JOBS}/{job_id}/artifacts").get_json()["artifacts"]
    assert [artifact["name"] for artifact in artifacts] == ["model.bin", "only-1.bin"]
    with caller.get(f"{JOBS}/{job_id}/artifacts/model.bin") as answer:
        assert (answer.data, answer.mimetype) == (b"attempt 1", "application/x-toy")
    missing = caller.get(f"{JOBS}/{job_id}/artifacts/other.bin")
    assert (missing.status_code, missing.get_json()["code"]) == (404, "ARTIFACT_NOT_FOUND")
    lines = caller.get(f"{JOBS}/{job_id}/logs").get_json()["logs"]
    assert [line["message"] for line in lines] == ["recorded"]
    assert caller.get(f"{JOBS}/{job_id}/logs?after={lines[0]['id']}").get_json()["logs"] == []


@pytest.mark.parametrize(
    "query",
    [
        "?limit=0",
        "?limit=many",
        "?offset=-1",
        "?status=done",
        "?colour=red",
        "?session_id=..",
        "?order=best",
        "?priority=urgent",
    ],
)
def test_a_list_refuses_what_it_does_not_understand(caller: FlaskClient, query: str) -> None:
    answer = caller.get(JOBS + query)
    assert answer.status_code == 400
    assert answer.get_json()["success"] is False


RECORDS = ("events", "metrics", "logs", "artifacts", "attempts", "checkpoints", "tasks", "evidence")
PATHS = ["", *(f"/{name}" for name in RECORDS), "/evidence/stats", "/artifacts/model.bin"]


@pytest.mark.parametrize("path", PATHS)
def test_another_users_job_is_not_found(
    jobs: Any, toy_app: Flask, caller: Any, tmp_path: Path, path: str
) -> None:
    tokens = toy_app.extensions[KEY].accounts.sign_up(f"stranger-{tmp_path.name}@example.org", PASSWORD)
    job_id = submit(jobs, caller, "toy_count", {}, wait=0)
    answer = signed_in(toy_app, tokens).get(f"{JOBS}/{job_id}{path}")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "JOB_NOT_FOUND")
    assert caller.get(f"{JOBS}/no-uuid{path}").status_code == 404
    assert toy_app.test_client().get(f"{JOBS}/{job_id}{path}").status_code == 401
