"""The catalogue of workloads: complete, its schemas true, its check as strict as creating a job."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator

from services.workload_forms import FORMS, ROUTES
from services.workloads import WORKLOADS
from tests.api.world import World
from tests.builders import ready_session
from tests.toy_workloads import WORKLOADS as TOYS

PATH = "/api/v1/workloads"
LIN = {"model_parameters": {"MODE": "LIN"}}


def test_every_workload_is_described(world: World) -> None:
    listed = world.ok("GET", PATH)["workloads"]
    assert {each["name"] for each in listed} == set(WORKLOADS)
    for each in listed:
        assert each["summary"].endswith("."), each["name"]
        assert each["native"] is (each["created_from"] != "route")
        assert each["route"] and each["lane"] in ("training", "interactive")
        Draft202012Validator.check_schema(each["config_schema"])
        assert (each["schema"] is None) is (each["defaults"] is None) is not each["native"]
        assert world.ok("GET", f"{PATH}/{each['name']}")["workload"] == each


def test_every_built_in_workload_has_one_way_to_come_about() -> None:
    """None is open: each of their configs names a session or blobs."""
    assert set(FORMS) | set(ROUTES) == set(WORKLOADS) and not set(FORMS) & set(ROUTES)
    assert [name for name, workload in WORKLOADS.items() if workload.open_config] == []


@pytest.mark.parametrize("workload", [*WORKLOADS.values(), *TOYS.values()], ids=lambda each: each.name)
def test_an_open_config_names_nothing_stored(workload: Any) -> None:
    """Field names that stand for rows and blobs of the server, anywhere in the schema."""
    text = json.dumps(workload.config.model_json_schema())
    names = ("blob_key", "session_id", "file_id", "trained_job", '_key"', "upload_id", '"format": "uuid"')
    assert not workload.open_config or not any(name in text for name in names)


@pytest.mark.parametrize("name", FORMS)
def test_the_schema_of_a_form_knows_just_the_fields_that_are_read(name: str) -> None:
    assert set(FORMS[name].body.model_fields) == set(FORMS[name].fields)


def test_what_the_schema_calls_a_default_changes_nothing(world: World) -> None:
    for name, form in FORMS.items():
        found = world.ok("GET", f"{PATH}/{name}")["workload"]
        least = LIN if name != "search" else {"model_parameters": {"MODE": "LGBMR"}}
        full = {**found["defaults"], **least}
        Draft202012Validator(found["schema"]).validate(full)
        assert form.read(full) == form.read(least), name


@pytest.mark.parametrize("name", FORMS)
def test_a_config_is_checked_without_making_a_job(world: World, name: str) -> None:
    session_id = ready_session(world.database, world.user_id)
    config = LIN if name != "search" else {"model_parameters": {"MODE": "LGBMR"}}
    answer = world.ok(
        "POST", f"{PATH}/{name}/validate", json={"config": config, "session_id": str(session_id)}
    )
    assert answer["valid"] is True and answer["config"]["training_split" if name != "backtest" else "folds"]
    assert world.jobs(session_id) == []


WRONG: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "no config": ("forecast", {}, 422, "config"),
    "config is a list": ("forecast", {"config": [1]}, 422, "config"),
    "a value out of bounds": (
        "forecast",
        {"config": {"model_parameters": {"MODE": "Dense", "LAY": 99}}},
        422,
        "LAY",
    ),
    "an unknown field of config": ("forecast", {"config": {**LIN, "colour": 1}}, 400, "colour"),
    "a snapshot instead of a form": ("forecast", {"config": {**LIN, "series": []}}, 400, "series"),
    "an idle parameter": (
        "backtest",
        {"config": {"model_parameters": {"MODE": "LIN", "ALPHA": 1}}},
        422,
        "ALPHA",
    ),
    "route only": ("predict", {"config": {}}, 422, "POST /api/training/predict"),
    "no such session": ("forecast", {"config": LIN, "session_id": str(uuid4())}, 404, "session"),
    "session is a number": ("forecast", {"config": LIN, "session_id": 3}, 422, "session_id"),
    "no such workload": ("gardening", {"config": {}}, 404, "gardening"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_config_that_would_be_refused_is_refused_with_its_field(world: World, case: str) -> None:
    name, body, status, field = WRONG[case]
    assert field in json.dumps(world.refused("POST", f"{PATH}/{name}/validate", status, json=body))


def test_a_session_that_is_not_ready_is_told_what_it_lacks(world: World) -> None:
    session_id = world.caller.new_session()
    body = {"config": LIN, "session_id": session_id}
    answer = world.refused("POST", f"{PATH}/forecast/validate", 422, json=body)
    assert answer["code"] == "INCOMPLETE_CONFIG" and len(answer["details"]["problems"]) >= 3
