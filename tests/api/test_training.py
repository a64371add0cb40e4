"""Train requests over HTTP: a complete snapshot is queued, a second one waits, wrong ones say why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.world import World
from tests.builders import START, add_file, add_job, add_session, add_training, ready_session

TRAIN = "/api/training/train-models/{}"
STATUS = "/api/training/status/{}"
LIN = {"model_parameters": {"MODE": "LIN"}}


def test_a_training_is_queued_with_everything_it_follows_from(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    split = {
        "trainPercentage": 60,
        "validationPercentage": 25,
        "testPercentage": 15,
        "shuffle": True,
        "seed": 7,
    }
    body = world.accepted("POST", TRAIN.format(session_id), json={**LIN, "training_split": split})
    assert body["success"] is True
    assert (body["status"], body["queue_position"]) == ("queued", 1)
    assert body["message"] and body["note"]
    job = world.job(body["job_id"])
    assert job.workload == "forecast"
    assert job.config["split"] == {"train": 60, "validation": 25, "test": 15, "shuffle": True, "seed": 7}
    assert job.config["model"]["MODE"] == "LIN"
    assert len(job.config["series"]) == 3


def test_importance_is_worked_out_unless_the_request_says_no(world: World) -> None:
    for request, expected in ((LIN, True), ({**LIN, "importance": False}, False)):
        session_id = ready_session(world.database, world.user_id)
        body = world.accepted("POST", TRAIN.format(session_id), json=request)
        assert world.job(body["job_id"]).config["importance"] is expected


def test_without_a_split_the_samples_are_split_70_20_10_in_the_order_of_time(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    body = world.accepted("POST", TRAIN.format(session_id), json=LIN)
    split = world.job(body["job_id"]).config["split"]
    assert split == {"train": 70, "validation": 20, "test": 10, "shuffle": False, "seed": 0}


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ({}, [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]),
        ({"quantiles": None}, [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]),
        ({"quantiles": [0.1, 0.9]}, [0.1, 0.9]),
        ({"quantiles": []}, []),
    ],
    ids=str,
)
def test_the_levels_of_quantiles_are_part_of_the_snapshot(
    world: World, wanted: dict[str, Any], kept: list[float]
) -> None:
    session_id = ready_session(world.database, world.user_id)
    body = world.accepted("POST", TRAIN.format(session_id), json={**LIN, **wanted})
    assert world.job(body["job_id"]).config["quantiles"] == kept


def test_quantiles_by_pinball_loss_are_part_of_the_snapshot(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    request = {"model_parameters": {"MODE": "LGBMR"}, "quantile_method": "pinball"}
    body = world.accepted("POST", TRAIN.format(session_id), json=request)
    assert world.job(body["job_id"]).config["quantile_method"] == "pinball"


@pytest.mark.parametrize("place", ["training_split", "model_parameters"])
def test_random_dat_is_the_old_name_of_shuffle(world: World, place: str) -> None:
    session_id = ready_session(world.database, world.user_id)
    request = {"model_parameters": {"MODE": "NN"}, "training_split": {}}
    request[place] = {**request[place], "random_dat": True}
    body = world.accepted("POST", TRAIN.format(session_id), json=request)
    config = world.job(body["job_id"]).config
    assert config["split"]["shuffle"] is True
    assert config["model"]["MODE"] == "Dense"


def test_a_second_training_of_a_session_is_refused_unless_parallel_is_wanted(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    world.accepted("POST", TRAIN.format(session_id), json=LIN)
    body = world.refused("POST", TRAIN.format(session_id), 409, json=LIN)
    assert body["code"] == "TRAINING_IN_PROGRESS"
    world.accepted("POST", TRAIN.format(session_id), json={**LIN, "allow_parallel": True})


@pytest.mark.parametrize(
    ("request_body", "words"),
    [
        ({"model_parameters": {"MODE": "Magic"}}, ["model_parameters.MODE", "Magic"]),
        ({"model_parameters": {"MODE": "Dense", "LAY": 17}}, ["LAY", "17", "16"]),
        ({"model_parameters": {"MODE": "Dense", "EP": "many"}}, ["EP", "many"]),
        ({"model_parameters": {"MODE": "LIN", "LAYERS": 3}}, ["LAYERS"]),
        ({"model_parameters": {"MODE": "LIN", "MAX_ROWS": 50}}, ["MAX_ROWS", "LIN"]),
        ({"model_parameters": {"LAY": 3}}, ["MODE"]),
        ({"model_parameters": {}}, ["model_parameters"]),
        ({"model_parameters": "LIN"}, ["model_parameters"]),
        ({"training_split": {}}, ["model_parameters"]),
        ({**LIN, "training_split": {"trainPercentage": 90}}, ["training_split", "100"]),
        ({**LIN, "training_split": {"trainPercentage": -5}}, ["trainPercentage", "-5"]),
        ({**LIN, "training_split": {"trainPercentage": "70"}}, ["trainPercentage", "70"]),
        ({**LIN, "training_split": {"shuffle": "yes"}}, ["shuffle", "yes"]),
        ({**LIN, "training_split": {"seed": -1}}, ["seed", "-1"]),
        ({**LIN, "training_split": {"holdout": 5}}, ["holdout"]),
        ({**LIN, "training_split": {"shuffle": True, "random_dat": False}}, ["random_dat"]),
        ({**LIN, "arithmetic": "creative"}, ["arithmetic", "creative"]),
        ({**LIN, "allow_parallel": 1}, ["allow_parallel"]),
        ({**LIN, "importance": "no"}, ["importance", "true or false"]),
        ({**LIN, "quantiles": 0.5}, ["quantiles", "list"]),
        ({**LIN, "quantile_method": "guess"}, ["quantile_method", "guess"]),
        ({**LIN, "quantile_method": "pinball"}, ["quantile_method", "LIN"]),
        ({**LIN, "quantiles": ["0.5"]}, ["quantiles", "list"]),
        ({**LIN, "quantiles": [0.5, 1.5]}, ["quantiles", "1.5"]),
        ({**LIN, "quantiles": [0.9, 0.1]}, ["quantiles", "ascend"]),
        ({**LIN, "quantiles": [i / 101 for i in range(1, 101)]}, ["quantiles", "99"]),
    ],
    ids=str,
)
def test_a_request_that_cannot_be_trained_names_field_and_value(
    world: World, request_body: dict[str, Any], words: list[str]
) -> None:
    session_id = ready_session(world.database, world.user_id)
    body = world.refused("POST", TRAIN.format(session_id), 422, json=request_body)
    assert body["code"] == "INVALID_MODEL_PARAMS"
    assert body["suggestion"]
    for word in words:
        assert word in body["error"], word
    assert world.jobs(session_id) == [], "nothing was queued"


def test_a_session_that_is_not_ready_is_refused_before_anything_is_counted(world: World) -> None:
    session_id = add_session(world.database, world.user_id)
    add_file(world.database, session_id, "Load history", "input")
    body = world.refused("POST", TRAIN.format(session_id), 422, json=LIN)
    assert body["code"] == "INCOMPLETE_CONFIG"
    assert world.jobs(session_id) == []


def test_status_is_idle_before_the_first_training(world: World) -> None:
    session_id = add_session(world.database, world.user_id)
    add_job(world.database, world.user_id, session_id, "dataset", status="running")
    body = world.ok("GET", STATUS.format(session_id))
    assert (body["status"], body["progress"], body["completed_at"]) == ("idle", 0, None)


def test_status_tells_of_the_newest_training(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    add_training(world.database, world.blobs, world.user_id, session_id)
    done = world.ok("GET", STATUS.format(session_id))
    assert (done["status"], done["progress"]) == ("completed", 100)
    assert done["completed_at"].startswith("2026-01-05T08:00")
    add_job(
        world.database,
        world.user_id,
        session_id,
        status="running",
        phase="train",
        progress={"percent": 42.5, "message": "Epoch 3 of 10"},
        created_at=START + timedelta(hours=1),
    )
    running = world.ok("GET", STATUS.format(session_id))
    assert (running["status"], running["progress"]) == ("running", 42.5)
    assert running["current_step"] == "Epoch 3 of 10"


def test_status_of_a_failed_training_tells_why(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    error = {"code": "NO_SAMPLES", "error": "No window fits"}
    add_job(world.database, world.user_id, session_id, status="failed", error=error, finished_at=START)
    body = world.ok("GET", STATUS.format(session_id))
    assert body["status"] == "failed"
    assert body["job_error"] == error
