"""Searches over HTTP: a complete snapshot is queued, spaces keep their bounds, trials show while they run."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from services.forecasting.models.parameters import Mode, ModelParams
from services.jobs import event_log
from services.storage.tables import JobRow
from services.workloads.search.config import SearchConfig
from services.workloads.search.spaces import FURTHER, SPACES, acting
from tests.api.world import World
from tests.builders import PNG, add_artifact, add_job, add_session, add_training, ready_session, working

SEARCH = "/api/training/search/{}"
DENSE = {"model_parameters": {"MODE": "Dense", "EP": 10}}


def test_a_search_is_queued_with_everything_it_follows_from(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    request = {
        "model_parameters": {"EP": 7},
        "space": {"MODE": ["NN", "LIN"], "LAY": [1, 2], "ACTF": ["tanh", "Keine"], "PATIENCE": [2, 9]},
        "trials": 12,
        "minutes": 1.5,
        "seed": 4,
        "training_split": {"trainPercentage": 60, "validationPercentage": 30, "testPercentage": 10},
    }
    body = world.accepted("POST", SEARCH.format(session_id), json=request)
    config = SearchConfig.model_validate(world.job(body["job_id"]).config)
    assert (config.model.MODE, config.model.EP, config.fixed) == ("Dense", 7, {"EP": 7})
    assert (config.trials, config.minutes, config.seed, config.split.validation) == (12, 1.5, 4, 30)
    dense = config.space.modes["Dense"]
    assert config.space.modes["LIN"] == {}
    assert (dense["LAY"].low, dense["LAY"].high) == (1, 2)
    assert (dense["ACTF"].choices, dense["ACTF"].start) == (("tanh", "linear"), "tanh")
    assert (dense["PATIENCE"].low, dense["PATIENCE"].high) == (2, 9)
    assert dense["LEARNING_RATE"] == SPACES["Dense"]["LEARNING_RATE"]


def test_what_is_fixed_is_not_searched_and_the_rest_of_the_default_space_is(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    request = {"model_parameters": {"MODE": "LGBMR", "MAX_DEPTH": 5}}
    config = world.job(world.accepted("POST", SEARCH.format(session_id), json=request)["job_id"]).config
    assert set(config["space"]["modes"]["LGBMR"]) == {"N_ESTIMATORS", "LEARNING_RATE"}
    assert (config["fixed"], config["trials"], config["minutes"]) == ({"MAX_DEPTH": 5}, 20, None)


def test_an_ensemble_competes_with_what_its_members_are_told(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    request = {
        "model_parameters": {"MEMBERS": ["RIDGE", "NLinear"], "EP": 3},
        "space": {"MODE": ["ENSEMBLE", "RIDGE", "LGBMR"]},
    }
    job = world.job(world.accepted("POST", SEARCH.format(session_id), json=request)["job_id"])
    config = SearchConfig.model_validate(job.config)
    ensemble = config.parameters({"MODE": "ENSEMBLE"})
    assert (ensemble.MEMBERS, ensemble.of_member("NLinear").EP) == (["RIDGE", "NLinear"], 3)
    assert config.parameters({"MODE": "RIDGE"}).model_fields_set == {"MODE"}
    wrong = {**request, "model_parameters": {"MEMBERS": ["RIDGE", ["LIN"]]}}
    body = world.refused("POST", SEARCH.format(session_id), 422, json=wrong)
    assert "MEMBERS" in body["error"]


@pytest.mark.parametrize("mode", get_args(Mode))
def test_every_mode_has_a_space_within_the_bounds_of_its_parameters(mode: str) -> None:
    for name, each in {**SPACES[mode], **FURTHER.get(mode, {})}.items():
        assert name in acting(mode)
        ends = each.choices if each.kind == "choice" else (each.low, each.high)
        whole = each.kind == "whole"
        for value in (*ends, each.start):
            model = ModelParams(MODE=mode, **{name: int(value) if whole else value})  # type: ignore[arg-type]
            assert getattr(model, name) == value
        if each.kind != "choice":
            assert each.low is not None and each.high is not None
            assert each.low <= float(each.start) <= each.high


@pytest.mark.parametrize(
    ("request_body", "words"),
    [
        ({}, ["space.MODE"]),
        ({"space": {"LAY": [1, 2]}}, ["space.MODE"]),
        ({"model_parameters": {"MODE": "Magic"}}, ["model_parameters.MODE", "Magic"]),
        ({"model_parameters": {"MODE": "Dense", "EP": 0}}, ["model_parameters.EP", "0"]),
        ({"model_parameters": {"MODE": "LIN"}}, ["space", "LIN"]),
        ({"model_parameters": {"MODE": "LGBMR", "LAY": 2}}, ["model_parameters.LAY", "LGBMR"]),
        ({"model_parameters": {"MODE": "LGBMR", "LAYERS": 2}}, ["model_parameters.LAYERS"]),
        ({"space": {"MODE": "Dense"}}, ["space.MODE", "list"]),
        ({"space": {"MODE": ["Magic"]}}, ["space.MODE", "Magic"]),
        ({"space": {"MODE": ["Dense", "NN"]}}, ["space.MODE", "twice"]),
        ({**DENSE, "space": {"MODE": ["LIN"]}}, ["space.MODE", "model_parameters"]),
        ({**DENSE, "space": {"EP": [1, 9]}}, ["space.EP", "model_parameters"]),
        ({**DENSE, "space": {"LAYERS": [1, 2]}}, ["space.LAYERS"]),
        ({**DENSE, "space": {"KERNEL": ["rbf"]}}, ["space.KERNEL", "Dense"]),
        ({**DENSE, "space": {"LAY": [1, 17]}}, ["space.LAY", "17", "16"]),
        ({**DENSE, "space": {"LAY": [0, 2]}}, ["space.LAY", "0", "1"]),
        ({**DENSE, "space": {"LAY": [3, 1]}}, ["space.LAY", "low < high"]),
        ({**DENSE, "space": {"LAY": [1, 2, 3]}}, ["space.LAY", "1, 2, 3"]),
        ({**DENSE, "space": {"LAY": [1, 2.5]}}, ["space.LAY", "2.5"]),
        ({**DENSE, "space": {"LAY": [None, 2]}}, ["space.LAY", "null"]),
        ({**DENSE, "space": {"LAY": 2}}, ["space.LAY", "list"]),
        ({**DENSE, "space": {"LEARNING_RATE": [0, 0.1]}}, ["space.LEARNING_RATE", "0"]),
        ({**DENSE, "space": {"ACTF": ["relu", "magic"]}}, ["space.ACTF", "magic"]),
        ({**DENSE, "space": {"ACTF": ["relu", "ReLU"]}}, ["space.ACTF", "twice"]),
        ({**DENSE, "space": []}, ["space", "object"]),
        ({**DENSE, "trials": 0}, ["trials", "0", "1"]),
        ({**DENSE, "trials": 1001}, ["trials", "1001", "1000"]),
        ({**DENSE, "minutes": 0}, ["minutes", "0"]),
        ({**DENSE, "minutes": "5"}, ["minutes", "5"]),
        ({**DENSE, "seed": -1}, ["seed", "-1"]),
        ({**DENSE, "training_split": {"validationPercentage": 150}}, ["validationPercentage", "150"]),
        ({**DENSE, "max_gap_minutes": -5}, ["max_gap_minutes"]),
        ({**DENSE, "allow_parallel": 1}, ["allow_parallel"]),
        ({**DENSE, "importance": 1}, ["importance"]),
        ({**DENSE, "quantiles": [0.5, 0.1]}, ["quantiles"]),
    ],
    ids=str,
)
def test_a_request_that_cannot_be_searched_names_field_and_value(
    world: World, request_body: dict[str, Any], words: list[str]
) -> None:
    session_id = ready_session(world.database, world.user_id)
    body = world.refused("POST", SEARCH.format(session_id), 422, json=request_body)
    assert body["code"] == "INVALID_MODEL_PARAMS"
    assert body["suggestion"]
    for word in words:
        assert word in body["error"], word
    assert world.jobs(session_id) == []


def test_without_validation_samples_there_is_nothing_to_choose_by(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    split = {"trainPercentage": 90, "validationPercentage": 0, "testPercentage": 10}
    request = {**DENSE, "training_split": split}
    body = world.refused("POST", SEARCH.format(session_id), 422, json=request)
    assert "validationPercentage" in body["error"]


def test_a_running_search_shows_its_trials_those_of_a_lost_attempt_too_and_each_once(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    assert world.refused("GET", SEARCH.format(session_id), 404)["code"] == "SEARCH_NOT_FOUND"
    progress = {"percent": 40.0, "message": "Trial 2: Epoch 3 of 10"}
    job_id = add_job(
        world.database, world.user_id, session_id, "search", status="running", attempt=1, progress=progress
    )
    with world.database.write() as tx:
        for attempt, number in ((1, 1), (1, 2), (2, 2), (2, 3)):
            trial = {"number": number, "seconds": attempt}
            event_log.append(tx, job_id, "trial", {"trial": trial, "best": {"number": 1}}, attempt=attempt)
    told = world.ok("GET", SEARCH.format(session_id))
    assert (told["status"], told["progress"], told["current_step"]) == ("running", 40.0, progress["message"])
    trials = [{"number": number, "seconds": attempt} for attempt, number in ((1, 1), (2, 2), (2, 3))]
    assert told["search"] == {"trials": trials, "best": {"number": 1}}
    assert told["results"] is None


def test_the_winner_of_a_search_can_be_plotted_like_any_training(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    job_id = add_training(world.database, world.blobs, world.user_id, session_id)
    with world.database.write() as tx:
        job = tx.get_one(JobRow, job_id)
        job.workload, job.config = "search", {**job.config, "space": {"modes": {"LIN": {}}}, "trials": 3}
    request = {
        "sessionId": str(session_id),
        "plot_settings": {"num_sbpl": 1},
        "df_plot_in": {},
        "df_plot_out": {"Load": True},
        "df_plot_fcst": {},
    }

    def drawn(job: JobRow) -> dict[str, Any]:
        key = add_artifact(world.database, world.blobs, job.id, "plot", "plot.png", PNG)
        return {"artifact": key, "data": {}}

    with working(world.database, world.bus, drawn):
        body = world.ok("POST", "/api/training/generate-plot", json=request)
    assert body["plot_data"].startswith("data:image/png")


def test_sessions_of_others_are_not_found(world: World) -> None:
    stranger = world.neighbour("searcher@example.org")
    session_id = add_session(stranger.database, stranger.user_id)
    world.refused("POST", SEARCH.format(session_id), 404, json=DENSE)
    world.refused("GET", SEARCH.format(session_id), 404)
