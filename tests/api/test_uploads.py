"""Uploads in chunks: any order, repeated, resumed, refused; the import at their end."""

from __future__ import annotations

import io
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage

from api.context import KEY
from services.wiring import Services
from tests.api.caller import Caller, accepted, refusal, series_csv, sha256

LOAD = {"bezeichnung": "Load", "zeithorizontStart": "-24", "zeithorizontEnd": 0, "skalierung": "ja"}


def pieces(content: bytes, count: int) -> list[bytes]:
    size = -(-len(content) // count)
    return [content[index * size : (index + 1) * size] for index in range(count)]


# without a worker: what happens before the import


def test_chunks_are_counted_and_the_missing_ones_named(caller: Caller) -> None:
    session_id = caller.new_session()
    first = accepted(caller.send(session_id, b"c", 2, 4, metadata=LOAD))
    assert (first["complete"], first["receivedChunks"], first["missing"]) == (False, 1, [0, 1, 3])
    assert first["chunkHash"] == sha256(b"c")
    accepted(caller.send(session_id, b"a", 0, 4, metadata=LOAD))
    status = caller.get(f"upload-status?sessionId={session_id}&fileName=load.csv")
    (upload,) = status["uploads"]
    assert (upload["status"], upload["missing"], upload["receivedChunks"]) == ("uploading", [1, 3], 2)
    progress = caller.get(f"session-status/{session_id}")
    assert progress["status"] == "processing"
    assert progress["uploads"] == status["uploads"]


def test_a_repeated_chunk_is_accepted_once_and_other_bytes_are_a_conflict(caller: Caller) -> None:
    session_id = caller.new_session()
    for _ in range(2):
        assert accepted(caller.send(session_id, b"same", 0, 3, metadata=LOAD))["receivedChunks"] == 1
    error = refusal(caller.send(session_id, b"other", 0, 3, metadata=LOAD), 409)
    assert error["code"] == "CHUNK_CONFLICT"
    assert error["details"] == {
        "chunkIndex": 0,
        "received": sha256(b"same"),
        "received_bytes": 4,
        "missing": [1, 2],
    }


def test_finalizing_names_the_chunks_that_are_missing(caller: Caller) -> None:
    session_id = caller.new_session()
    accepted(caller.send(session_id, b"last", 2, 3, metadata=LOAD))
    error = caller.refused("POST", "finalize-session", {"sessionId": session_id}, 409)
    assert error["code"] == "MISSING_CHUNKS"
    assert error["details"]["uploads"][0]["missing"] == [0, 1]
    caller.delete(f"upload-status?sessionId={session_id}&fileName=load.csv")
    caller.post("finalize-session", {"sessionId": session_id})


def test_a_dropped_upload_may_begin_again_with_other_bytes(caller: Caller) -> None:
    session_id = caller.new_session()
    accepted(caller.send(session_id, b"old", 0, 2, metadata=LOAD))
    caller.delete(f"upload-status?sessionId={session_id}&fileName=load.csv&fileType=input")
    assert accepted(caller.send(session_id, b"new", 0, 2, metadata=LOAD))["missing"] == [1]
    path = f"upload-status?sessionId={session_id}&fileName=unknown.csv"
    assert caller.refused("DELETE", path, None, 404)["code"] == "UPLOAD_NOT_FOUND"
    assert caller.refused("GET", path, None, 404)["code"] == "UPLOAD_NOT_FOUND"


def test_two_files_of_one_session_never_mix(caller: Caller) -> None:
    session_id = caller.new_session()
    for index in range(2):
        for name, kind in (("a.csv", "input"), ("a.csv", "output"), ("b.csv", "input")):
            content = f"{name} {kind} {index}".encode()
            answer = accepted(caller.send(session_id, content, index, 3, name=name, file_type=kind))
            assert answer["receivedChunks"] == index + 1


def test_a_wrong_chunk_hash_stores_nothing(caller: Caller) -> None:
    session_id = caller.new_session()
    error = refusal(caller.send(session_id, b"x", 0, 2, chunkHash=sha256(b"y"), metadata=LOAD), 422)
    assert error["code"] == "CHUNK_HASH_MISMATCH"
    assert error["details"]["computed"] == sha256(b"x")
    assert caller.get(f"upload-status?sessionId={session_id}")["uploads"] == []


def test_a_wrong_file_hash_is_found_before_any_import_and_the_upload_begins_again(caller: Caller) -> None:
    session_id = caller.new_session()
    content, wrong = series_csv(), sha256(b"another file")
    accepted(caller.send(session_id, content[:100], 0, 2, metadata=LOAD, fileHash=wrong))
    error = refusal(caller.send(session_id, content[100:], 1, 2, metadata=LOAD, fileHash=wrong), 422)
    assert error["code"] == "FILE_HASH_MISMATCH"
    assert error["details"]["computed"] == sha256(content)
    (upload,) = caller.get(f"upload-status?sessionId={session_id}")["uploads"]
    assert upload["missing"] == [0, 1]


@pytest.mark.parametrize(
    "name",
    [
        "../../../outside.txt",
        "..",
        "a/b.csv",
        "a\\b.csv",
        "C:\\x.csv",
        "/etc/passwd",
        "",
        " ",
        None,
        7,
        "x" * 256,
        "line\nbreak.csv",
    ],
)
def test_a_name_that_is_a_path_is_refused(caller: Caller, name: Any) -> None:
    error = refusal(caller.send(caller.new_session(), b"x", 0, 2, name=name), 400)
    assert error["code"] == "INVALID_FILE_NAME"


def test_a_name_that_is_no_text_is_refused(caller: Caller) -> None:
    for name in ("a\0.csv", "a\ud800.csv"):
        error = refusal(caller.send(caller.new_session(), b"x", 0, 2, name=name), 400)
        assert (error["code"], error["details"]["field"]) == ("BAD_TEXT", "fileName")


@pytest.mark.parametrize(
    "about",
    [
        {"chunkIndex": 2},
        {"chunkIndex": -1},
        {"chunkIndex": "first"},
        {"chunkIndex": None},
        {"totalChunks": 0},
        {"totalChunks": 100_001},
        {"totalChunks": 10**400},
        {"totalChunks": 1.5},
        {"fileType": "both"},
        {"fileType": None},
        {"chunkHash": "abc"},
        {"fileHash": 5},
        {"chunkhash": sha256(b"x")},
        {"sessionId": ""},
        {"sessionId": "nonsense"},
    ],
)
def test_a_chunk_that_contradicts_itself_is_refused(caller: Caller, about: dict[str, Any]) -> None:
    session_id = caller.new_session()
    header = {"session_id": session_id, "content": b"x", "index": 0, "total": 2}
    answer = caller.send(**header, **about) if "sessionId" not in about else _with_session(caller, about)
    refusal(answer, 400)
    assert caller.get(f"upload-status?sessionId={session_id}")["uploads"] == []


def _with_session(caller: Caller, about: dict[str, Any]) -> Any:
    return caller.send(about["sessionId"], b"x", 0, 2)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"datenform": "Aktueller Wert"}, "datenform"),
        ({"datenform": "irgendwas"}, "datenform"),
        ({"datenanpassung": "Würfeln"}, "datenanpassung"),
        ({"skalierung": "vielleicht"}, "skalierung"),
        ({"skalierungMin": 1, "skalierungMax": 1}, "skalierungMin"),
        ({"skalierungMax": "NaN"}, "skalierungMax"),
        ({"zeithorizontStart": 2, "zeithorizontEnd": 1}, "zeithorizontStart"),
        ({"zeithorizontStart": 1e12}, "zeithorizontStart"),
        ({"bezeichnung": ""}, "bezeichnung"),
        ({"bezeichnung": "two\nlines"}, "bezeichnung"),
        ({"bezeichnung": "x" * 256}, "bezeichnung"),
        ({"type": "output"}, "type"),
        ({"id": "1"}, "id"),
        ({"storagePath": "files/other"}, "storagePath"),
        ({"columns": "OT"}, "columns"),
        ({"columns": [{"column": "a"}, {"column": "b"}], "valueColumn": "a"}, "columns"),
        ({"importOptions": 5}, "importOptions"),
    ],
)
def test_settings_of_a_file_that_make_no_sense_are_refused(
    caller: Caller, change: dict[str, Any], field: str
) -> None:
    session_id = caller.new_session()
    metadata = {**LOAD, **change}
    error = refusal(caller.send(session_id, b"x", 0, 2, metadata=metadata), 400, 422)
    assert field in error["error"]
    assert caller.get(f"upload-status?sessionId={session_id}")["uploads"] == []


def test_an_empty_chunk_is_refused(caller: Caller) -> None:
    session_id = caller.new_session()
    assert refusal(caller.send(session_id, b"", metadata=LOAD), 422)["code"] == "EMPTY_FILE"
    assert refusal(caller.send(session_id, b"", 1, 2, metadata=LOAD), 422)["code"] == "EMPTY_CHUNK"


def test_a_chunk_without_its_parts_is_refused(caller: Caller) -> None:
    def post(form: dict[str, Any]) -> dict[str, Any]:
        answer = caller.post_form("upload-chunk", form)
        return refusal(answer, 400)

    about = (
        '{"sessionId": "session_1_a", "fileName": "a", "fileType": "input", '
        '"chunkIndex": 0, "totalChunks": 2}'
    )
    assert post({"metadata": about})["code"] == "MISSING_FILE"
    assert post({"metadata": "{"})["code"] == "BAD_REQUEST"
    assert post({"metadata": about, "surprise": "1"})["code"] == "UNKNOWN_FIELD"
    assert post({"metadata": about, "additionalData": '{"x": 1}'})["code"] == "UNKNOWN_FIELD"
    refusal(caller.request("POST", "upload-chunk", {}), 400)


def test_a_chunk_over_the_limit_is_refused(caller: Caller) -> None:
    answer = caller.send(caller.new_session(), b"x" * (1024 * 1024 + 1), 0, 2, metadata=LOAD)
    error = refusal(answer, 413)
    assert error["code"] == "CHUNK_TOO_LARGE"
    assert error["details"]["limit_bytes"] == 1024 * 1024
    refusal(caller.send(caller.new_session(), b"x" * (3 * 1024 * 1024), 0, 2, metadata=LOAD), 413)


def test_a_stranger_can_neither_send_nor_see_nor_drop(caller: Caller, other: Caller) -> None:
    session_id = caller.new_session()
    accepted(caller.send(session_id, b"x", 0, 2, metadata=LOAD))
    refusal(other.send(session_id, b"y", 1, 2, metadata=LOAD), 404)
    other.refused("GET", f"upload-status?sessionId={session_id}", None, 404)
    other.refused("DELETE", f"upload-status?sessionId={session_id}&fileName=load.csv", None, 404)
    (upload,) = caller.get(f"upload-status?sessionId={session_id}")["uploads"]
    assert upload["missing"] == [1]


def test_deleting_the_session_removes_its_chunks(caller: Caller) -> None:
    services: Services = caller.client.application.extensions[KEY]
    settings = services.settings
    session_id = caller.new_session()
    accepted(caller.send(session_id, b"x", 0, 2, metadata=LOAD))
    assert (settings.data_dir / "file_uploads" / session_id).is_dir()
    caller.post(f"session/{session_id}/delete", None)
    assert not (settings.data_dir / "file_uploads" / session_id).exists()


def test_an_import_that_waits_is_answered_with_its_job_and_never_begun_twice(caller: Caller) -> None:
    session_id = caller.new_session()
    first, last = pieces(series_csv(), 2)
    accepted(caller.send(session_id, last, 1, 2, metadata=LOAD))
    answers = [caller.send(session_id, first, 0, 2, metadata=LOAD) for _ in range(2)]
    answers.append(caller.send(session_id, last, 1, 2, metadata=LOAD))
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    (job_id,) = {accepted(answer)["job_id"] for answer in answers}
    (upload,) = caller.get(f"session-status/{session_id}")["uploads"]
    assert (upload["status"], upload["job_id"]) == ("processing", job_id)
    error = caller.refused("POST", "finalize-session", {"sessionId": session_id}, 409)
    assert error["code"] == "IMPORT_IN_PROGRESS"
    assert caller.refused("POST", f"session/{session_id}/delete", None, 409)["code"] == "SESSION_BUSY"


# with a worker: the whole way


def test_chunks_in_any_order_and_in_parallel_become_a_series(working: Caller) -> None:
    session_id = working.new_session()
    content = series_csv(rows=500)
    chunks = list(enumerate(pieces(content, 7)))
    random.Random(3).shuffle(chunks)

    def send(numbered: tuple[int, bytes]) -> dict[str, Any]:
        index, chunk = numbered
        caller = Caller(working.client.application.test_client(), working.token)
        return accepted(
            caller.send(
                session_id, chunk, index, 7, metadata=LOAD, chunkHash=sha256(chunk), fileHash=sha256(content)
            )
        )

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send, chunks))
    done = [answer for answer in answers if answer["complete"]]
    assert done and all(answer["fileHash"] == sha256(content) for answer in done)
    (row,) = done[0]["files"]
    assert (row["bezeichnung"], row["datenpunkte"], row["zeitschrittweite"]) == ("Load", 500, 15.0)
    assert (row["utc_min"], row["utc_max"]) == ("2024-01-01 00:00:00", "2024-01-06 04:45:00")
    assert (row["zeithorizont_start"], row["skalierung"], row["offset"]) == (-24.0, "ja", 0.0)
    (listed,) = working.get(f"csv-files/{session_id}")["data"]
    assert listed == row
    status = working.get(f"session-status/{session_id}")
    assert (status["status"], status["progress"]) == ("completed", 100)
    answer = working.post("finalize-session", {"sessionId": session_id})
    assert (answer["n_dat"], answer["file_count"]) == (500, 1)


def test_a_late_repetition_is_accepted_and_a_second_file_of_that_name_is_not(working: Caller) -> None:
    session_id = working.new_session()
    first, last = pieces(series_csv(), 2)
    accepted(working.send(session_id, first, 0, 2, metadata=LOAD))
    done = accepted(working.send(session_id, last, 1, 2, metadata=LOAD))
    again = accepted(working.send(session_id, last, 1, 2, metadata=LOAD))
    assert again["fileIds"] == done["fileIds"]
    error = refusal(working.send(session_id, first, 0, 2, metadata=LOAD), 400)
    assert error["code"] == "DUPLICATE_FILE"
    assert error["details"]["fileIds"] == done["fileIds"]
    error = refusal(working.send(session_id, series_csv(10), name="other.csv", metadata=LOAD), 400)
    assert error["code"] == "DUPLICATE_FILE"
    assert len(working.get(f"csv-files/{session_id}")["data"]) == 1


def test_several_columns_are_listed_and_then_named_without_sending_the_file_again(working: Caller) -> None:
    session_id = working.new_session()
    content = series_csv(columns=("HUFL", "OT"))
    error = refusal(working.send(session_id, content), 422)
    assert error["details"]["columns"] == ["HUFL", "OT"]
    columns = [{"column": "OT", "bezeichnung": "Oil", "skalierungMax": 2}, {"column": "HUFL"}]
    answer = accepted(working.send(session_id, content, metadata={"columns": columns, "skalierung": "nein"}))
    rows = {row["bezeichnung"]: row for row in answer["files"]}
    assert set(rows) == {"Oil", "HUFL"}
    assert rows["Oil"]["skalierung_max"] == 2.0
    assert rows["Oil"]["skalierung"] == rows["HUFL"]["skalierung"] == "nein"
    assert rows["Oil"]["max"] == pytest.approx(2.0, abs=0.01)


def test_a_refused_file_may_be_mended_under_its_name(working: Caller) -> None:
    session_id = working.new_session()
    refusal(working.send(session_id, b"no series at all", metadata=LOAD), 422)
    (upload,) = working.get(f"upload-status?sessionId={session_id}")["uploads"]
    assert upload["status"] == "failed"
    answer = accepted(working.send(session_id, series_csv(), metadata=LOAD))
    assert answer["files"][0]["datenpunkte"] == 96


@pytest.mark.parametrize(
    "content",
    [b"\0" * 5000, b"UTC;value\n", b"UTC;value\n2024-01-01 00:00:00;1\n", b"x" * 900_000, b"\n\n\n"],
    ids=["nulls", "header only", "one row", "one long line", "empty lines"],
)
def test_what_is_no_series_is_refused_with_a_reason(working: Caller, content: bytes) -> None:
    error = refusal(working.send(working.new_session(), content, metadata=LOAD), 422)
    assert error["code"] not in ("INTERNAL_ERROR", "IMPORT_FAILED")


def test_options_of_the_import_may_be_corrected_without_sending_the_file_again(working: Caller) -> None:
    session_id = working.new_session()
    content = b"time;value\n" + b"".join(b"%02d/03/2024 00:00;%d\n" % (day, day) for day in range(1, 13))
    ambiguous = refusal(working.send(session_id, content, metadata=LOAD), 422)
    assert ambiguous["code"] == "AMBIGUOUS_DATE"
    wrong = {**LOAD, "importOptions": {"dayFirst": "perhaps"}}
    error = refusal(working.send(session_id, content, metadata=wrong), 422)
    assert error["code"] == "INVALID_IMPORT_OPTIONS"
    right = {**LOAD, "importOptions": {"dayFirst": True, "timezone": "Europe/Vienna"}}
    answer = accepted(working.send(session_id, content, metadata=right))
    assert answer["files"][0]["utc_min"] == "2024-02-29 23:00:00"
    assert answer["files"][0]["profile"]["detected"]["timezone"] == "Europe/Vienna"


def test_a_whole_file_goes_in_one_request(working: Caller) -> None:
    session_id = working.new_session()
    form = {
        "file": FileStorage(io.BytesIO(series_csv()), "load.csv"),
        "sessionId": session_id,
        "type": "output",
        "bezeichnung": "Load",
        "zeithorizontStart": "0.25",
        "zeithorizontEnd": "24",
    }
    answer = working.post_form("csv-files", form)
    data = accepted(answer)["data"]
    (row,) = working.get(f"csv-files/{session_id}?type=output")["data"]
    assert row["id"] == data["id"]
    assert (row["type"], row["zeithorizont_start"]) == ("output", 0.25)
    assert working.get(f"csv-files/{session_id}?type=input")["data"] == []
