"""The forecast endpoint: the promoted model on the newest rows, by a person or a key, in the old wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from werkzeug.test import TestResponse

from services.forecast_inputs.serving import Forecasts
from tests.api.quarter_hours import MINUTE, START, iso, session_of
from tests.api.world import World
from tests.builders import add_training

ROWS = 2000
QUARTER = timedelta(minutes=15)


@pytest.fixture(scope="module")
def trained(at_work: World) -> str:
    session_id, _ = session_of(at_work, ROWS)
    request = {"model_parameters": {"MODE": "RIDGE"}, "importance": False}
    job = at_work.accepted("POST", f"/api/training/train-models/{session_id}", json=request)["job_id"]
    done = at_work.services.jobs.wait(at_work.user_id, at_work.job(job).id, 60)
    assert done.status == "completed", done.error
    return session_id


def path(session_id: str) -> str:
    return f"/api/training/forecast/{session_id}"


def last() -> datetime:
    """Of the stored rows."""
    return datetime.fromisoformat(iso(np.int64(START + 15 * MINUTE * (ROWS - 1))))


def rows(start: datetime, count: int, value: float = 1.0) -> list[tuple[str, float]]:
    """A row every quarter of an hour, as the first system writes times."""
    return [
        ((start + QUARTER * step).strftime("%Y-%m-%d %H:%M:%S"), value + step / 10) for step in range(count)
    ]


def columns(name: str, given: list[tuple[str, float]]) -> dict[str, Any]:
    return {"UTC": [time for time, _ in given], name: [value for _, value in given]}


def test_it_forecasts_what_predict_forecasts_from_the_same_rows(at_work: World, trained: str) -> None:
    weather = rows(last() + QUARTER, 60)
    told = at_work.ok("POST", path(trained), json={"user_data": {"weather": columns("weather", weather)}})
    csv = "\n".join(["time;weather", *(f"{time};{value}" for time, value in weather)])
    asked = {"at": told["utc_ref"], "csv": csv}
    (expected,) = at_work.ok("POST", f"/api/v1/sessions/{trained}/predict", json=asked)["outputs"]
    (name,) = told["forecasts"]
    forecast = told["forecasts"][name]
    assert set(forecast) == {"UTC", name}
    assert forecast["UTC"] == expected["times"]
    assert forecast[name] == [round(value, 4) for value in expected["values"]]
    assert told["horizon"] == {"start": 1.0, "end": 6.0, "resolution_min": 60.0}
    assert (told["n_predictions"], told["session_id"]) == (6, trained)
    pairs = [{"UTC": time, "value": value} for time, value in weather]
    assert (
        at_work.ok("POST", path(trained), json={"user_data": {"weather": pairs}})["forecasts"]
        == told["forecasts"]
    )


def test_the_reference_time_follows_the_newest_rows_and_is_never_in_the_future(
    at_work: World, trained: str
) -> None:
    weather, past = rows(last() - QUARTER * 9, 90), rows(last() + QUARTER, 9)  # three steps of 45 minutes
    one = {"weather": columns("weather", weather)}
    before = at_work.ok("POST", path(trained), json={"user_data": one})
    after = at_work.ok("POST", path(trained), json={"user_data": {**one, "past": columns("past", past)}})
    moved = datetime.fromisoformat(after["utc_ref"]) - datetime.fromisoformat(before["utc_ref"])
    assert moved == 9 * QUARTER
    present = last() - timedelta(hours=1)
    services = at_work.services
    early = Forecasts(services.database, services.sessions, services.forecast_inputs, lambda: present)
    _, told = early.forecast(at_work.user_id, trained, {"user_data": one})
    assert present - timedelta(minutes=45) < datetime.fromisoformat(told["utc_ref"]) <= present
    asked = (last() - timedelta(hours=3)).astimezone(UTC).isoformat()
    chosen = at_work.ok("POST", path(trained), json={"user_data": one, "utc_ref": asked})
    assert datetime.fromisoformat(chosen["utc_ref"]) == datetime.fromisoformat(asked)


@pytest.mark.parametrize(
    ("user_data", "code"),
    [
        ({}, "INTERPOLATION_ERROR"),  # nobody knows the weather ahead
        ({"wind": []}, "INVALID_FEATURES"),
        ({"weather": []}, "MISSING_USER_DATA"),
        ({"weather": {"UTC": [], "weather": []}}, "MISSING_USER_DATA"),
        ({"weather": {"UTC": ["2026-01-01"], "weather": []}}, "VALIDATION_ERROR"),
        ({"weather": {"UTC": ["soon"], "weather": [1]}}, "VALIDATION_ERROR"),
        ({"weather": [{"UTC": "2026-01-01", "value": "warm"}]}, "VALIDATION_ERROR"),
        ({"weather": [{"UTC": "2026-01-01", "value": True}]}, "VALIDATION_ERROR"),
        ([], "VALIDATION_ERROR"),
    ],
)
def test_rows_that_cannot_be_used_are_refused(
    at_work: World, trained: str, user_data: Any, code: str
) -> None:
    assert at_work.refused("POST", path(trained), 422, json={"user_data": user_data})["code"] == code


def by_key(world: World, session_id: str, scope: str, body: Any) -> TestResponse:
    wanted = {"session_id": session_id, "name": f"For {scope}", "scopes": [scope]}
    key = world.raw("POST", "/api/v1/api-keys", json=wanted).get_json()["key"]
    headers = {"Authorization": f"Bearer {key}"}
    return world.caller.client.post(path(session_id), headers=headers, json=body)


def test_a_program_with_a_key_for_forecasts_gets_one(at_work: World, trained: str) -> None:
    body = {"user_data": {"weather": columns("weather", rows(last() + QUARTER, 60))}}
    answer = by_key(at_work, trained, "predict", body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    refused = by_key(at_work, trained, "read", body)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "KEY_SCOPE")


def test_series_are_fed_by_the_user_and_by_no_outside_service(at_work: World, trained: str) -> None:
    base = f"/api/training/forecast-config/{trained}"
    config = at_work.ok("GET", base)
    assert [each["bezeichnung"] for each in config["features"]] == ["past", "weather"]
    save = f"/api/training/save-forecast-config/{trained}"
    sent = [{"id": each["id"], "data_source": "User"} for each in config["features"]]
    assert at_work.ok("POST", save, json={"features": sent})["features"] == config["features"]
    for wrong, code in (
        ([{**sent[0], "data_source": "Extern"}, sent[1]], "EXTERN_NOT_SUPPORTED"),
        (sent[:1], "INCOMPLETE_CONFIG"),
        ([{**sent[0], "latitude": 48.2}, sent[1]], "VALIDATION_ERROR"),
        ([{**sent[0], "id": "x"}], "VALIDATION_ERROR"),
        ("all", "VALIDATION_ERROR"),
    ):
        assert at_work.refused("POST", save, 422, json={"features": wrong})["code"] == code


def test_the_promoted_model_serves_also_where_a_newer_one_exists(at_work: World, trained: str) -> None:
    """Who asks by a key gets what a person gets."""
    wanted = {"session_id": trained, "name": "Control room", "scopes": ["predict"]}
    key = at_work.raw("POST", "/api/v1/api-keys", json=wanted).get_json()["key"]
    headers = {"Authorization": f"Bearer {key}"}
    body = {"user_data": {"weather": columns("weather", rows(last() + QUARTER, 60))}}

    def served() -> tuple[str, dict[str, Any]]:
        told = at_work.ok("POST", path(trained), json=body)
        by_key = at_work.caller.client.post(path(trained), headers=headers, json=body).get_json()
        assert (by_key["trained_job_id"], by_key["forecasts"]) == (told["trained_job_id"], told["forecasts"])
        return told["trained_job_id"], told["forecasts"]

    (model,) = at_work.ok("GET", f"/api/v1/models?session_id={trained}")["models"]
    at_work.ok("POST", f"/api/v1/models/{model['id']}/promote", json={"version": 1})
    before = served()
    newer = str(add_training(at_work.database, at_work.blobs, at_work.user_id, UUID(trained)))
    assert at_work.raw("POST", "/api/v1/models", json={"job_id": newer}).status_code == 201
    (model,) = at_work.ok("GET", f"/api/v1/models?session_id={trained}")["models"]
    assert model["latest"]["job_id"] == newer and model["champion"]["job_id"] == before[0]
    assert served() == before
