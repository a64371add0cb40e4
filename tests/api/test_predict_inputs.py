"""Inputs of a prediction filled from the files: the same numbers as in the training, and what is missing."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.api.quarter_hours import MINUTE, START, iso, session_of
from tests.api.world import World

INPUTS = "/api/v1/sessions/{}/predict/inputs"
PREDICT = "/api/v1/sessions/{}/predict"
ROWS = 2000


@pytest.fixture(scope="module")
def trained(at_work: World) -> tuple[str, str, dict[str, str]]:
    """Session, job of a ridge regression, ids of the files."""
    session_id, ids = session_of(at_work, ROWS)
    request = {"model_parameters": {"MODE": "RIDGE"}, "importance": False}
    job = at_work.accepted("POST", f"/api/training/train-models/{session_id}", json=request)["job_id"]
    done = at_work.services.jobs.wait(at_work.user_id, at_work.job(job).id, 60)
    assert done.status == "completed", done.error
    return session_id, job, ids


def stored(world: World, job: str) -> dict[str, np.ndarray]:
    answer = world.raw("GET", f"/api/v1/training/jobs/{job}/artifacts/test_predictions.npz")
    return dict(np.load(io.BytesIO(answer.data)))


def test_within_the_data_the_forecast_is_that_of_the_test_sample(at_work: World, trained: Any) -> None:
    session_id, job, _ = trained
    test = stored(at_work, job)
    for place in (0, len(test["references"]) // 2, -1):
        at = iso(test["references"][place])
        told = at_work.ok("POST", PREDICT.format(session_id), json={"job_id": job, "at": at})
        (load,) = told["outputs"]
        np.testing.assert_allclose(load["values"], test["forecast"][place, :, 0], rtol=0, atol=1e-6)
        assert load["truth"] == test["truth"][place, :, 0].tolist()
        hours = [datetime.fromisoformat(each) - datetime.fromisoformat(at) for each in load["times"]]
        assert hours == [timedelta(hours=hour) for hour in (1, 2, 3, 4, 5, 6)]
        assert sorted(load["quantiles"], key=float)[0] == "0.05" or load["quantiles"]
        assert all(len(values) == 6 for values in load["quantiles"].values())
        assert (told["reference_time"], told["trained_job_id"]) == (at, job)


def test_a_version_of_the_sessions_model_may_be_named(at_work: World, trained: Any) -> None:
    session_id, job, _ = trained
    for version in (1, "1", "latest"):
        told = at_work.ok("POST", INPUTS.format(session_id), json={"version": version})
        assert told["trained_job_id"] == job
    assert at_work.ok("GET", INPUTS.format(session_id) + "?version=1")["trained_job_id"] == job
    for body, status in (
        ({"version": 9}, 404),
        ({"version": "champion"}, 404),
        ({"version": "best"}, 400),
        ({"version": True}, 422),
        ({"version": 1, "job_id": job}, 422),
    ):
        at_work.refused("POST", PREDICT.format(session_id), status, json=body)


def test_the_newest_rows_fill_the_window_and_the_weather_ahead_is_missing(
    at_work: World, trained: Any
) -> None:
    session_id, job, ids = trained
    told = at_work.ok("GET", INPUTS.format(session_id))
    last = START + 15 * MINUTE * (ROWS - 1)
    reference = (last - 5 * MINUTE) // (45 * MINUTE) * 45 * MINUTE + 5 * MINUTE
    assert told["reference_time"] == told["newest_reference_time"] == iso(np.int64(reference))
    assert told["trained_job_id"] == job
    features = {each["name"]: each for each in told["features"]}
    past, weather = features["past"], features["weather"]
    assert past["file_id"] == ids["past"] and not past["known_ahead"] and weather["known_ahead"]
    assert None not in past["values"]
    newest = datetime.fromisoformat(iso(np.int64(last)))
    assert past["origins"][-1] == "held"  # five minutes after the newest row
    assert set(past["origins"][:-1]) == {"interpolated"}
    assert features["D_sin"]["origins"] == ["calendar"] * 12
    late = [time for time in weather["times"] if datetime.fromisoformat(time) > newest]
    assert told["missing"] == [{"feature": "weather", "times": late}] and late and not told["complete"]
    assert [weather["values"][weather["times"].index(time)] for time in late] == [None] * len(late)
    (load,) = told["outputs"]
    assert load["truth"] == [None] * 6
    body = at_work.refused("POST", PREDICT.format(session_id), 422, json={})
    assert (body["code"], body["details"]["missing"]) == ("MISSING_INPUTS", told["missing"])


def test_what_is_missing_can_be_given_step_by_step(at_work: World, trained: Any) -> None:
    session_id, _, _ = trained
    late = at_work.ok("GET", INPUTS.format(session_id))["missing"][0]["times"]
    given = {"weather": {time: 7.5 + place for place, time in enumerate(late)}}
    filled = at_work.ok("POST", INPUTS.format(session_id), json={"given": given})
    weather = next(each for each in filled["features"] if each["name"] == "weather")
    told = dict(zip(weather["times"], weather["values"], strict=True))
    assert {time: told[time] for time in late} == given["weather"]
    assert filled["complete"] and filled["missing"] == []
    assert weather["origins"].count("given") == len(late)
    warm = at_work.ok("POST", PREDICT.format(session_id), json={"given": given})
    cold = at_work.ok(
        "POST", PREDICT.format(session_id), json={"given": {"weather": dict.fromkeys(late, -20.0)}}
    )
    assert warm["outputs"][0]["values"] != cold["outputs"][0]["values"]
    assert next(each for each in warm["features"] if each["name"] == "weather") == weather


def test_further_rows_can_be_pasted_as_a_table(at_work: World, trained: Any) -> None:
    """Rows are read as those of the file: here by the mean over a step."""
    session_id, _, _ = trained
    rows = [(iso(np.int64(START + 15 * MINUTE * (ROWS + row)))[:-1], 4.5 + row) for row in range(30)]
    german = "\n".join(["Zeit;weather", *(f"{at};{str(value).replace('.', ',')}" for at, value in rows)])
    english = "\n".join(["time,weather", *(f"{at}Z,{value}" for at, value in rows)])
    filled = at_work.ok("POST", INPUTS.format(session_id), json={"csv": german})
    weather = next(each for each in filled["features"] if each["name"] == "weather")
    assert filled["complete"] and weather["origins"][-1] == "given"
    last = datetime.fromisoformat(weather["times"][-1])
    step = last - datetime.fromisoformat(weather["times"][-2])
    of_step = [v for at, v in rows if last - step < datetime.fromisoformat(f"{at}+00:00") <= last]
    assert weather["values"][-1] == pytest.approx(np.mean(of_step)) and len(of_step) > 1
    answers = [
        at_work.ok("POST", PREDICT.format(session_id), json={"csv": table}) for table in (german, english)
    ]
    assert answers[0]["outputs"] == answers[1]["outputs"]


def test_far_from_the_data_everything_measured_is_missing(at_work: World, trained: Any) -> None:
    session_id, _, _ = trained
    told = at_work.ok("GET", INPUTS.format(session_id), query_string={"at": "2031-01-01T00:00:00+01:00"})
    assert told["reference_time"] == "2030-12-31T23:00:00Z"
    assert {each["feature"] for each in told["missing"]} >= {"past", "weather"}
    assert all(len(each["times"]) == 12 for each in told["missing"])


@pytest.mark.parametrize(
    ("request_body", "status", "word"),
    [
        ({"at": "soon"}, 422, "at"),
        ({"at": 5}, 422, "at"),
        ({"job_id": "7"}, 400, "job_id"),
        ({"job_id": "00000000-0000-4000-8000-000000000000"}, 404, "job"),
        ({"model_filename": "../x"}, 400, "file name"),
        ({"given": []}, 422, "given"),
        ({"given": {"weather": [1, 2]}}, 422, "given"),
        ({"given": {"load": {}}}, 422, "load"),
        ({"given": {"weather": {"noon": 1}}}, 422, "given.weather"),
        ({"given": {"weather": {"2023-03-01T00:00:00Z": 1}}}, 422, "no step"),
        ({"given": {"weather": {"2023-03-01T00:00:00Z": "1"}}}, 422, "number"),
        ({"given": {"weather": {"2023-03-01T00:00:00Z": True}}}, 422, "number"),
        ({"csv": 7}, 422, "csv"),
        ({"csv": "time;weather"}, 422, "csv"),
        ({"csv": "time;wind\n2023-03-01;3"}, 422, "wind"),
        ({"csv": "time;weather\nnoon;3"}, 422, "line 2"),
        ({"csv": "time;weather\n2023-03-01 10:00:00;warm"}, 422, "warm"),
        ({"csv": "time;weather\n2023-03-01 10:00:00;nan"}, 422, "finite"),
        ({"csv": "time;weather\n2023-03-01 10:00:00;3;4"}, 422, "line 2"),
        ({"colour": "red"}, 400, "colour"),
    ],
    ids=str,
)
def test_a_request_that_cannot_be_used_names_the_field(
    at_work: World, trained: Any, request_body: dict[str, Any], status: int, word: str
) -> None:
    session_id, _, _ = trained
    for path in (INPUTS, PREDICT):
        body = at_work.refused("POST", path.format(session_id), status, json=request_body)
        assert word in body["error"]


def test_without_a_training_there_is_no_window_to_fill(world: World) -> None:
    session_id, _ = session_of(world, 400)
    assert world.refused("GET", INPUTS.format(session_id), 404)["code"] == "MODEL_NOT_FOUND"
