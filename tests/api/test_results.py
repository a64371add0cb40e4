"""Results over HTTP: trainings side by side, tables that can be edited, an archive, and no pickle."""

from __future__ import annotations

import copy
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.world import World
from tests.builders import add_dataset_job, add_job, add_session, add_training, ready_session

TABLES = "/api/training/evaluation-tables/{}"
SAVE = "/api/training/save-evaluation-tables/{}"


@pytest.fixture
def session_id(world: World) -> UUID:
    return ready_session(world.database, world.user_id, n_dat=500)


@pytest.fixture
def trainings(world: World, session_id: UUID) -> list[str]:
    """Two completed trainings, the older first."""
    return [
        str(add_training(world.database, world.blobs, world.user_id, session_id, mode=mode, days=days))
        for days, mode in enumerate(("LIN", "Dense"))
    ]


@pytest.mark.parametrize("route", ["results", "get-training-results"])
def test_results_show_the_newest_completed_training(
    world: World, session_id: UUID, trainings: list[str], route: str
) -> None:
    add_job(world.database, world.user_id, session_id, status="failed")
    body = world.ok("GET", f"/api/training/{route}/{session_id}")
    (record,) = body["results"]
    assert (record["job_id"], record["results"]["model_type"]) == (trainings[1], "Dense")
    assert (body["count"], body["n_dat"]) == (1, 500)
    assert record["results"]["skill"]["Load"]["skill"] == 0.5


def test_all_trainings_stand_side_by_side_newest_first(
    world: World, session_id: UUID, trainings: list[str]
) -> None:
    body = world.ok("GET", f"/api/training/results/{session_id}?all=true")
    assert [record["job_id"] for record in body["results"]] == trainings[::-1]
    assert body["count"] == 2


def test_one_training_can_be_named(world: World, session_id: UUID, trainings: list[str]) -> None:
    body = world.ok("GET", f"/api/training/results/{session_id}?job_id={trainings[0]}")
    assert body["results"][0]["results"]["model_type"] == "LIN"


def test_arguments_that_cannot_be_meant_are_refused(world: World, session_id: UUID) -> None:
    path = f"/api/training/results/{session_id}"
    assert world.refused("GET", f"{path}?job_id=7", 400)["code"] == "BAD_UUID"
    assert "everything" in world.refused("GET", f"{path}?everything=1", 400)["error"]
    assert world.refused("GET", f"{path}?all=perhaps", 400)["code"] == "BAD_REQUEST"


def test_before_a_training_there_are_no_results(world: World, session_id: UUID) -> None:
    for path in ("results/{}", "results/{}?all=true", "download-archive/{}"):
        body = world.refused("GET", "/api/training/" + path.format(session_id), 404)
        assert body["code"] == "RESULTS_NOT_FOUND"
        assert "train-models" in body["suggestion"]
    body = world.refused("GET", TABLES.format(session_id), 404)
    assert body["code"] == "EVALUATION_TABLES_NOT_FOUND"


def test_a_job_of_another_session_does_not_exist_here(
    world: World, session_id: UUID, trainings: list[str]
) -> None:
    other = add_session(world.database, world.user_id)
    for path in ("results/{}", "evaluation-tables/{}", "download-archive/{}", "visualizations/{}"):
        where = "/api/training/" + path.format(other)
        assert world.refused("GET", f"{where}?job_id={trainings[0]}", 404)["code"] == "JOB_NOT_FOUND"
        assert world.refused("GET", f"{where}?job_id={uuid4()}", 404)["code"] == "JOB_NOT_FOUND"


def test_the_summary_counts_what_a_session_has(world: World, session_id: UUID, trainings: list[str]) -> None:
    add_dataset_job(world.database, world.blobs, world.user_id, session_id)
    body = world.ok("GET", f"/api/training/results-summary/{session_id}")
    assert body["n_dat"] == 500
    assert body["workflow_phase"] == "completed"
    assert body["has_training_results"] and body["has_trained_model"] and body["has_violin_plots"]
    assert body["model_count"] == 2
    assert "input_Temperature" in body["violin_plot_types"]


def test_the_summary_of_an_empty_session_is_all_no(world: World) -> None:
    body = world.ok("GET", f"/api/training/results-summary/{add_session(world.database, world.user_id)}")
    assert body["workflow_phase"] == "upload"
    assert not (body["has_training_results"] or body["has_trained_model"] or body["has_violin_plots"])
    assert (body["model_count"], body["n_dat"]) == (0, None)


def test_the_archive_of_a_training_is_streamed(world: World, session_id: UUID, trainings: list[str]) -> None:
    answer = world.raw("GET", f"/api/training/download-archive/{session_id}?job_id={trainings[0]}")
    assert answer.data == f"archive of {trainings[0]}".encode()
    assert answer.mimetype == "application/zip"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert f"LIN_{trainings[0]}.zip" in answer.headers["Content-Disposition"]


def test_the_evaluation_of_a_training_is_shown_in_full(
    world: World, session_id: UUID, trainings: list[str]
) -> None:
    where = f"/api/training/evaluation/{session_id}"
    newest = world.ok("GET", where)
    assert (newest["job_id"], newest["of"]) == (trainings[1], "Dense")
    assert newest["horizon"]["Load"]["MAE"] == [0.5, 0.6, 0.7]
    assert world.ok("GET", f"{where}?job_id={trainings[0]}")["of"] == "LIN"
    empty = add_session(world.database, world.user_id)
    body = world.refused("GET", f"/api/training/evaluation/{empty}", 404)
    assert body["code"] == "EVALUATION_NOT_FOUND" and body["suggestion"]


def test_an_edited_table_is_kept(world: World, session_id: UUID, trainings: list[str]) -> None:
    tables = world.ok("GET", TABLES.format(session_id))
    assert tables["job_id"] == trainings[1]
    edited = copy.deepcopy({name: tables[name] for name in ("df_eval", "df_eval_ts", "model_type")})
    edited["df_eval"]["Load"]["MAE"] = [0.25, 0.5]
    saved = world.ok("POST", SAVE.format(session_id), json=edited)
    assert saved["saved_at"] and saved["message"]
    assert world.ok("GET", TABLES.format(session_id))["df_eval"] == edited["df_eval"]
    older = world.ok("GET", TABLES.format(session_id) + f"?job_id={trainings[0]}")
    assert older["df_eval"]["Load"]["MAE"] == [0.5, None]


@pytest.mark.parametrize(
    ("place", "value", "word"),
    [
        (("df_eval",), None, "df_eval"),
        (("df_eval", "Load"), [], "df_eval.Load"),
        (("df_eval", "Wind"), {}, "Wind"),
        (("df_eval", "Load", "MAE"), [1.0], "different lengths"),
        (("df_eval", "Load", "MAE"), [1.0, "2"], "MAE[1]"),
        (("df_eval", "Load", "MAE"), [1.0, 1e999], "MAE[1]"),
        (("df_eval", "Load", "MAE"), [True, 1.0], "MAE[0]"),
        (("df_eval", "Load", "Colour"), [1.0, 2.0], "Colour"),
        (("df_eval_ts", "Load", "90.0"), {}, "90.0"),
        (("df_eval_ts", "Load", "60.0", "MAE"), 5, "MAE"),
        (("model_type",), "LSTM", "LSTM"),
    ],
    ids=str,
)
def test_a_table_of_another_shape_is_refused(
    world: World, session_id: UUID, trainings: list[str], place: tuple[str, ...], value: Any, word: str
) -> None:
    tables = world.ok("GET", TABLES.format(session_id))
    edited = {name: tables[name] for name in ("df_eval", "df_eval_ts", "model_type")}
    *way, last = place
    target: Any = edited
    for step in way:
        target = target[step]
    target[last] = value
    text = json.dumps(edited).replace("Infinity", "1e999")
    body = world.refused("POST", SAVE.format(session_id), 422, data=text, content_type="application/json")
    assert body["code"] == "INVALID_EVALUATION_TABLES"
    assert word in body["error"]
