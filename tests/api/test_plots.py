"""Plots over HTTP: the stored ones with their numbers, and pictures of chosen variables."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import pytest

from services.storage.tables import JobRow
from tests.api.world import World
from tests.builders import PNG, add_artifact, add_dataset_job, add_training, ready_session, working

STORED = "/api/training/visualizations/{}"
GENERATE = "/api/training/generate-plot"


@pytest.fixture
def session_id(world: World) -> UUID:
    return ready_session(world.database, world.user_id, n_dat=500)


@pytest.fixture
def trained(world: World, session_id: UUID) -> str:
    return str(add_training(world.database, world.blobs, world.user_id, session_id))


def picture(uri: str) -> bytes:
    assert uri.startswith("data:image/png;base64,")
    return base64.b64decode(uri.partition(",")[2])


def test_violin_plots_and_those_of_the_newest_training_are_shown(
    world: World, session_id: UUID, trained: str
) -> None:
    newer = str(add_training(world.database, world.blobs, world.user_id, session_id, mode="Dense", days=1))
    add_dataset_job(world.database, world.blobs, world.user_id, session_id)
    body = world.ok("GET", STORED.format(session_id))
    plots = body["plots"]
    assert {"input_Temperature", "time_D_sin", "output_Load", "forecast_Load"} <= set(plots)
    assert plots["forecast_Load"]["job_id"] == newer
    assert picture(plots["output_Load"]["data"]) == PNG
    assert (plots["output_Load"]["type"], plots["output_Load"]["label"]) == ("violin_plot", "OUT1")
    assert (body["n_dat"], body["metadata"]["count"]) == (500, len(plots))
    assert body["created_at"] and body["message"]


def test_plots_of_one_job_are_its_own(world: World, session_id: UUID, trained: str) -> None:
    add_training(world.database, world.blobs, world.user_id, session_id, mode="Dense", days=1)
    add_dataset_job(world.database, world.blobs, world.user_id, session_id)
    plots = world.ok("GET", STORED.format(session_id) + f"?job_id={trained}")["plots"]
    assert list(plots) == ["forecast_Load"]
    assert plots["forecast_Load"]["job_id"] == trained


def test_before_anything_ran_there_are_no_plots(world: World, session_id: UUID) -> None:
    assert world.refused("GET", STORED.format(session_id), 404)["code"] == "VISUALIZATION_NOT_FOUND"


def test_a_picture_of_chosen_variables_is_drawn(world: World, session_id: UUID, trained: str) -> None:
    request = {
        "sessionId": str(session_id),
        "model_id": trained,
        "plot_settings": {"num_sbpl": 4, "x_sbpl": "UTC", "y_sbpl_fmt": "skaliert"},
        "df_plot_in": {"Temperature": True, "D_sin": False},
        "df_plot_out": {"Load": True},
        "df_plot_fcst": {"Load": True},
    }

    def outcome(job: JobRow) -> dict[str, Any]:
        key = add_artifact(world.database, world.blobs, job.id, "plot", "plot.png", PNG)
        return {"artifact": key, "data": {"samples": 4}}

    with working(world.database, world.bus, outcome):
        body = world.ok("POST", GENERATE, json=request)
    assert picture(body["plot_data"]) == PNG
    assert body["data"] == {"samples": 4}
    assert body["session_id"] == str(session_id)
    config = world.job(body["job_id"]).config
    assert (config["inputs"], config["outputs"], config["forecasts"]) == (["Temperature"], ["Load"], ["Load"])
    assert (config["num_sbpl"], config["y_sbpl_fmt"], config["trained_job"]) == (4, "skaliert", trained)
    assert config["predictions_key"].endswith("test_predictions.npz")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"plot_settings": {"num_sbpl": 18}}, "num_sbpl"),
        ({"plot_settings": {"y_sbpl_fmt": "bunt"}}, "y_sbpl_fmt"),
        ({"plot_settings": {"colour": "red"}}, "colour"),
        ({"plot_settings": []}, "plot_settings"),
        ({"df_plot_out": {"Wind": True}}, "Wind"),
        ({"df_plot_out": ["Load"]}, "df_plot_out"),
        ({"df_plot_out": {"Load": 1}}, "df_plot_out"),
        ({"df_plot_out": {"Load": False}}, "choose nothing"),
    ],
    ids=str,
)
def test_a_plot_that_cannot_be_drawn_names_the_field(
    world: World, session_id: UUID, trained: str, change: dict[str, Any], word: str
) -> None:
    request = {"sessionId": str(session_id), "df_plot_out": {"Load": True}, **change}
    body = world.refused("POST", GENERATE, 422, json=request)
    assert body["code"] == "INVALID_PLOT_PARAMS"
    assert word in body["error"]


def test_a_plot_needs_a_training_and_a_session(world: World, session_id: UUID) -> None:
    request = {"sessionId": str(session_id), "df_plot_out": {"Load": True}}
    assert world.refused("POST", GENERATE, 404, json=request)["code"] == "RESULTS_NOT_FOUND"
    assert world.refused("POST", GENERATE, 400, json={"df_plot_out": {}})["code"] == "BAD_REQUEST"


def test_a_plot_that_is_still_drawn_is_a_202(impatient: World) -> None:
    session_id = ready_session(impatient.database, impatient.user_id)
    add_training(impatient.database, impatient.blobs, impatient.user_id, session_id)
    request = {"sessionId": str(session_id), "df_plot_out": {"Load": True}}
    assert impatient.accepted("POST", GENERATE, json=request)["status"] == "queued"
