"""Datasets over HTTP: what is missing is named, violin plots come back, arrays are written once."""

from __future__ import annotations

from typing import Any

import pytest

from services.storage.tables import JobRow
from tests.api.world import World
from tests.builders import (
    DATASET_OUTCOME,
    VIOLINS,
    add_artifact,
    add_file,
    add_job,
    add_session,
    add_steps,
    add_time_info,
    add_training,
    add_violins,
    ready_session,
    working,
)

GENERATE = "/api/training/generate-datasets/{}"


def test_generating_datasets_answers_with_the_violin_plots_in_feature_order(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)

    def outcome(job: JobRow) -> dict[str, Any]:
        add_violins(world.database, world.blobs, session_id, job.id)
        return DATASET_OUTCOME

    with working(world.database, world.bus, outcome):
        body = world.ok("POST", GENERATE.format(session_id), json={})
    assert (body["dataset_count"], body["n_dat"]) == (1, 500)
    assert list(body["violin_plots"]) == list(VIOLINS)
    plot = body["violin_plots"]["output_Load"]
    assert plot["data"].startswith("data:image/png;base64,")
    assert (plot["type"], plot["label"]) == ("violin_plot", "OUT1")
    assert world.job(body["job_id"]).config["series"][0]["name"] == "Load history"


def test_the_ranking_of_the_newest_dataset_is_kept_and_its_split_is_the_requests(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    missing = world.refused("GET", f"/api/training/ranking/{session_id}", 404)
    assert missing["code"] == "RANKING_NOT_FOUND"
    ranking = {"part": "validation", "outputs": {"Load": {"models": [{"model": "AUTO", "MAE": 1.5}]}}}
    with working(world.database, world.bus, lambda _job: {**DATASET_OUTCOME, "ranking": ranking}):
        split = {"trainPercentage": 60, "validationPercentage": 25, "testPercentage": 15, "shuffle": False}
        body = world.ok("POST", GENERATE.format(session_id), json={"training_split": split})
    assert body["ranking"] == ranking
    assert world.job(body["job_id"]).config["split"]["train"] == 60
    found = world.ok("GET", f"/api/training/ranking/{session_id}")
    assert (found["ranking"], found["job_id"]) == (ranking, body["job_id"])


def test_the_config_of_the_job_is_what_the_session_says(impatient: World) -> None:
    session_id = add_session(impatient.database, impatient.user_id)
    add_file(
        impatient.database,
        session_id,
        "Load history",
        "input",
        zeithorizont_start=-0.25,
        zeithorizont_end=0.0,
        datenanpassung="Nächster Wert",
        mittelwertbildung_uber_den_zeithorizont=True,
        skalierung=False,
        skalierung_max=2.0,
    )
    add_file(impatient.database, session_id, "Load", "output", color_index=1)
    add_steps(impatient.database, session_id, eingabe=1, ausgabe=2, zeitschrittweite=15.0, offset=5.0)
    rhythm = {"datenform": "Zeithorizont", "zeithorizontStart": 0.5, "zeithorizontEnd": 24}
    add_time_info(
        impatient.database,
        session_id,
        jahr=True,
        feiertag=True,
        monat=False,
        zeitzone="Europe/Vienna",
        category_data={
            "jahr": {**rhythm, "detaillierteBerechnung": True, "skalierung": "ja", "skalierungMin": -1.0},
            "monat": rhythm,
            "feiertag": {"land": "Österreich"},
        },
    )
    body = impatient.accepted("POST", GENERATE.format(session_id), json={"max_gap_minutes": 90})
    config = impatient.job(body["job_id"]).config
    series = config["series"][0]
    assert (series["start_hours"], series["end_hours"], series["method"]) == (-0.25, 0.0, "nearest")
    assert (series["window_mean"], series["scale"], series["scale_max"]) == (True, False, 2.0)
    year, holiday = config["calendar"]
    assert (year["component"], year["local"], year["per_step"]) == ("Y", True, True)
    assert (year["start_hours"], year["end_hours"], year["scale"], year["scale_min"]) == (0.5, 24, True, -1)
    assert (holiday["component"], holiday["per_step"], holiday["country"]) == ("H", False, "AT")
    assert config["steps"] == {
        "input_steps": 1,
        "output_steps": 2,
        "stride_minutes": 15.0,
        "offset_minutes": 5.0,
        "timezone": "Europe/Vienna",
        "max_gap_minutes": 90.0,
    }


def test_everything_that_is_missing_is_named_at_once(world: World) -> None:
    session_id = add_session(world.database, world.user_id)
    add_file(world.database, session_id, "No window", "input", zeithorizont_start=None)
    add_file(world.database, session_id, "No data", "input", series_path=None)
    add_time_info(
        world.database,
        session_id,
        woche=True,
        feiertag=True,
        category_data={"woche": {"datenform": "Zeithorizont"}, "feiertag": {"land": "Atlantis"}},
    )
    body = world.refused("POST", GENERATE.format(session_id), 422, json={})
    assert body["code"] == "INCOMPLETE_CONFIG"
    for part in (
        "No window",
        "No data",
        "output file",
        "woche.zeithorizontStart",
        "Atlantis",
        "zeitschritte",
    ):
        assert part in body["error"], part
    assert "save-zeitschritte" in body["suggestion"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"arithmetic": "creative"}, "arithmetic"),
        ({"max_gap_minutes": 0}, "max_gap_minutes"),
        ({"max_gap_minutes": "90"}, "max_gap_minutes"),
        ({"training_split": {"trainPercentage": 90}}, "add up"),
        ({"training_split": []}, "training_split"),
        ({"model_parameters": {"MODE": "Magic"}}, "MODE"),
    ],
)
def test_options_that_cannot_be_used_are_refused(world: World, body: dict[str, Any], word: str) -> None:
    session_id = ready_session(world.database, world.user_id)
    answer = world.refused("POST", GENERATE.format(session_id), 422, json=body)
    assert answer["code"] == "INVALID_MODEL_PARAMS"
    assert word in answer["error"]


def test_an_unknown_field_is_refused_by_name(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    body = world.refused("POST", GENERATE.format(session_id), 400, json={"colour": "red"})
    assert "colour" in body["error"]


def test_a_job_that_takes_longer_than_the_request_waits_is_a_202(impatient: World) -> None:
    session_id = ready_session(impatient.database, impatient.user_id)
    body = impatient.accepted("POST", GENERATE.format(session_id), json={})
    assert body["success"] is True
    assert body["status"] == "queued"
    assert impatient.job(body["job_id"]).workload == "dataset"


def test_the_reason_of_a_failed_job_is_the_answer(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    error = {"code": "NO_SAMPLES", "error": "No window fits", "suggestion": "Use shorter windows"}
    with working(world.database, world.bus, lambda job: error):
        body = world.refused("POST", GENERATE.format(session_id), 422, json={})
    assert (body["code"], body["error"], body["suggestion"]) == tuple(error.values())


def test_arrays_are_streamed_and_written_once_per_dataset(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    written = []

    def outcome(job: JobRow) -> dict[str, Any]:
        written.append(job.id)
        return {
            "artifact": add_artifact(
                world.database, world.blobs, job.id, "arrays", "arrays.npz", b"PK of arrays"
            )
        }

    with working(world.database, world.bus, outcome):
        for _ in range(2):
            answer = world.raw("GET", f"/api/training/download-arrays/{session_id}")
            assert (answer.status_code, answer.data) == (200, b"PK of arrays")
            assert answer.headers["Content-Disposition"].endswith(f"arrays_{session_id}.npz")
        assert len(written) == 1
        add_file(world.database, session_id, "Wind", "input")
        world.raw("GET", f"/api/training/download-arrays/{session_id}")
        assert len(written) == 2, "another dataset has other arrays"


def test_asking_again_for_arrays_joins_the_job_at_work(impatient: World) -> None:
    session_id = ready_session(impatient.database, impatient.user_id)
    jobs = {
        impatient.accepted("GET", f"/api/training/download-arrays/{session_id}")["job_id"] for _ in range(2)
    }
    assert len(jobs) == 1


def test_plot_variables_come_from_the_files_before_the_first_training(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    body = world.ok("GET", f"/api/training/plot-variables/{session_id}")
    assert body["input_variables"] == ["Load history", "Temperature"]
    assert body["output_variables"] == ["Load"]
    assert body["time_components"] == ["D_sin", "D_cos"]
    assert body["job_id"] is None


def test_plot_variables_are_those_of_the_newest_training(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    job_id = add_training(world.database, world.blobs, world.user_id, session_id)
    add_file(world.database, session_id, "Added later", "input")
    add_job(world.database, world.user_id, session_id)
    body = world.ok("GET", f"/api/training/plot-variables/{session_id}")
    assert body["input_variables"] == ["Load history", "Temperature"]
    assert body["job_id"] == str(job_id)
