"""Predictions over HTTP: windows by order or by name, in the trained order; refused where they do not fit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.storage.tables import JobRow
from tests.api.world import World
from tests.builders import INPUTS, SCALERS, add_training, ready_session, working

PREDICT = "/api/training/predict/{}"
WINDOW = [[100.0 + step, 20.0, 0.5, -0.5] for step in range(4)]
BY_NAME = [dict(zip(reversed(INPUTS), reversed(row), strict=True)) for row in WINDOW]


@pytest.fixture
def session_id(world: World) -> UUID:
    return ready_session(world.database, world.user_id)


@pytest.fixture
def trained(world: World, session_id: UUID) -> str:
    return str(add_training(world.database, world.blobs, world.user_id, session_id))


def outcome(job: JobRow) -> dict[str, Any]:
    """Three steps of one output for every window."""
    return {
        "predictions": [[[1.0], [2.0], [3.0]] for _ in job.config["input_data"]],
        "output_features": ["Load"],
        "quantiles": {"0.1": [[[0.5], [1.0], [1.5]] for _ in job.config["input_data"]]},
        "no_quantiles": None,
    }


@pytest.mark.parametrize(
    ("data", "count"),
    [(WINDOW, 1), ([WINDOW], 1), ([WINDOW, WINDOW], 2), (BY_NAME, 1), ([BY_NAME, WINDOW], 2)],
    ids=["one window", "3-D of one", "3-D of two", "by name", "mixed"],
)
def test_windows_reach_the_model_in_the_order_of_the_training(
    world: World, session_id: UUID, trained: str, data: Any, count: int
) -> None:
    with working(world.database, world.bus, outcome):
        body = world.ok("POST", PREDICT.format(session_id), json={"input_data": data})
    assert body["predictions"] == [[[1.0], [2.0], [3.0]]] * count
    assert body["output_features"] == ["Load"]
    assert (body["quantiles"], body["no_quantiles"]) == ({"0.1": [[[0.5], [1.0], [1.5]]] * count}, None)
    assert (body["input_count"], body["scaling_applied"]) == (count, True)
    assert body["model_used"].startswith("LIN_") and body["timestamp"]
    config = world.job(body["job_id"]).config
    assert config["input_data"] == [WINDOW] * count
    assert config["scalers"] == SCALERS
    assert config["bundle_key"].endswith("model_bundle.zip")


def test_a_model_is_chosen_by_its_job_or_by_its_file(world: World, session_id: UUID, trained: str) -> None:
    newer = str(add_training(world.database, world.blobs, world.user_id, session_id, mode="Dense", days=1))
    models = world.ok("GET", f"/api/training/list-models-database/{session_id}")["data"]["models"]
    older = next(model["filename"] for model in models if model["job_id"] == trained)
    for choice, expected in (
        ({}, newer),
        ({"job_id": trained}, trained),
        ({"model_filename": older}, trained),
    ):
        with working(world.database, world.bus, outcome):
            body = world.ok("POST", PREDICT.format(session_id), json={"input_data": WINDOW, **choice})
        assert body["trained_job_id"] == expected
    contradiction = {"input_data": WINDOW, "job_id": newer, "model_filename": older}
    world.refused("POST", PREDICT.format(session_id), 422, json=contradiction)


def test_a_caller_may_scale_by_himself(world: World, session_id: UUID, trained: str) -> None:
    request = {"input_data": WINDOW, "apply_scaling": False}
    with working(world.database, world.bus, outcome):
        body = world.ok("POST", PREDICT.format(session_id), json=request)
    assert body["scaling_applied"] is False
    assert world.job(body["job_id"]).config["apply_scaling"] is False


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (WINDOW[:3], ["4 rows", "3"]),
        ([WINDOW, WINDOW[:2]], ["input_data[1]", "2"]),
        ([row[:3] for row in WINDOW], ["3 values", "4"]),
        ([[*row, 1.0] for row in WINDOW], ["5 values"]),
        ([{**row, "Wind": 1.0} for row in BY_NAME], ["unknown", "Wind"]),
        ([{"Load history": 1.0}] * 4, ["lacks", "Temperature"]),
        ([[None, *row[1:]] for row in WINDOW], ["Load history"]),
        ([["7", *row[1:]] for row in WINDOW], ["'7'"]),
        ([1.0, 2.0, 3.0, 4.0], ["input_data"]),
        ([[[WINDOW]]], ["input_data"]),
        ("window", ["input_data"]),
        ({"Load history": [1.0]}, ["input_data"]),
    ],
    ids=str,
)
def test_windows_that_do_not_fit_name_the_place_and_what_is_expected(
    world: World, session_id: UUID, trained: str, data: Any, words: list[str]
) -> None:
    body = world.refused("POST", PREDICT.format(session_id), 422, json={"input_data": data})
    assert body["code"] == "INVALID_FEATURES"
    assert body["details"]["expected_features"] == INPUTS
    for word in words:
        assert word in body["error"], word


def test_numbers_beyond_all_bounds_are_refused(world: World, session_id: UUID, trained: str) -> None:
    for text in ("1e999", "1" + "0" * 400):
        data = f'{{"input_data": [[{text},0,0,0],[0,0,0,0],[0,0,0,0],[0,0,0,0]]}}'
        body = world.refused(
            "POST", PREDICT.format(session_id), 422, data=data, content_type="application/json"
        )
        assert "finite" in body["error"]


@pytest.mark.parametrize(
    "request_body", [{"job_id": None}, {"input_data": None}, {"input_data": []}], ids=str
)
def test_a_request_without_windows_says_what_to_send(
    world: World, session_id: UUID, trained: str, request_body: dict[str, Any]
) -> None:
    body = world.refused("POST", PREDICT.format(session_id), 422, json=request_body)
    assert body["code"] == "MISSING_PREDICTION_INPUT"
    assert body["details"] == {"expected_features": INPUTS, "steps": 4}


def test_the_model_must_exist_and_be_named_without_a_path(world: World, session_id: UUID) -> None:
    request = {"input_data": WINDOW}
    assert world.refused("POST", PREDICT.format(session_id), 404, json=request)["code"] == "MODEL_NOT_FOUND"
    for name, status, code in (
        ("../best.npz", 400, "INVALID_MODEL_FILENAME"),
        (7, 400, "INVALID_MODEL_FILENAME"),
        ("best.npz", 404, "MODEL_NOT_FOUND"),
    ):
        body = world.refused(
            "POST", PREDICT.format(session_id), status, json={**request, "model_filename": name}
        )
        assert body["code"] == code


def test_a_prediction_that_fails_tells_why(world: World, session_id: UUID, trained: str) -> None:
    error = {"code": "PREDICTION_ERROR", "error": "The model gave values that are no finite numbers"}
    with working(world.database, world.bus, lambda job: error):
        body = world.refused("POST", PREDICT.format(session_id), 422, json={"input_data": WINDOW})
    assert (body["code"], body["error"]) == ("PREDICTION_ERROR", error["error"])
