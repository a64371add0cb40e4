"""The preview over HTTP: what the beginning of a file seems to be, and that it agrees with the import."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.api.caller import Caller, accepted, refusal, series_csv

GERMAN = "Zeit;Last [kW];Temperatur in °C;Ort\r\n" + "".join(
    f"{1 + hour // 24:02}.02.2024 {hour % 24:02}:00;{1000 + hour},5;{hour % 9 - 3},25;Graz-Süd\r\n"
    for hour in range(28 * 24)
)


def sent(caller: Caller, content: bytes, **fields: Any) -> TestResponse:
    form: dict[str, Any] = {"chunk": FileStorage(io.BytesIO(content), "begin.csv")}
    for name, value in fields.items():
        form[name] = value if isinstance(value, str) else json.dumps(value)
    boundary, data = encode_multipart(form)
    kind = f"multipart/form-data; boundary={boundary}"
    headers = caller.headers
    return caller.client.post("/api/v1/preview", data=data, content_type=kind, headers=headers)


def look(caller: Caller, content: bytes | str, **fields: Any) -> dict[str, Any]:
    plain = content if isinstance(content, bytes) else content.encode()
    return accepted(sent(caller, plain, **{"complete": "true", **fields}))


def found(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: each["value"] for name, each in answer["detected"].items()}


def sure(answer: dict[str, Any]) -> dict[str, str]:
    return {name: each["sure"] for name, each in answer["detected"].items()}


def test_a_german_file_is_recognised_and_read(caller: Caller) -> None:
    answer = look(caller, GERMAN.encode("latin-1"))
    assert found(answer) == {
        "encoding": "cp1252",
        "separator": ";",
        "hasHeader": True,
        "timeColumn": "Zeit",
        "dateFormat": "%d.%m.%Y %H:%M",
        "timezone": "UTC",
        "decimal": ",",
    }
    assert sure(answer)["separator"] == sure(answer)["decimal"] == "certain"
    assert (sure(answer)["encoding"], sure(answer)["timezone"]) == ("likely", "guess")
    others = {each["value"]: each["example"] for each in answer["detected"]["encoding"]["alternatives"]}
    assert others["latin-1"] == "Zeit;Last [kW];Temperatur in °C;Ort"
    assert others["utf-8"] is None
    assert [(each["name"], each["kind"]) for each in answer["columns"]] == [
        ("Zeit", "time"),
        ("Last [kW]", "number"),
        ("Temperatur in °C", "number"),
        ("Ort", "text"),
    ]
    assert len(answer["rows"]) == 50
    assert answer["rows"][1] == {
        "row": 3,
        "cells": ["01.02.2024 01:00", "1001,5", "-2,25", "Graz-Süd"],
        "time": "2024-02-01T01:00:00Z",
        "numbers": [None, 1001.5, -2.25, None],
    }
    assert answer["extent"] == {
        "rows": 28 * 24,
        "first": "2024-02-01T00:00:00Z",
        "last": "2024-02-28T23:00:00Z",
        "step_minutes": 60,
    }
    assert (answer["questions"], answer["problems"], answer["ready"]) == ([], [], True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("length", [24_400, 24_401, 24_402, 24_403])
def test_a_file_that_is_cut_off_anywhere_is_no_problem(caller: Caller, encoding: str, length: int) -> None:
    """In the middle of a line, of a cell, of a character."""
    answer = look(caller, GERMAN.encode(encoding)[:length], complete="false")
    assert answer["ready"] is True
    assert [each["name"] for each in answer["columns"]][2] == "Temperatur in °C"
    assert answer["rows"][0]["numbers"] == [None, 1000.5, -3.25, None]


def test_options_change_what_is_read(caller: Caller) -> None:
    options = {"timezone": "Europe/Vienna", "hasHeader": False, "skipRows": 1}
    answer = look(caller, GERMAN, options=options)
    assert answer["rows"][0]["time"] == "2024-01-31T23:00:00Z"
    assert answer["columns"][0]["name"] == "column 1"
    assert {name: sure(answer)[name] for name in ("timezone", "hasHeader")} == dict.fromkeys(
        ("timezone", "hasHeader"), "declared"
    )
    commas = look(caller, "t;v\n2024-01-01;1.234\n2024-01-02;2.345\n", options={"decimal": ","})
    assert commas["rows"][0]["numbers"] == [None, 1234]
    wrong = look(caller, GERMAN, options={"separator": ","})
    assert wrong["detected"]["separator"]["sure"] == "declared"
    assert wrong["rows"][1]["cells"][0].startswith("01.02.2024 00:00;")


def test_what_cannot_be_decided_is_asked(caller: Caller) -> None:
    dates = "t;v\n01/02/2024 00:00;1\n02/02/2024 00:00;2\n"
    answer = look(caller, dates)
    (question,) = answer["questions"]
    assert (question["code"], question["field"]) == ("AMBIGUOUS_DATE", "dayFirst")
    assert question["choices"] == [
        {"value": True, "example": "2024-02-01"},
        {"value": False, "example": "2024-01-02"},
    ]
    assert answer["ready"] is False and answer["rows"][0]["time"] is None
    assert answer["rows"][0]["numbers"] == [None, 1], "what does not hang on it is read"
    decided = look(caller, dates, options={"dayFirst": False})
    assert decided["ready"] and decided["rows"][0]["time"] == "2024-01-02T00:00:00Z"
    decimals = look(caller, 't,v\n2024-01-01,"1,234"\n2024-01-02,"2,345"\n')
    (question,) = decimals["questions"]
    assert question["choices"] == [{"value": ",", "example": "1.234"}, {"value": ".", "example": "1234"}]
    assert look(caller, "a;b\nx;y\n")["questions"][0]["field"] == "timeColumn"
    lines = look(caller, "just text\nand more\n")
    assert lines["questions"][0]["field"] == "separator"
    assert [row["cells"] for row in lines["rows"]] == [["just text"], ["and more"]]


def test_rows_that_cannot_be_read_are_named(caller: Caller) -> None:
    rows = [
        "t;v",
        "2024-01-01 00:00;1",
        "2024-13-01 01:00;2",
        "2024-01-01 02:00;x",
        *(f"2024-01-01 {hour:02}:00;4" for hour in range(3, 9)),
    ]
    answer = look(caller, "\n".join(rows) + "\n")
    told = [(each["code"], each["row"], each["column"]) for each in answer["problems"]]
    assert told == [("INVALID_TIME", 3, None), ("NOT_NUMERIC", 4, "v")]
    assert [row["time"] for row in answer["rows"]][:3] == [
        "2024-01-01T00:00:00Z",
        None,
        "2024-01-01T02:00:00Z",
    ]
    ragged = look(caller, "t;v\n2024-01-01 00:00;1\n2024-01-01 01:00;1;2\n2024-01-01 02:00;3\n")
    assert [(each["code"], each["row"]) for each in ragged["problems"]] == [("RAGGED_ROWS", 3)]
    assert ragged["rows"][2]["numbers"] == [None, 3]
    skipped = look(
        caller, "t;v\n2024-03-31 02:30;1\n2024-03-31 03:00;2\n", options={"timezone": "Europe/Vienna"}
    )
    assert [(each["code"], each["row"]) for each in skipped["problems"]] == [("NONEXISTENT_TIME", 2)]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"separator": "x"}, "options.separator"),
        ({"decimal": ":"}, "options.decimal"),
        ({"encoding": "ebcdic"}, "options.encoding"),
        ({"timezone": "Mars/Olympus"}, "options.timezone"),
        ({"skipRows": -1}, "options.skipRows"),
        ({"hasHeader": "perhaps"}, "options.hasHeader"),
        ({"dateFormat": "%"}, "options.dateFormat"),
        ({"dayFirst": "perhaps"}, "options.dayFirst"),
        ({"duplicates": "all"}, "options.duplicates"),
        ({"colour": "red"}, "options.colour"),
        ({"ausgabezeit": 5}, "options.ausgabezeit"),
    ],
)
def test_options_are_checked_by_name(caller: Caller, options: dict[str, Any], field: str) -> None:
    details = refusal(sent(caller, GERMAN.encode(), options=options), 422)["details"]
    told = [details["field"]] if "field" in details else [each["field"] for each in details["errors"]]
    assert told == [field]


def test_what_no_option_mends_is_refused(caller: Caller, other: Caller) -> None:
    assert refusal(sent(caller, b""), 422)["code"] == "EMPTY_FILE"
    assert refusal(sent(caller, b"PK\x03\x04" + bytes(100)), 422)["code"] == "NOT_TEXT"
    assert refusal(sent(caller, b"t;v\n", complete="perhaps"), 422)["details"]["field"] == "complete"
    assert refusal(sent(caller, b"t;v\n", colour="red"), 400)["code"] == "UNKNOWN_FIELD"
    assert refusal(sent(caller, b"t;v\n", options="[1]"), 400)["code"] == "BAD_REQUEST"
    assert refusal(sent(caller, b"t" * (1024 * 1024 + 1)), 413)["code"] == "CHUNK_TOO_LARGE"
    assert refusal(sent(caller, b"t;v\n", session_id=other.new_session()), 404)["code"] == "SESSION_NOT_FOUND"


def test_nothing_is_stored_or_counted_and_the_zone_of_the_session_is_offered(caller: Caller) -> None:
    session_id = caller.new_session()
    caller.post("save-time-info", {"sessionId": session_id, "timeInfo": {"zeitzone": "Europe/Paris"}})
    before = caller.client.get("/api/auth/me", headers=caller.headers).get_json()
    answer = look(caller, series_csv(), session_id=session_id)
    assert answer["detected"]["timezone"]["alternatives"][0]["value"] == "Europe/Paris"
    assert caller.client.get("/api/auth/me", headers=caller.headers).get_json() == before
    assert caller.get(f"csv-files/{session_id}")["data"] == []
    assert caller.get(f"session-status/{session_id}")["uploads"] == []


def test_forecasts_name_their_time_of_issue(caller: Caller) -> None:
    rows = "".join(
        f"2024-01-0{day} 06:00;2024-01-0{day} {hour:02}:00;{hour}\n" for day in (1, 2) for hour in (9, 12)
    )
    answer = look(caller, f"issued;valid;wind\n{rows}", options={"ausgabezeit": "issued"})
    assert found(answer)["timeColumn"] == "valid"
    assert [each["kind"] for each in answer["columns"]] == ["issued", "time", "number"]


def test_what_is_seen_is_what_an_upload_becomes(working: Caller) -> None:
    content = GERMAN.encode("latin-1")
    answer = look(working, content, complete="true")
    session_id = working.new_session()
    file = working.upload(session_id, content, metadata={"valueColumn": "Last [kW]"})["files"][0]
    row = working.get(f"csv-files/{session_id}")["data"][0]
    told = row["profile"]["detected"]
    for name in ("encoding", "separator", "hasHeader", "timeColumn", "dateFormat", "timezone"):
        assert told[name] == found(answer)[name], name
    assert row["utc_min"] == "2024-02-01 00:00:00" and file["id"] == row["id"]


def test_true_and_false_are_read_as_one_and_zero_by_preview_and_import(working: Caller) -> None:
    rows = "".join(f"2024-01-{day:02};{'TRUE' if day % 7 < 2 else 'false'};{day}\n" for day in range(1, 29))
    content = f"day;Holiday;Load\n{rows}2024-01-29;;29\n"
    answer = look(working, content)
    assert [(each["name"], each["kind"], each["missing"]) for each in answer["columns"][1:]] == [
        ("Holiday", "truth", 1),
        ("Load", "number", 0),
    ]
    assert [row["numbers"][1] for row in answer["rows"][:2]] == [1.0, 0.0] and answer["ready"] is True
    session_id = working.new_session()
    working.upload(session_id, content.encode(), metadata={"valueColumn": "Holiday"})
    (row,) = working.get(f"csv-files/{session_id}")["data"]
    assert (float(row["min"]), float(row["max"]), row["numerische_datenpunkte"]) == (0, 1, 28)


@pytest.mark.parametrize("odd", ["1", "2,5", "maybe"])
def test_true_among_something_else_is_a_mistake(caller: Caller, odd: str) -> None:
    rows = "".join(f"2024-01-{day:02};TRUE\n" for day in range(1, 9))
    answer = look(caller, f"day;flag\n{rows}2024-01-09;{odd}\n")
    read_as = {each["name"]: each["kind"] for each in answer["columns"]}["flag"]
    assert read_as == "text" or [each["code"] for each in answer["problems"]] == ["NOT_NUMERIC"]


def test_a_question_brings_what_another_language_needs(caller: Caller) -> None:
    rows = "".join(f"0{day}/02/2024;{day}\n" for day in range(1, 10))
    (question,) = look(caller, f"time;load\n{rows}")["questions"]
    assert question["code"] == "AMBIGUOUS_DATE"
    assert question["details"]["readings"] == {"dayFirst": "2024-02-01", "monthFirst": "2024-01-02"}
    ragged = look(caller, "t;v\n2024-01-01;1\n2024-01-02;2;3\n2024-01-03;3\n")["problems"][0]
    assert (ragged["code"], ragged["details"]["found"], ragged["details"]["expected"]) == (
        "RAGGED_ROWS",
        3,
        2,
    )
