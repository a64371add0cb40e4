"""Violins in numbers: every variable of the samples, by part of the split, by hour and by weekday."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest

from tests.api.quarter_hours import put_series, session_of
from tests.api.world import World
from tests.builders import add_session, add_steps, add_time_info

SHOW = "/api/v1/sessions/{}/distributions"


def daily(world: World) -> str:
    """A series that is the hour of its local day, one that is its weekday, over eight weeks in spring."""
    rows = 96 * 56
    utc = np.arange(rows) * 15 + 60  # March in Vienna: an hour ahead, from the 26th two
    summer = np.arange(rows) >= 96 * 25 + 4
    clock = utc + 60 * summer
    session_id = add_session(world.database, world.user_id)
    hour, weekday = clock // 60 % 24, (clock // 1440 + 2) % 7  # 1 March 2023 was a Wednesday
    window = {"zeithorizont_start": -6.0, "zeithorizont_end": 0.0}
    put_series(
        world, session_id, "hour", "input", hour, color_index=0, datenanpassung="Nächster Wert", **window
    )
    put_series(world, session_id, "weekday", "input", weekday, color_index=1, **window)
    put_series(world, session_id, "grows", "output", np.arange(rows), color_index=2)
    add_steps(world.database, session_id, eingabe=25, ausgabe=24, zeitschrittweite=15.0)
    add_time_info(world.database, session_id, tag=True, zeitzone="Europe/Vienna")
    return str(session_id)


def of(told: dict[str, Any], name: str) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = next(each["groups"] for each in told["variables"] if each["name"] == name)
    return groups


def test_groups_by_hour_and_weekday_are_those_of_the_local_clock(world: World) -> None:
    session_id = daily(world)
    by_hour = world.ok("GET", SHOW.format(session_id), query_string={"by": "hour"})
    assert (by_hour["timezone"], by_hour["groups"]) == ("Europe/Vienna", [str(hour) for hour in range(24)])
    for place, group in enumerate(of(by_hour, "hour")):
        assert (group["group"], group["min"], group["max"]) == (str(place), place, place)
        assert group["density"] is None  # a constant
    by_weekday = world.ok("GET", SHOW.format(session_id), query_string={"by": "weekday"})
    found = [(group["quantiles"]["0.05"], group["quantiles"]["0.95"]) for group in of(by_weekday, "weekday")]
    assert found == [(day, day) for day in range(7)]


def test_parts_of_the_split_follow_each_other_in_time(world: World) -> None:
    session_id = daily(world)
    told = world.ok("GET", SHOW.format(session_id), query_string={"by": "split"})
    train, validation, test = of(told, "grows")
    assert (
        [each["group"] for each in (train, validation, test)]
        == told["groups"]
        == ["train", "validation", "test"]
    )
    assert train["max"] < validation["min"] and validation["max"] < test["min"]
    half = {"by": "split", "train": 50, "validation": 10, "test": 40}
    assert of(world.ok("GET", SHOW.format(session_id), query_string=half), "grows")[0]["max"] < train["max"]
    none = {"by": "split", "train": 90, "validation": 0, "test": 10}
    empty = of(world.ok("GET", SHOW.format(session_id), query_string=none), "grows")[1]
    assert (empty["n"], empty["mean"], empty["quantiles"], empty["density"]) == (0, None, None, None)


def test_all_variables_come_in_the_order_of_the_columns_in_original_units(world: World) -> None:
    session_id, ids = session_of(world, 1500)
    told = world.ok("GET", SHOW.format(session_id))
    roles = [(each["name"], each["role"]) for each in told["variables"]]
    assert roles[:2] == [("past", "input"), ("weather", "input")] and roles[-1] == ("load", "output")
    assert [role for _, role in roles[2:4]] == ["lag", "lag"]
    assert roles[4:-1] == [(name, "calendar") for name in ("W_sin", "W_cos", "D_sin", "D_cos", "H")]
    past = told["variables"][0]
    (group,) = past["groups"]
    assert past["file_id"] == ids["past"]
    assert 130 < group["min"] < group["quantiles"]["0.5"] < group["max"] < 270
    assert (
        len(group["density"]["at"]) == len(group["density"]["height"])
        and max(group["density"]["height"]) == 1
    )
    assert told["samples"] <= told["of_samples"]
    one = world.ok("GET", SHOW.format(session_id), query_string={"variable": "weather"})
    assert one["variables"] == [told["variables"][1]]


def test_the_whole_is_what_the_picture_of_the_dataset_shows(at_work: World) -> None:
    session_id, _ = session_of(at_work, 1500)
    at_work.ok("POST", f"/api/training/generate-datasets/{session_id}", json={})
    plots = at_work.ok("GET", f"/api/training/visualizations/{session_id}")["plots"]
    told = at_work.ok("GET", SHOW.format(session_id))
    for name, plot in (("past", "input_past"), ("D_sin", "time_D_sin"), ("load", "output_load")):
        (group,) = of(told, name)
        numbers = plots[plot]["numbers"]
        assert {key: numbers[key] for key in group if key != "group"} == {
            k: v for k, v in group.items() if k != "group"
        }


def test_the_numbers_come_as_a_table_too(world: World) -> None:
    session_id = daily(world)
    answer = world.raw(
        "GET", SHOW.format(session_id), query_string={"by": "hour", "form": "csv", "variable": "hour"}
    )
    assert answer.mimetype == "text/csv" and "distributions_hour.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["variable"], row["hour"], float(row["q0.5"])) for row in rows] == [
        ("hour", str(hour), float(hour)) for hour in range(24)
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        ({"by": "month"}, 400, "by"),
        ({"form": "pdf"}, 400, "form"),
        ({"variable": "wind"}, 404, "wind"),
        ({"train": "most"}, 400, "train"),
        ({"train": "nan"}, 400, "train"),
        ({"by": "split", "train": 99}, 422, "add up"),
        ({"shuffle": "maybe"}, 400, "shuffle"),
        ({"seed": "-1"}, 422, "seed"),
        ({"colour": "red"}, 400, "colour"),
    ],
    ids=str,
)
def test_an_argument_that_cannot_be_used_is_named(
    world: World, arguments: dict[str, Any], status: int, word: str
) -> None:
    session_id, _ = session_of(world, 400)
    assert word in world.refused("GET", SHOW.format(session_id), status, query_string=arguments)["error"]


def test_a_session_that_is_not_complete_says_what_is_missing(world: World) -> None:
    session_id = add_session(world.database, world.user_id)
    assert world.refused("GET", SHOW.format(session_id), 422)["code"] == "INCOMPLETE_CONFIG"
