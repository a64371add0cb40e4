"""Parts that are verified one by one and as a whole, and files that need not be sent a second time."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.context import KEY
from services.uploads.chunks import Upload
from services.wiring import Services
from tests.api.caller import Caller, accepted, refusal, series_csv, sha256
from tests.api.test_uploads import LOAD, pieces

CONTENT = series_csv()


def send(caller: Caller, session_id: str, chunk: bytes, index: int, whole: bytes, **about: Any) -> Any:
    said = {"chunkHash": sha256(chunk), "fileHash": sha256(whole), "metadata": LOAD, **about}
    return caller.send(session_id, chunk, index, 3, **said)


def known(caller: Caller, session_id: str, content: bytes = CONTENT, **changes: Any) -> dict[str, Any]:
    return {
        "sessionId": session_id,
        "fileName": "load.csv",
        "fileType": "input",
        "fileHash": sha256(content),
        "fileSize": len(content),
        "fileMetadata": LOAD,
        **changes,
    }


# the whole


def test_a_file_that_changed_while_it_was_sent_is_mended_by_its_changed_part_alone(working: Caller) -> None:
    session_id = working.new_session()
    first, second, third = pieces(CONTENT, 3)
    old = second.replace(b"0", b"1")
    for index, chunk in enumerate((first, old)):
        accepted(send(working, session_id, chunk, index, CONTENT))
    error = refusal(send(working, session_id, third, 2, CONTENT), 422)
    assert (error["code"], error["details"]["kept"]) == ("FILE_HASH_MISMATCH", 3)
    assert error["details"]["expected"] == sha256(CONTENT)
    ours = [sha256(first), sha256(second), sha256(third)]
    wrong = [
        part["chunkIndex"] for part in error["details"]["parts"] if part["sha256"] != ours[part["chunkIndex"]]
    ]
    assert wrong == [1]
    done = accepted(send(working, session_id, second, 1, CONTENT))
    assert (done["status"], done["fileHash"]) == ("completed", sha256(CONTENT))


def test_parts_that_nobody_vouched_for_are_dropped_and_the_others_kept(caller: Caller) -> None:
    session_id = caller.new_session()
    first, second, third = pieces(CONTENT, 3)
    accepted(send(caller, session_id, first, 0, b"other"))
    accepted(send(caller, session_id, second, 1, b"other", chunkHash=None))
    error = refusal(send(caller, session_id, third, 2, b"other"), 422)
    assert error["details"]["kept"] == 2
    (upload,) = caller.get(f"upload-status?sessionId={session_id}")["uploads"]
    assert upload["missing"] == [1]


def test_a_file_over_the_plans_limit_is_refused_with_its_first_chunk(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    services: Services = caller.client.application.extensions[KEY]
    monkeypatch.setattr(services.plans, "max_file_bytes", lambda _user: 1000)
    session_id = caller.new_session()
    error = refusal(caller.send(session_id, b"x" * 10, 0, 200, fileSize=2000, metadata=LOAD), 413)
    assert (error["code"], error["details"]) == ("FILE_TOO_LARGE", {"size_bytes": 2000, "limit_bytes": 1000})
    assert caller.get(f"upload-status?sessionId={session_id}")["uploads"] == []


ARRIVALS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(["whole", "cut", "flipped", "of another file"])),
    max_size=12,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ARRIVALS)
def test_whatever_order_repeats_and_damages_the_stored_file_is_the_one_that_was_sent(
    idle_app: Flask, caller: Caller, arrivals: list[tuple[int, str]]
) -> None:
    session_id, content = caller.new_session(), series_csv(rows=20)
    parts, there = pieces(content, 5), set()

    def arrive(index: int, body: bytes, said: bytes) -> int:
        about = {"chunkHash": sha256(said), "fileHash": sha256(content), "metadata": LOAD}
        return caller.send(session_id, body, index, 5, **about).status_code

    for index, kind in arrivals:
        part = parts[index]
        if kind == "whole":
            there.add(index)
            assert arrive(index, part, part) in (200, 202)
        elif kind == "of another file":
            other = bytes(len(part))
            if index in there:
                assert arrive(index, other, other) == 409
        else:
            damaged = part[:-1] if kind == "cut" else bytes([part[0] ^ 4]) + part[1:]
            assert arrive(index, damaged, part) == 422
        for upload in caller.get(f"upload-status?sessionId={session_id}")["uploads"]:
            assert set(upload["missing"]) == set(range(5)) - there
    for index in sorted(set(range(5)) - there):
        arrive(index, parts[index], parts[index])
    blobs = idle_app.extensions[KEY].blobs
    (key,) = blobs.list(f"files/{session_id}/")
    with blobs.open(key) as file:
        assert file.read() == content


@pytest.mark.parametrize("count", [1, 2])
def test_what_a_disk_damaged_is_noticed_before_the_import_and_wanted_again(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    session_id, content = caller.new_session(), series_csv(rows=30 + count)
    parts = pieces(content, count)
    add = Upload.add

    def on_a_bad_disk(upload: Upload, index: int, chunk: Any, **named: Any) -> None:
        add(upload, index, chunk, **named)
        there = upload.parts()[index].path
        there.write_bytes(bytes([there.read_bytes()[0] ^ 1]) + there.read_bytes()[1:])

    with monkeypatch.context() as broken:
        broken.setattr(Upload, "add", on_a_bad_disk)
        answers = [caller.send(session_id, part, place, count) for place, part in enumerate(parts)]
    assert refusal(answers[-1], 409)["code"] == "MISSING_CHUNKS"
    blobs = caller.client.application.extensions[KEY].blobs
    assert list(blobs.list(f"files/{session_id}/")) == []
    for _ in range(count):
        for index in caller.get(f"upload-status?sessionId={session_id}")["uploads"][0]["missing"]:
            caller.send(session_id, parts[index], index, count)
    (key,) = blobs.list(f"files/{session_id}/")
    with blobs.open(key) as file:
        assert file.read() == content


def test_the_same_file_in_two_uses_is_stored_once_and_a_damaged_copy_is_healed(caller: Caller) -> None:
    session_id, content = caller.new_session(), series_csv(rows=55)
    assert caller.send(session_id, content).status_code == 202
    services: Services = caller.client.application.extensions[KEY]
    (key,) = services.blobs.list(f"files/{session_id}/")
    path = services.settings.data_dir / "blobs" / key
    before = path.stat().st_ino
    assert caller.send(session_id, content, file_type="output").status_code == 202
    assert path.stat().st_ino == before
    path.write_bytes(b"damaged")
    metadata = {"bezeichnung": "third"}
    assert caller.send(session_id, content, name="third.csv", metadata=metadata).status_code == 202
    assert path.read_bytes() == content


# here already


def test_a_file_sent_before_becomes_a_file_again_without_its_bytes(working: Caller) -> None:
    first, second = working.new_session(), working.new_session()
    accepted(working.send(first, CONTENT, metadata=LOAD))
    (before,) = working.get(f"csv-files/{first}")["data"]
    done = working.post("upload-known", known(working, second))
    assert (done["status"], done["fileHash"]) == ("completed", sha256(CONTENT))
    (row,) = working.get(f"csv-files/{second}")["data"]
    assert (row["id"], row["datenpunkte"]) == (done["fileIds"][0], before["datenpunkte"])
    assert working.post("upload-known", known(working, second))["fileIds"] == done["fileIds"], "said again"
    services: Services = working.client.application.extensions[KEY]
    assert list(services.blobs.list(f"files/{second}/")) == [], "by reference to the stored file"
    working.delete(f"csv-files/{before['id']}")
    third = working.post("upload-known", known(working, working.new_session(), fileName="again.csv"))
    assert third["status"] == "completed", "the bytes stay for as long as one file needs them"


@pytest.mark.parametrize("change", [{"fileHash": sha256(b"other")}, {"fileSize": len(CONTENT) + 1}])
def test_a_file_that_is_not_here_must_be_sent(working: Caller, change: dict[str, Any]) -> None:
    accepted(working.send(working.new_session(), CONTENT, metadata=LOAD))
    session_id = working.new_session()
    error = working.refused("POST", "upload-known", known(working, session_id, **change), 404)
    assert error["code"] == "FILE_NOT_KNOWN"
    assert working.get(f"upload-status?sessionId={session_id}")["uploads"] == []


def test_a_file_of_somebody_else_is_as_unknown_as_one_that_nobody_has(working: Caller) -> None:
    content = series_csv(rows=123)
    accepted(working.send(working.new_session(), content, metadata=LOAD))
    app = working.client.application
    tokens = app.extensions[KEY].accounts.sign_up("stranger-of-files@example.org", "correct horse battery")
    stranger = Caller(app.test_client(), tokens.access_token)
    session_id = stranger.new_session()
    theirs = stranger.refused("POST", "upload-known", known(stranger, session_id, content), 404)
    nobodys = stranger.refused("POST", "upload-known", known(stranger, session_id, b"nobody's"), 404)
    assert theirs == nobodys


def test_a_stored_file_that_was_damaged_is_not_handed_out_again(working: Caller) -> None:
    content = series_csv(rows=77)
    session_id = working.new_session()
    accepted(working.send(session_id, content, metadata=LOAD))
    services: Services = working.client.application.extensions[KEY]
    (key,) = services.blobs.list(f"files/{session_id}/")
    (services.settings.data_dir / "blobs" / key).write_bytes(b"\0" * len(content))
    wanted = known(working, working.new_session(), content)
    assert working.refused("POST", "upload-known", wanted, 404)["code"] == "FILE_NOT_KNOWN"


@pytest.mark.parametrize(
    "change",
    [{"fileHash": None}, {"fileHash": "abc"}, {"fileSize": None}, {"fileSize": "many"}, {"colour": "red"}],
)
def test_a_question_that_makes_no_sense_is_refused(caller: Caller, change: dict[str, Any]) -> None:
    caller.refused("POST", "upload-known", known(caller, caller.new_session(), **change), 400, 422)
