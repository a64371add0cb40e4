"""What a session says about time reaches its dataset: the form of a series, its lags, holidays."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.api.caller import Caller, accepted, refusal, series_csv

START = datetime(2024, 1, 1)
STEPS = {"eingabe": 4, "ausgabe": 4, "zeitschrittweite": 60, "offset": 0}
TARGET = {"bezeichnung": "Load", "zeithorizontStart": 1, "zeithorizontEnd": 4}


def forecasts_csv(days: int = 3) -> bytes:
    """Issued at midnight and noon for the next 24 hours; the value is target hour + issue hour / 1000."""
    lines = ["issued;valid;temperature"]
    for issue in range(0, 24 * days, 12):
        for target in range(issue, issue + 24):
            at = [START + timedelta(hours=hour) for hour in (issue, target)]
            lines.append(f"{at[0]:%Y-%m-%d %H:%M};{at[1]:%Y-%m-%d %H:%M};{target + issue / 1000}")
    return ("\n".join(lines) + "\n").encode()


def upload(caller: Caller, session_id: str, content: bytes, metadata: dict[str, Any], **about: Any) -> None:
    accepted(caller.send(session_id, content, metadata=metadata, **about))


def inputs(caller: Caller, session_id: str) -> tuple[np.ndarray, np.ndarray]:
    """References in hours since the start, and the input array."""
    caller.post("save-zeitschritte", {"sessionId": session_id, "zeitschritte": STEPS})
    with caller.request("GET", f"download-arrays/{session_id}") as answer:
        assert answer.status_code == 200
        content = answer.get_data()
    with np.load(io.BytesIO(content)) as arrays:
        start = np.datetime64(START, "ns").astype(np.int64)
        return (arrays["references"] - start) / (3600 * 10**9), arrays["i_array_3D"]


def test_forecasts_current_values_and_foresight_reach_the_dataset(working: Caller) -> None:
    session_id = working.new_session()
    load = series_csv(rows=96 * 3)
    about = {"bezeichnung": "Temperature", "zeithorizontStart": 1, "zeithorizontEnd": 4}
    upload(working, session_id, forecasts_csv(), {**about, "ausgabezeit": "issued"}, name="forecasts.csv")
    upload(working, session_id, load, {"bezeichnung": "State", "datenform": "Aktueller Wert"}, name="a.csv")
    upload(working, session_id, load, {**TARGET, "bezeichnung": "Known"}, name="b.csv")
    upload(working, session_id, load, TARGET, file_type="output", name="c.csv")
    rows = {row["bezeichnung"]: row for row in working.get(f"csv-files/{session_id}")["data"]}
    assert rows["Temperature"]["datenform"] == "Historische Prognosen"
    assert (rows["Temperature"]["ausgabezeit"], rows["State"]["ausgabezeit"]) == ("issued", None)
    hours, x = inputs(working, session_id)
    expected = hours[:, None] + np.arange(1, 5) + hours[:, None] // 12 * 12 / 1000
    np.testing.assert_allclose(x[:, :, 0], expected)
    assert (x[:, :, 1] == x[:, :1, 1]).all()
    notes = working.post(f"generate-datasets/{session_id}", {})["notes"]
    found = {(note["code"], note["details"]["feature"]) for note in notes}
    assert {("PERFECT_FORESIGHT", "Known"), ("OUTPUT_AMONG_INPUTS", "Known")} <= found
    assert not {feature for _, feature in found} & {"State"}


WINDOW = {"bezeichnung": "Load", "zeithorizontStart": -24, "zeithorizontEnd": 0}


@pytest.mark.parametrize(
    ("code", "file_type", "metadata"),
    [
        ("NO_ISSUE_TIMES", "input", {**WINDOW, "datenform": "Historische Prognosen"}),
        ("INVALID_DATENFORM", "input", {**WINDOW, "datenform": "Historische Daten", "ausgabezeit": "issued"}),
        ("INVALID_DATENFORM", "input", {**WINDOW, "datenform": "Aktueller Wert"}),
        ("INVALID_DATENFORM", "output", {**WINDOW, "ausgabezeit": "issued"}),
        ("INVALID_DATENFORM", "output", {"datenform": "Aktueller Wert"}),
        ("INVALID_DATENFORM", "input", {"datenform": "Aktueller Wert", "datenanpassung": "Nächster Wert"}),
        (
            "INVALID_DATENFORM",
            "input",
            {"datenform": "Aktueller Wert", "mittelwertbildungÜberDenZeithorizont": "ja"},
        ),
    ],
)
def test_a_form_that_cannot_act_is_refused(
    caller: Caller, code: str, file_type: str, metadata: dict[str, Any]
) -> None:
    answer = caller.send(caller.new_session(), b"x", 0, 2, metadata=metadata, file_type=file_type)
    assert refusal(answer, 422)["code"] == code


def test_the_form_of_a_file_can_be_changed_where_it_fits(caller: Caller) -> None:
    session_id = caller.new_session()
    entry = {"fileName": "load.csv", "type": "input", **WINDOW}
    file_id = caller.post("csv-files", {"sessionId": session_id, "fileData": entry})["data"]["id"]
    path = f"csv-files/{file_id}"
    error = caller.refused("PUT", path, {"datenform": "Historische Prognosen"}, 422)
    assert error["code"] == "NO_ISSUE_TIMES"
    error = caller.refused("PUT", path, {"datenform": "Aktueller Wert"}, 422)
    assert error["details"]["field"] == "zeithorizontStart"
    change = {"datenform": "Aktueller Wert", "zeithorizont_start": None, "zeithorizont_end": None}
    assert caller.put(path, change)["data"]["datenform"] == "Aktueller Wert"
    assert caller.refused("PUT", path, {"ausgabezeit": "issued"}, 422)["code"] == "READ_ONLY_FIELD"


def test_lags_reach_the_dataset_and_are_named_among_the_variables(working: Caller) -> None:
    session_id = working.new_session()
    load = series_csv(rows=96 * 9)
    upload(working, session_id, load, {**WINDOW, "lags": ["P1D", "P7D"]}, name="b.csv")
    upload(working, session_id, load, {**TARGET, "bezeichnung": "Target"}, file_type="output", name="c.csv")
    (row, _) = working.get(f"csv-files/{session_id}")["data"]
    assert row["lags"] == ["P1D", "P7D"]
    hours, x = inputs(working, session_id)
    value = {float(hour): float(found) for hour, found in zip(hours, x[:, -1, 0], strict=True)}
    for hour, window in zip(hours, x, strict=True):
        expected = [value.get(hour + k - 24) for k in range(1, 5)]
        if None not in expected:
            assert window[:, 1].tolist() == expected
    names = working.get(f"plot-variables/{session_id}")
    assert names["input_variables"] == ["Load", "Load P1D", "Load P7D"]
    working.put(f"csv-files/{row['id']}", {"lags": []})
    assert inputs(working, session_id)[1].shape[2] == 1


@pytest.mark.parametrize(
    ("file_type", "metadata"),
    [
        ("input", {**WINDOW, "lags": ["P1M"]}),
        ("input", {**WINDOW, "lags": "P1D"}),
        ("input", {**WINDOW, "lags": ["P7D", "P1W"]}),
        ("input", {**WINDOW, "lags": ["P1D"], "ausgabezeit": "issued"}),
        ("output", {**WINDOW, "lags": ["P1D"]}),
    ],
)
def test_lags_that_cannot_act_are_refused(caller: Caller, file_type: str, metadata: dict[str, Any]) -> None:
    answer = caller.send(caller.new_session(), b"x", 0, 2, metadata=metadata, file_type=file_type)
    error = refusal(answer, 422)
    assert (error["code"], error["details"]["field"]) == ("INVALID_LAGS", "lags")


def test_holidays_of_a_region_bridge_days_and_school_holidays_reach_the_dataset(working: Caller) -> None:
    session_id = working.new_session()
    load = series_csv(rows=96 * 9)
    upload(working, session_id, load, WINDOW, name="b.csv")
    upload(working, session_id, load, {**TARGET, "bezeichnung": "Target"}, file_type="output", name="c.csv")
    about = {"land": "DE-BY", "bruecken": True, "schulferien": [{"von": "2024-01-02", "bis": "2024-01-05"}]}
    info = {"feiertag": True, "category_data": {"feiertag": about}}
    working.post("save-time-info", {"sessionId": session_id, "timeInfo": info})
    hours, x = inputs(working, session_id)
    day = hours // 24 + 1
    assert x.shape[2] == 4
    assert set(day[x[:, 0, 1] == 1]) == {6}  # Epiphany; the first day is history
    assert set(day[x[:, 0, 2] == 1]) == set()  # it is a Saturday
    assert set(day[x[:, 0, 3] == 1]) == {2, 3, 4, 5}
    names = working.get(f"plot-variables/{session_id}")["time_components"]
    assert names == ["H", "H_bruecke", "H_ferien"]
