"""Time features and window steps: saved, read back, refused where they make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.caller import Caller

HOUR = {"zeithorizontStart": "0.25", "zeithorizontEnd": 24, "datenform": "Zeithorizont"}
TIME_INFO = {
    "jahr": True,
    "tag": True,
    "feiertag": True,
    "zeitzone": "Europe/Vienna",
    "category_data": {
        "jahr": {**HOUR, "skalierung": "ja", "skalierungMin": "0", "skalierungMax": "1"},
        "tag": {**HOUR, "detaillierteBerechnung": True},
        "feiertag": {**HOUR, "land": "AT"},
    },
}


def test_time_info_comes_back_as_it_was_saved_with_text_turned_into_numbers(caller: Caller) -> None:
    session_id = caller.new_session()
    assert caller.get(f"get-time-info/{session_id}")["data"] == {}
    caller.post("save-time-info", {"sessionId": session_id, "timeInfo": TIME_INFO})
    data = caller.get(f"get-time-info/{session_id}")["data"]
    assert data["session_id"] == session_id
    assert (data["jahr"], data["monat"], data["zeitzone"]) == (True, False, "Europe/Vienna")
    assert data["category_data"]["jahr"]["zeithorizontStart"] == 0.25
    assert data["category_data"]["jahr"]["skalierung"] == "ja"
    assert data["category_data"]["feiertag"]["land"] == "AT"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"jahr": "true"}, "timeInfo.jahr"),
        ({"zeitzone": "Mars/Olympus"}, "timeInfo.zeitzone"),
        ({"zeitzone": "../../etc/passwd"}, "timeInfo.zeitzone"),
        ({"zeitzone": 5}, "timeInfo.zeitzone"),
        ({"category_data": {"jahr": {"zeithorizontStart": "NaN"}}}, "zeithorizontStart"),
        ({"category_data": {"jahr": {"zeithorizontStart": 2, "zeithorizontEnd": 1}}}, "zeithorizontStart"),
        ({"category_data": {"jahr": {"skalierungMin": 1, "skalierungMax": 1}}}, "skalierungMin"),
        ({"category_data": {"jahr": {"datenform": "Historische Daten"}}}, "datenform"),
        ({"category_data": {"jahr": {"land": "AT"}}}, "land"),
        ({"category_data": {"jahr": {"bruecken": True}}}, "bruecken"),
        ({"category_data": {"feiertag": {"land": "Atlantis"}}}, "feiertag.land"),
        ({"category_data": {"feiertag": {"land": "DE-XX"}}}, "feiertag.land"),
        ({"category_data": {"feiertag": {"bruecken": 1}}}, "bruecken"),
        ({"category_data": {"feiertag": {"schulferien": "Sommer"}}}, "schulferien"),
        ({"category_data": {"feiertag": {"schulferien": [{"von": "2024-07-06"}]}}}, "schulferien[0].bis"),
        (
            {"category_data": {"feiertag": {"schulferien": [{"von": "2024-07-06", "bis": "2024-07-01"}]}}},
            "schulferien[0].bis",
        ),
        ({"category_data": {"stunde": {}}}, "stunde"),
        ({"category_data": {"jahr": {"laune": 1}}}, "laune"),
        ({"category_data": []}, None),
        ({"quartal": True}, "quartal"),
    ],
)
def test_time_info_that_makes_no_sense_is_refused(
    caller: Caller, change: dict[str, Any], field: str | None
) -> None:
    session_id = caller.new_session()
    body = {"sessionId": session_id, "timeInfo": {**TIME_INFO, **change}}
    if change == {"category_data": []}:
        body["timeInfo"]["category_data"] = [1]  # type: ignore[index]
    error = caller.refused("POST", "save-time-info", body, 400, 422)
    assert field is None or field in error["error"]
    assert caller.get(f"get-time-info/{session_id}")["data"] == {}


def test_steps_travel_as_text_and_may_be_sent_as_numbers(caller: Caller) -> None:
    session_id = caller.new_session()
    error = caller.refused("GET", f"get-zeitschritte/{session_id}", None, 404)
    assert error["code"] == "ZEITSCHRITTE_NOT_FOUND"
    steps = {"eingabe": 96, "ausgabe": "4", "zeitschrittweite": "7.5", "offsett": "15"}
    caller.post("save-zeitschritte", {"sessionId": session_id, "zeitschritte": steps})
    data = caller.get(f"get-zeitschritte/{session_id}")["data"]
    assert data == {
        "session_id": session_id,
        "eingabe": "96",
        "ausgabe": "4",
        "zeitschrittweite": "7.5",
        "offset": "15",
    }


def test_one_step_in_and_one_out_are_enough(caller: Caller) -> None:
    session_id = caller.new_session()
    steps = {"eingabe": 1, "ausgabe": "1", "zeitschrittweite": 0.5}
    caller.post("save-zeitschritte", {"sessionId": session_id, "zeitschritte": steps})
    assert caller.get(f"get-zeitschritte/{session_id}")["data"]["offset"] == "0"


@pytest.mark.parametrize(
    "steps",
    [
        {"eingabe": 0},
        {"eingabe": 4097},
        {"ausgabe": 1.5},
        {"ausgabe": "viele"},
        {"zeitschrittweite": 0},
        {"zeitschrittweite": -15},
        {"zeitschrittweite": "nan"},
        {"zeitschrittweite": True},
        {"offset": "inf"},
        {"offset": 1, "offsett": 2},
        {"zeitschrittweiten": 15},
        [],
        "15",
    ],
)
def test_steps_that_make_no_sense_are_refused(caller: Caller, steps: Any) -> None:
    session_id = caller.new_session()
    body = {"sessionId": session_id, "zeitschritte": steps}
    caller.refused("POST", "save-zeitschritte", body, 400, 422)
    caller.refused("GET", f"get-zeitschritte/{session_id}", None, 404)


def test_a_strangers_settings_are_neither_read_nor_written(caller: Caller, other: Caller) -> None:
    session_id = caller.new_session()
    caller.post("save-time-info", {"sessionId": session_id, "timeInfo": TIME_INFO})
    other.refused("GET", f"get-time-info/{session_id}", None, 404)
    other.refused("GET", f"get-zeitschritte/{session_id}", None, 404)
    body = {"sessionId": session_id, "timeInfo": {"jahr": False}}
    other.refused("POST", "save-time-info", body, 404)
    assert caller.get(f"get-time-info/{session_id}")["data"]["jahr"] is True
