"""The files of a session as entries: made, listed, changed, deleted."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api.caller import Caller, series_csv

ENTRY = {"fileName": "load.csv", "type": "input", "bezeichnung": "Load", "zeithorizontStart": "-24"}


def entry(caller: Caller, session_id: str, **change: Any) -> str:
    body = {"sessionId": session_id, "fileData": {**ENTRY, **change}}
    file_id: str = caller.post("csv-files", body)["data"]["id"]
    return file_id


def test_an_entry_is_made_listed_and_shown_in_its_session(caller: Caller) -> None:
    session_id = caller.new_session()
    first = entry(caller, session_id, mittelwertbildungÜberDenZeithorizont="ja")
    second = entry(caller, session_id, type="output")
    rows = caller.get(f"csv-files/{session_id}")["data"]
    assert [row["id"] for row in rows] == [first, second]
    assert (rows[0]["bezeichnung"], rows[0]["zeithorizont_start"]) == ("Load", -24.0)
    assert rows[0]["mittelwertbildung_uber_den_zeithorizont"] == "ja"
    assert rows[0]["datenpunkte"] is None
    outputs = caller.get(f"csv-files/{session_id}?type=output")["data"]
    assert [row["id"] for row in outputs] == [second]
    shown = caller.get(f"session/{session_id}")["session"]
    assert shown["file_count"] == 2
    assert shown["files"][0]["mittelwertbildungÜberDenZeithorizont"] == "ja"
    listed = caller.get("list-sessions")["sessions"][0]
    assert [info["bezeichnung"] for info in listed["filesInfo"]] == ["Load", "Load"]


def test_a_name_is_taken_once_per_type(caller: Caller) -> None:
    session_id = caller.new_session()
    first = entry(caller, session_id)
    error = caller.refused("POST", "csv-files", {"sessionId": session_id, "fileData": ENTRY}, 400)
    assert error["code"] == "DUPLICATE_FILE"
    assert error["details"]["fileIds"] == [first]
    other = entry(caller, session_id, bezeichnung="Other")
    error = caller.refused("PUT", f"csv-files/{other}", {"bezeichnung": "Load"}, 400)
    assert error["code"] == "DUPLICATE_FILE"


def test_settings_change_and_what_was_measured_does_not(caller: Caller) -> None:
    session_id = caller.new_session()
    file_id = entry(caller, session_id)
    body = {"zeithorizont_start": None, "skalierung": "nein", "skalierung_max": "2.5", "color_index": 7}
    row = caller.put(f"csv-files/{file_id}", body)["data"]
    assert (row["zeithorizont_start"], row["skalierung"], row["skalierung_max"]) == (None, "nein", 2.5)
    assert caller.put(f"csv-files/{file_id}", row)["data"]["color_index"] == 7
    error = caller.refused("PUT", f"csv-files/{file_id}", {"datenpunkte": 5}, 422)
    assert error["code"] == "READ_ONLY_FIELD"
    caller.refused("PUT", f"csv-files/{file_id}", {"session_id": str(uuid4())}, 422)


@pytest.mark.parametrize(
    "body",
    [
        {"skalierung_min": 1},
        {"skalierung_min": None},
        {"bezeichnung": ""},
        {"type": "both"},
        {"datenform": "Historische Prognosen"},
        {"zeithorizont_start": "abend"},
        {"color_index": -1},
        {"laune": "gut"},
    ],
)
def test_a_change_that_makes_no_sense_changes_nothing(caller: Caller, body: dict[str, Any]) -> None:
    session_id = caller.new_session()
    file_id = entry(caller, session_id)
    before = caller.get(f"csv-files/{session_id}")["data"]
    caller.refused("PUT", f"csv-files/{file_id}", body, 400, 422)
    assert caller.get(f"csv-files/{session_id}")["data"] == before


def test_the_spacing_inside_the_window_follows_from_the_steps(caller: Caller) -> None:
    session_id = caller.new_session()
    entry(caller, session_id, zeithorizontStart=-24, zeithorizontEnd=0)
    steps = {"eingabe": 97, "ausgabe": 2, "zeitschrittweite": 15, "offset": 5}
    caller.post("save-zeitschritte", {"sessionId": session_id, "zeitschritte": steps})
    (row,) = caller.get(f"csv-files/{session_id}")["data"]
    assert row["zeitschrittweite_transferierten_daten"] == 15.0
    assert row["offset_transferierten_daten"] == 5.0


def test_a_strangers_file_is_not_found(caller: Caller, other: Caller) -> None:
    session_id = caller.new_session()
    file_id = entry(caller, session_id)
    for target in (file_id, str(uuid4())):
        assert other.refused("PUT", f"csv-files/{target}", {}, 404)["code"] == "FILE_NOT_FOUND"
        assert other.refused("DELETE", f"csv-files/{target}", None, 404)["code"] == "FILE_NOT_FOUND"
    other.refused("GET", f"csv-files/{session_id}", None, 404)
    other.refused("POST", "csv-files", {"sessionId": session_id, "fileData": ENTRY}, 404)
    assert caller.refused("DELETE", "csv-files/nonsense", None, 400)["code"] == "BAD_UUID"
    caller.delete(f"csv-files/{file_id}")
    caller.refused("DELETE", f"csv-files/{file_id}", None, 404)


def test_a_deleted_file_takes_its_blobs_along_unless_another_needs_them(
    working: Caller, working_dir: Any
) -> None:
    session_id = working.new_session()
    before = set((working_dir / "blobs").rglob("*"))
    columns = [{"column": "a"}, {"column": "b"}]
    first, second = working.upload(session_id, series_csv(columns=("a", "b")), metadata={"columns": columns})[
        "fileIds"
    ]

    def stored() -> list[str]:
        files = (working_dir / "blobs").rglob("*")
        return sorted(path.suffix for path in files if path not in before and path.suffix)

    assert stored() == [".csv", ".parquet", ".parquet"]
    working.delete(f"csv-files/{first}")
    assert stored() == [".csv", ".parquet"]
    working.delete(f"csv-files/{second}")
    assert stored() == []
    answer = working.upload(session_id, series_csv(columns=("a", "b")), metadata={"columns": columns})
    assert len(answer["fileIds"]) == 2
