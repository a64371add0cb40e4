"""Data care over HTTP: the report of an import, the recipe of a file, and what it does to a dataset."""

from __future__ import annotations

import math
from typing import Any
from uuid import uuid4

import pytest

from tests.api.caller import Caller

HOURS = 40 * 24
DAMAGE = {200: 900.0, 500: -999.0, 501: -999.0, 502: -999.0, 503: -999.0, 504: -999.0}


def load_csv(absent: tuple[int, ...] = ()) -> bytes:
    """Hourly from 2024-01-01 00:00 UTC, with a spike and five marks for missing values."""
    lines = ["UTC;Load"]
    for hour in range(HOURS):
        value = DAMAGE.get(hour, 100 + 40 * math.sin(hour / 24 * math.tau) + (hour * 7919 % 13) / 3)
        if hour not in absent:
            lines.append(f"2024-{1 + hour // 744:02}-{1 + hour % 744 // 24:02} {hour % 24:02}:00;{value:.3f}")
    return "\n".join(lines).encode() + b"\n"


def ready(caller: Caller, content: bytes) -> tuple[str, str, str]:
    """A session with a day in and six hours out; and the ids of its input and its output."""
    session_id = caller.new_session()
    past = {"bezeichnung": "Past", "zeithorizontStart": -23, "zeithorizontEnd": 0}
    ahead = {"bezeichnung": "Load", "zeithorizontStart": 1, "zeithorizontEnd": 6}
    first = caller.upload(session_id, content, metadata=past)["fileIds"][0]
    second = caller.upload(session_id, content, name="out.csv", file_type="output", metadata=ahead)
    steps = {"eingabe": 24, "ausgabe": 6, "zeitschrittweite": 60, "offset": 0}
    caller.post("save-zeitschritte", {"sessionId": session_id, "zeitschritte": steps})
    return session_id, first, second["fileIds"][0]


def step(action: str, start: str, end: str, **more: Any) -> dict[str, Any]:
    return {"action": action, "from": f"2024-{start}:00:00Z", "to": f"2024-{end}:00:00Z", **more}


def test_the_report_of_an_import_becomes_a_recipe_that_changes_the_dataset(working: Caller) -> None:
    session_id, past, load = ready(working, load_csv())
    before = working.post(f"generate-datasets/{session_id}", {})
    assert (before["n_dat"], before["recipes"]) == (HOURS - 23 - 6, [])
    report = working.get(f"csv-files/{load}/care")["data"]
    assert (report["recipe"], report["total"]) == ([], 2)
    by_kind = {each["kind"]: each for each in report["findings"]}
    assert (by_kind["spike"]["from"], by_kind["spike"]["rows"]) == ("2024-01-09T08:00:00Z", 1)
    assert by_kind["outlier"]["rows"] == 5
    recipe = [each["fix"] for each in report["findings"]]
    for file_id in (past, load):
        row = working.put(f"csv-files/{file_id}/recipe", {"recipe": recipe})["data"]
        assert row["recipe"] == recipe
    after = working.post(f"generate-datasets/{session_id}", {})
    # 30 instants in a row are in the windows of a reference time; any that meets one of the 5 rows is lost
    assert after["n_dat"] == before["n_dat"] - (30 - 1 + 5)
    (first, second) = after["recipes"]
    assert (first["name"], first["type"], second["name"]) == ("Past", "input", "Load")
    assert sorted(each["rows"] for each in second["steps"]) == [1, 5]
    listed = working.get(f"csv-files/{session_id}?type=output")["data"]
    assert listed[0]["recipe"] == recipe
    assert "care" not in listed[0]
    working.put(f"csv-files/{load}", listed[0])
    for file_id in (past, load):
        working.put(f"csv-files/{file_id}/recipe", {"recipe": []})
    assert working.post(f"generate-datasets/{session_id}", {})["n_dat"] == before["n_dat"]


def test_filling_a_hole_wins_its_windows_back(working: Caller) -> None:
    hole = tuple(range(300, 306))
    session_id, past, load = ready(working, load_csv(absent=hole))
    with_hole = working.post(f"generate-datasets/{session_id}", {})["n_dat"]
    assert with_hole == HOURS - 23 - 6 - (30 - 1 + len(hole))
    filled = step("interpolate", "01-13T12", "01-13T17", max_rows=6)
    for file_id in (past, load):
        working.put(f"csv-files/{file_id}/recipe", {"recipe": [filled]})
    answer = working.post(f"generate-datasets/{session_id}", {})
    assert answer["n_dat"] == HOURS - 23 - 6
    assert [(s["rows"], s["added"]) for file in answer["recipes"] for s in file["steps"]] == [(6, 6), (6, 6)]


def test_a_recipe_that_leaves_nothing_is_said_by_the_job(working: Caller) -> None:
    session_id, past, _ = ready(working, load_csv())
    everything = step("drop", "01-01T00", "12-31T00")
    working.put(f"csv-files/{past}/recipe", {"recipe": [everything]})
    error = working.refused("POST", f"generate-datasets/{session_id}", {}, 422)
    assert error["code"] == "RECIPE_LEAVES_NOTHING"


@pytest.mark.parametrize(
    ("recipe", "field"),
    [
        ([step("drop", "01-02T00", "01-01T00")], "body.recipe.0.to"),
        ([step("clip", "01-01T00", "01-02T00", low=5, high=3)], "body.recipe.0.high"),
        ([step("interpolate", "01-01T00", "01-02T00")], "body.recipe.0.max_rows"),
        ([step("drop", "01-01T00", "01-02T00", low=3)], "body.recipe.0.low"),
        ([step("drop", "01-01T00", "01-02T00", laune="gut")], "body.recipe.0.laune"),
        ([step("mend", "01-01T00", "01-02T00")], "body.recipe.0.action"),
        ([{"action": "drop", "from": "gestern", "to": "2024-01-02T00:00:00Z"}], "body.recipe.0.from"),
        (["drop"], "body.recipe.0"),
        ({"action": "drop"}, "body.recipe"),
        (None, "body.recipe"),
        ([step("drop", "01-01T00", "01-02T00")] * 1001, "body.recipe"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused_with_its_field(
    caller: Caller, recipe: Any, field: str
) -> None:
    file_id = entry(caller)
    error = caller.refused("PUT", f"csv-files/{file_id}/recipe", {"recipe": recipe}, 422)
    assert error["code"] == "INVALID_RECIPE"
    assert [each["field"] for each in error["details"]["errors"]] == [field]
    assert error["suggestion"] and field in error["error"]


def entry(caller: Caller) -> str:
    fields = {"fileName": "load.csv", "type": "input", "bezeichnung": "Load"}
    body = {"sessionId": caller.new_session(), "fileData": fields}
    file_id: str = caller.post("csv-files", body)["data"]["id"]
    return file_id


def test_an_entry_without_data_has_no_report_and_takes_no_steps(caller: Caller) -> None:
    file_id = entry(caller)
    error = caller.refused("GET", f"csv-files/{file_id}/care", None, 404)
    assert error["code"] == "CARE_NOT_FOUND"
    recipe = [step("drop", "01-01T00", "01-02T00")]
    caller.refused("PUT", f"csv-files/{file_id}/recipe", {"recipe": recipe}, 422)
    assert caller.put(f"csv-files/{file_id}/recipe", {"recipe": []})["data"]["recipe"] == []
    caller.refused("PUT", f"csv-files/{file_id}/recipe", {"recipe": [], "more": 1}, 400)
    error = caller.refused("PUT", f"csv-files/{file_id}", {"recipe": recipe}, 422)
    assert (error["code"], error["details"]["field"]) == ("READ_ONLY_FIELD", "recipe")


def test_a_step_outside_the_data_is_refused_with_their_limits(working: Caller) -> None:
    session_id = working.new_session()
    file_id = working.upload(session_id, load_csv())["fileIds"][0]
    recipe = [step("drop", "01-01T00", "01-02T00"), step("drop", "03-01T00", "03-02T00")]
    error = working.refused("PUT", f"csv-files/{file_id}/recipe", {"recipe": recipe}, 422)
    assert error["details"] == {
        "field": "body.recipe.1.from",
        "bounds": {"first": "2024-01-01T00:00:00Z", "last": "2024-02-09T23:00:00Z"},
    }
    (row,) = working.get(f"csv-files/{session_id}")["data"]
    assert row["recipe"] == []


def test_care_and_recipe_of_a_stranger_are_not_found(caller: Caller, other: Caller) -> None:
    file_id = entry(caller)
    for target in (file_id, str(uuid4())):
        for method, path, body in (("GET", "care", None), ("PUT", "recipe", {"recipe": []})):
            answer = other.refused(method, f"csv-files/{target}/{path}", body, 404)
            assert answer["code"] == "FILE_NOT_FOUND"
            assert caller.refused(method, f"csv-files/nonsense/{path}", body, 400)["code"] == "BAD_UUID"
