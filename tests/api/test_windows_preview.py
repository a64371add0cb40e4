"""Windows before they are built: what a preview says is what generating datasets gives, to the last digit."""

from __future__ import annotations

import io
import time
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.api.quarter_hours import MINUTE, MISSING, START, iso, session_of
from tests.api.world import World
from tests.builders import add_session

PREVIEW = "/api/v1/sessions/{}/windows/preview"


def test_a_preview_is_what_generating_datasets_gives(at_work: World) -> None:
    session_id, _ = session_of(at_work)
    told = at_work.ok("POST", PREVIEW.format(session_id), json={})
    built = at_work.ok("POST", f"/api/training/generate-datasets/{session_id}", json={})
    arrays = np.load(
        io.BytesIO(at_work.raw("GET", f"/api/training/download-arrays/{session_id}").data), allow_pickle=False
    )
    samples = told["samples"]
    assert told["errors"] == []
    assert samples["count"] == built["n_dat"] == len(arrays["references"]) > 500
    assert {each["feature"]: each["count"] for each in samples["dropped"]} == built["dropped"] != {}
    assert samples["count"] + sum(built["dropped"].values()) == samples["reference_times"]
    ends = [samples["first"], samples["last"]]
    assert ends == [iso(arrays["references"][0]), iso(arrays["references"][-1])]
    for place in (0, 1, 77, samples["count"] // 2, -1):
        window = at_work.ok("POST", PREVIEW.format(session_id), json={"at": place})["window"]
        assert window["reference_time"] == iso(arrays["references"][place])
        assert window["index"] == place % samples["count"]
        columns = [*window["features"], *window["calendar"]]
        inputs = [each["values"] for each in columns if each.get("role") != "output"]
        outputs = [each["values"] for each in columns if each.get("role") == "output"]
        assert np.array_equal(np.array(inputs).T, arrays["i_array_3D"][place])
        assert np.array_equal(np.array(outputs).T, arrays["o_array_3D"][place])


def test_a_window_is_drawn_to_scale(world: World) -> None:
    session_id, ids = session_of(world)
    at = "2023-03-04T12:07:00+01:00"
    window = world.ok("POST", PREVIEW.format(session_id), json={"at": at})["window"]
    reference = datetime.fromisoformat(window["reference_time"])
    assert abs(reference - datetime.fromisoformat(at)) <= timedelta(minutes=22.5)
    assert window["look_back"] == {"start_hours": -23, "end_hours": 0}
    assert window["gap"] == {"start_hours": 0, "end_hours": 1}
    assert window["horizon"] == {"start_hours": 1, "end_hours": 6}
    load = window["features"][-1]
    assert (load["file_id"], load["role"], load["steps"], load["step_minutes"]) == (
        ids["load"],
        "output",
        6,
        60,
    )
    hours = [(datetime.fromisoformat(each) - reference) / timedelta(hours=1) for each in load["times"]]
    assert hours == [1, 2, 3, 4, 5, 6]
    names = [each["name"] for each in window["features"]]
    assert names[0:2] == ["past", "weather"] and names[-1] == "load" and len(names) == 5
    day_ago = next(
        each for each in window["features"] if each["name"].startswith("past") and "P1D" in each["name"]
    )
    ago = reference - datetime.fromisoformat(day_ago["times"][0])
    assert ago == timedelta(hours=23)
    assert {each["name"] for each in window["calendar"]} == {"W_sin", "W_cos", "D_sin", "D_cos", "H"}
    assert set(window["features"][1]["origins"]) == {"mean"}


def test_a_reference_time_that_is_dropped_shows_what_is_missing(world: World) -> None:
    session_id, _ = session_of(world)
    hole = START + 15 * MINUTE * MISSING.start
    window = world.ok("POST", PREVIEW.format(session_id), json={"at": iso(np.int64(hole))})["window"]
    assert (window["index"], window["is_sample"]) == (None, False)
    past = window["features"][0]
    missing = [place for place, origin in enumerate(past["origins"]) if origin == "missing"]
    assert missing and [past["values"][place] for place in missing] == [None] * len(missing)


def test_settings_that_are_not_saved_count_and_are_not_saved(world: World) -> None:
    session_id, ids = session_of(world)
    saved = world.ok("POST", PREVIEW.format(session_id), json={})
    draft = {
        "zeitschritte": {"eingabe": 4, "ausgabe": 2, "zeitschrittweite": 60},
        "timeInfo": {"jahr": True, "category_data": {"jahr": {"datenform": "Aktuelle Zeit"}}},
        "files": {ids["past"]: {"zeithorizontStart": -2, "lags": []}, ids["load"]: {"zeithorizont_end": "2"}},
    }
    told = world.ok("POST", PREVIEW.format(session_id), json=draft)
    assert told["samples"]["count"] != saved["samples"]["count"]
    window = told["window"]
    assert [each["name"] for each in window["calendar"]] == ["Y_sin", "Y_cos"]
    assert [(each["name"], each["steps"]) for each in window["features"]] == [
        ("past", 4),
        ("weather", 4),
        ("load", 2),
    ]
    assert window["look_back"]["start_hours"] == -2 and window["horizon"]["end_hours"] == 2
    assert world.ok("POST", PREVIEW.format(session_id), json={}) == saved


def test_what_is_saved_is_shown_with_numbers_as_numbers(world: World) -> None:
    session_id, ids = session_of(world, 400)
    told = world.ok("GET", f"/api/v1/sessions/{session_id}/windows")
    assert [(each["id"], each["type"]) for each in told["files"]] == [
        (ids["past"], "input"),
        (ids["weather"], "input"),
        (ids["load"], "output"),
    ]
    past = told["files"][0]
    assert (past["lags"], past["zeithorizont_start"], past["skalierung"]) == (["P1D", "PT25H"], -23.0, True)
    assert told["zeitschritte"] == {"eingabe": 12, "ausgabe": 6, "zeitschrittweite": 45.0, "offset": 5.0}
    assert told["timeInfo"]["zeitzone"] == "Europe/Vienna" and told["timeInfo"]["tag"] is True
    empty = add_session(world.database, world.user_id)
    nothing = world.ok("GET", f"/api/v1/sessions/{empty}/windows")
    assert (nothing["files"], nothing["timeInfo"], nothing["zeitschritte"]) == ([], None, None)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"zeitschritte": {"eingabe": 0, "ausgabe": 2, "zeitschrittweite": 60}}, "zeitschritte.eingabe"),
        ({"zeitschritte": {"eingabe": 2, "ausgabe": 5000, "zeitschrittweite": 60}}, "zeitschritte.ausgabe"),
        (
            {"zeitschritte": {"eingabe": 2, "ausgabe": 2, "zeitschrittweite": -1}},
            "zeitschritte.zeitschrittweite",
        ),
        ({"zeitschritte": {"eingabe": 2, "ausgabe": 2}}, "zeitschritte.zeitschrittweite"),
        ({"zeitschritte": {"colour": 2}}, "zeitschritte"),
        ({"zeitschritte": 7}, "zeitschritte"),
        ({"timeInfo": {"zeitzone": "Mars/Olympus"}}, "timeInfo.zeitzone"),
        ({"timeInfo": {"jahr": "yes"}}, "timeInfo.jahr"),
        (
            {"timeInfo": {"feiertag": True, "category_data": {"feiertag": {"land": "Atlantis"}}}},
            "timeInfo.category_data.feiertag.land",
        ),
        ({"timeInfo": {"feiertag": True}}, "timeInfo.category_data.feiertag.land"),
        ({"files": {"past": {"zeithorizontStart": 3}}}, "zeithorizontStart"),
        ({"files": {"past": {"zeithorizontStart": None}}}, "zeithorizont_start"),
        ({"files": {"past": {"skalierungMin": 3}}}, "skalierungMin"),
        ({"files": {"past": {"lags": ["one day"]}}}, "lags"),
        ({"files": {"past": {"colour": 3}}}, None),
        ({"files": {"past": {"bezeichnung": "weather"}}}, "bezeichnung"),
        ({"files": {"load": {"datenform": "Aktueller Wert"}}}, "datenform"),
        ({"files": {"load": {"type": "input"}}}, "files"),
        ({"files": {"load": {"zeithorizontEnd": 80000}}}, None),
    ],
    ids=str,
)
def test_what_could_not_be_saved_or_built_is_named_by_its_field(
    world: World, draft: dict[str, Any], field: str | None
) -> None:
    session_id, ids = session_of(world, rows=400)
    files = {ids[name]: fields for name, fields in draft.get("files", {}).items()}
    told = world.ok("POST", PREVIEW.format(session_id), json={**draft, **({"files": files} if files else {})})
    assert (told["samples"], told["window"]) == (None, None) and told["errors"]
    assert field is None or field in [each["field"] for each in told["errors"]]
    assert all(each["message"] and each["code"] for each in told["errors"])
    if files and field != "files":
        assert told["errors"][0]["file_id"] in {*files, None}


def test_all_errors_are_told_at_once(world: World) -> None:
    session_id, ids = session_of(world, rows=400)
    draft = {
        "zeitschritte": {"eingabe": 0, "ausgabe": -1, "zeitschrittweite": 60},
        "timeInfo": {"zeitzone": "Nowhere", "jahr": 3},
        "files": {ids["past"]: {"skalierung": "maybe", "color_index": -1}, ids["load"]: {"bezeichnung": ""}},
    }
    told = world.ok("POST", PREVIEW.format(session_id), json=draft)
    assert {(each["field"], each["file_id"]) for each in told["errors"]} >= {
        ("zeitschritte.eingabe", None),
        ("zeitschritte.ausgabe", None),
        ("timeInfo.zeitzone", None),
        ("timeInfo.jahr", None),
        ("skalierung", ids["past"]),
        ("color_index", ids["past"]),
        ("bezeichnung", ids["load"]),
    }


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"at": "yesterday"}, 422, "at"),
        ({"at": "2024-01-01T00:00:00"}, 422, "offset"),
        ({"at": "--3"}, 422, "at"),
        ({"at": True}, 422, "at"),
        ({"at": "9999-01-01T00:00:00Z"}, 422, "years"),
        ({"files": []}, 400, "files"),
        ({"files": {"no-file": {}}}, 422, "no-file"),
        ({"arithmetic": "creative"}, 422, "arithmetic"),
        ({"max_gap_minutes": 0}, 422, "max_gap_minutes"),
        ({"colour": "red"}, 400, "colour"),
    ],
    ids=str,
)
def test_a_request_that_cannot_be_read_is_refused(world: World, body: Any, status: int, word: str) -> None:
    session_id, _ = session_of(world, rows=400)
    assert word in world.refused("POST", PREVIEW.format(session_id), status, json=body)["error"]


def test_a_session_without_anything_says_what_it_needs(world: World) -> None:
    session_id = add_session(world.database, world.user_id)
    told = world.ok("POST", PREVIEW.format(session_id), json={})
    assert {"files", "zeitschritte"} <= {each["field"] for each in told["errors"]}


def test_a_year_of_quarter_hours_answers_at_once(world: World) -> None:
    session_id, _ = session_of(world, rows=35_040)
    steps = {"eingabe": 97, "ausgabe": 97, "zeitschrittweite": 15}
    world.ok("POST", PREVIEW.format(session_id), json={"zeitschritte": steps})
    began = time.process_time()
    told = world.ok("POST", PREVIEW.format(session_id), json={"zeitschritte": steps, "at": 4000})
    assert time.process_time() - began < 0.3
    assert told["samples"]["count"] > 30_000 and 0 < told["samples"]["seconds"] < 60
