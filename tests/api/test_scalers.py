"""Scalers over HTTP: plain numbers to read, the old ZIP to download, new data truly scaled."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.api.world import World
from tests.builders import INPUTS, SCALERS, add_training, ready_session

SCALE = "/api/training/scale-data/{}"
ROWS = [[100.0, 10.0, 0.5, -0.5], [300.0, 30.0, 0.0, 1.0], [400.0, -10.0, 1.0, 0.0]]
SCALED = [[0.0, 0.0, 0.5, -0.5], [1.0, 1.0, 0.0, 1.0], [1.5, -1.0, 1.0, 0.0]]


@pytest.fixture
def session_id(world: World) -> UUID:
    found = ready_session(world.database, world.user_id)
    add_training(world.database, world.blobs, world.user_id, found)
    return found


def test_scalers_are_shown_in_feature_order(world: World, session_id: UUID) -> None:
    scalers = world.ok("GET", f"/api/training/scalers/{session_id}")["scalers"]
    assert scalers["input"] == SCALERS["input"]
    assert scalers["output"] == SCALERS["output"]
    assert scalers["metadata"]["input_features"] == INPUTS


def test_the_old_zip_is_streamed(world: World, session_id: UUID) -> None:
    answer = world.raw("GET", f"/api/training/scalers/{session_id}/download")
    assert answer.data.startswith(b"scalers_zip of")
    assert answer.mimetype == "application/zip"
    assert f"scalers_{session_id}_" in answer.headers["Content-Disposition"]


def test_without_a_training_there_are_no_scalers(world: World) -> None:
    empty = ready_session(world.database, world.user_id)
    for path in ("scalers/{}", "scalers/{}/download"):
        body = world.refused("GET", "/api/training/" + path.format(empty), 404)
        assert body["code"] == "SCALER_NOT_FOUND"
    assert (
        world.refused("POST", SCALE.format(empty), 404, json={"input_data": ROWS})["code"]
        == "SCALER_NOT_FOUND"
    )


@pytest.mark.parametrize(
    "data",
    [
        ROWS,
        [dict(zip(reversed(INPUTS), reversed(row), strict=True)) for row in ROWS],
        {name: [row[index] for row in ROWS] for index, name in reversed(list(enumerate(INPUTS)))},
    ],
    ids=["rows", "rows by name", "columns by name"],
)
def test_data_is_scaled_by_feature_whatever_the_order_of_names(
    world: World, session_id: UUID, data: Any
) -> None:
    body = world.ok("POST", SCALE.format(session_id), json={"input_data": data})
    assert body["scaled_data"] == SCALED
    first, *_, last = body["scaling_info"].values()
    assert first["scaled"] is True
    assert (first["original_range"], first["scaled_range"]) == ([100.0, 400.0], [0.0, 1.5])
    assert first["feature_range"] == [0, 1]
    assert (last["scaled"], bool(last["reason"])) == (False, True)
    metadata = body["metadata"]
    assert (metadata["original_shape"], metadata["scaled_shape"]) == ([3, 4], [3, 4])
    assert (metadata["features_scaled"], metadata["total_features"]) == (2, 4)
    assert metadata["saved_file_path"] is None


def test_scaled_data_can_be_kept_and_downloaded(world: World, session_id: UUID) -> None:
    body = world.ok("POST", SCALE.format(session_id), json={"input_data": ROWS, "save_scaled": True})
    name = body["metadata"]["saved_file_path"]
    answer = world.raw("GET", f"/api/training/download-model-h5/{session_id}?filename={name}")
    lines = answer.data.decode().split()
    assert lines[0] == "Load" or answer.data.decode().startswith("Load history,Temperature,D_sin,D_cos")
    assert "0.0,0.0,0.5,-0.5" in answer.data.decode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([[1.0, 2.0]], ["input_data[0]", "2 values", "4"]),
        ([[1.0, 2.0, 3.0, None]], ["input_data[0][3]", "D_cos"]),
        ([[1.0, 2.0, 3.0, True]], ["D_cos"]),
        ([[1.0, "2", 3.0, 4.0]], ["Temperature", "'2'"]),
        ({"Load history": [1.0]}, ["lacks", "Temperature"]),
        ({**{name: [1.0] for name in INPUTS}, "Wind": [1.0]}, ["unknown", "Wind"]),
        ({**{name: [1.0] for name in INPUTS}, "D_sin": [1.0, 2.0]}, ["same length"]),
        ([], ["input_data"]),
        ("1,2,3", ["input_data"]),
    ],
    ids=str,
)
def test_data_that_does_not_fit_the_features_is_refused(
    world: World, session_id: UUID, data: Any, words: list[str]
) -> None:
    body = world.refused("POST", SCALE.format(session_id), 422, json={"input_data": data})
    assert body["code"] == "INVALID_FEATURES"
    assert body["details"]["expected_features"] == INPUTS
    for word in words:
        assert word in body["error"], word


def test_missing_data_and_too_much_data_are_refused(world: World, session_id: UUID) -> None:
    body = world.refused("POST", SCALE.format(session_id), 422, json={})
    assert body["code"] == "MISSING_PREDICTION_INPUT"
    huge = {"input_data": [[0] * 4] * 250_001}
    assert world.refused("POST", SCALE.format(session_id), 413, json=huge)["code"] == "PAYLOAD_TOO_LARGE"
