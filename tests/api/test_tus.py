"""The tus protocol as its specification has it, request by request."""

from __future__ import annotations

import errno
import io
import os
import time
from email.utils import parsedate_to_datetime
from threading import Timer
from typing import Any

import pytest

from api.context import KEY
from services.uploads.chunks import Upload
from services.uploads.tus.store import TusUpload
from services.wiring import Services
from tests.api.caller import Caller, refusal, series_csv, sha256
from tests.api.tus_caller import BYTES, TusCaller, checksum, metadata

CONTENT = series_csv()


@pytest.fixture
def tus(caller: Caller) -> TusCaller:
    """Of an application that imports nothing."""
    return TusCaller(caller)


@pytest.fixture
def at_work(working: Caller) -> TusCaller:
    return TusCaller(working)


def ended(tus: TusCaller, path: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while (state := tus.state(path))["status"] in ("processing", "received"):
        assert time.monotonic() < deadline, state
        time.sleep(0.02)
    return state


# core


def test_what_the_server_can_is_told_without_a_token(caller: Caller) -> None:
    answer = caller.client.options("/files/")
    assert answer.status_code == 204
    assert (answer.headers["Tus-Version"], answer.headers["Tus-Resumable"]) == ("1.0.0", "1.0.0")
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        *("creation", "creation-with-upload", "creation-defer-length", "expiration"),
        *("checksum", "termination", "concatenation"),
    }
    assert "sha1" in answer.headers["Tus-Checksum-Algorithm"].split(",")


def test_bytes_are_appended_where_the_server_says_and_nowhere_else(tus: TusCaller) -> None:
    path = tus.created(len(CONTENT))
    assert tus.offset(path) == 0
    assert tus.patched(path, 0, CONTENT[:100]) == 100
    error = refusal(tus.patch(path, 50, CONTENT[50:]), 409)
    assert (error["code"], error["details"]["expected_offset"]) == ("OFFSET_CONFLICT", 100)
    head = tus.head(path)
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("100", str(len(CONTENT)))
    assert head.headers["Cache-Control"] == "no-store"
    assert head.headers["Upload-Metadata"] == tus.metadata()
    assert tus.state(path)["status"] == "uploading"


def test_the_offset_is_not_told_while_a_request_that_came_before_may_still_change_it(tus: TusCaller) -> None:
    services: Services = tus.caller.client.application.extensions[KEY]
    path = tus.created(len(CONTENT), CONTENT[:100])
    name = path.rpartition("/")[2]
    services.tus.arrivals.begin(name)  # a PATCH that is not further than its first line

    def bring_bytes() -> None:
        user = services.accounts.authenticate(tus.caller.token)
        upload = services.tus.find(user.id, name)
        services.tus.receive(user.id, upload, 100, io.BytesIO(CONTENT[100:300]))
        services.tus.arrivals.end(name)

    late = Timer(0.1, bring_bytes)
    late.start()
    assert tus.offset(path) == 300
    late.join()
    assert tus.patched(path, 300, CONTENT[300:400]) == 400
    started = time.monotonic()
    assert tus.offset(path) == 400
    assert time.monotonic() - started < 1, "nobody waits for a request that is answered"


def test_the_last_byte_begins_the_same_import_as_the_multipart_route(at_work: TusCaller) -> None:
    path = at_work.created(len(CONTENT), Upload_Metadata=at_work.metadata(fileHash=sha256(CONTENT)))
    at_work.patched(path, 0, CONTENT[:1000])
    answer = at_work.patch(path, 1000, CONTENT[1000:])
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(len(CONTENT)))
    state = ended(at_work, path)
    assert (state["status"], state["job_id"]) == ("completed", answer.headers["X-Job-Id"])
    (row,) = at_work.caller.get(f"csv-files/{at_work.session_id}")["data"]
    assert [row["id"]] == state["fileIds"]
    assert (row["bezeichnung"], row["datenpunkte"], row["zeithorizont_start"]) == ("Load", 96, -24.0)
    (upload,) = at_work.caller.get(f"upload-status?sessionId={at_work.session_id}")["uploads"]
    assert (upload["status"], upload["fileHash"]) == ("completed", sha256(CONTENT))
    assert at_work.offset(path) == len(CONTENT)
    assert at_work.patched(path, len(CONTENT), b"") == len(CONTENT)
    assert refusal(at_work.create(len(CONTENT)), 400)["code"] == "DUPLICATE_FILE"


def test_a_client_that_can_only_post_says_what_it_means(tus: TusCaller) -> None:
    path = tus.created(10)
    said = {"Upload_Offset": 0, "Content_Type": BYTES, "X_HTTP_Method_Override": "PATCH"}
    assert tus.call("POST", path, b"12345", **said).status_code == 204
    assert tus.call("POST", path, X_HTTP_Method_Override="HEAD").headers["Upload-Offset"] == "5"
    refusal(tus.call("POST", path), 400)
    assert tus.call("POST", path, X_HTTP_Method_Override="DELETE").status_code == 204
    assert tus.head(path).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status", "word"),
    [
        ({"Tus_Resumable": "0.2.2"}, 412, "Tus-Resumable"),
        ({"Content_Type": "text/csv"}, 415, "octet-stream"),
        ({"Upload_Offset": "-1"}, 400, "Upload-Offset"),
        ({"Upload_Offset": None}, 400, "Upload-Offset"),
        ({"Upload_Checksum": "crc0 AAAA"}, 400, "sha1"),
        ({"Upload_Checksum": "sha1 ####"}, 400, "Base64"),
        ({"Upload_Checksum": "sha1 AAAA"}, 400, "length"),
    ],
)
def test_a_patch_that_makes_no_sense_is_refused_and_changes_nothing(
    tus: TusCaller, headers: dict[str, Any], status: int, word: str
) -> None:
    path = tus.created(10)
    answer = tus.call("PATCH", path, b"12345", **{"Upload_Offset": 0, "Content_Type": BYTES, **headers})
    assert word in refusal(answer, status)["error"]
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    if status == 412:
        assert answer.headers["Tus-Version"] == "1.0.0"
    assert tus.offset(path) == 0


def test_without_a_token_nothing_is_told(tus: TusCaller) -> None:
    path = tus.created(10)
    for method in ("HEAD", "GET", "PATCH", "DELETE", "POST"):
        assert tus.caller.client.open(path, method=method).status_code == 401
    assert tus.caller.client.post("/files/").status_code == 401


def test_an_upload_of_somebody_else_does_not_exist(tus: TusCaller, other: Caller) -> None:
    path, stranger = tus.created(10), TusCaller(other)
    assert stranger.head(path).status_code == 404
    assert refusal(stranger.call("GET", path), 404)["code"] == "UPLOAD_NOT_FOUND"
    assert refusal(stranger.patch(path, 0, b"12345"), 404)["code"] == "UPLOAD_NOT_FOUND"
    assert stranger.call("DELETE", path).status_code == 404
    part = tus.created(5, b"12345", Upload_Concat="partial")
    refusal(stranger.join([part]), 404)
    refusal(
        tus.create(
            5,
            Upload_Metadata=metadata(
                {"sessionId": stranger.session_id, "fileType": "input", "filename": "a"}
            ),
        ),
        404,
    )
    assert tus.offset(path) == 0
    assert tus.head("/files/..").status_code == 404


# creation


def test_an_upload_may_begin_with_its_first_bytes(tus: TusCaller) -> None:
    answer = tus.create(10, b"12345")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "5")
    assert tus.offset(answer.headers["Location"]) == 5


def test_the_length_may_be_told_later_and_only_once(tus: TusCaller) -> None:
    path = tus.created(None)
    assert tus.head(path).headers["Upload-Defer-Length"] == "1"
    tus.patched(path, 0, b"12345")
    assert refusal(tus.patch(path, 5, b"", Upload_Length=3), 413)["details"]["size_bytes"] == 5
    tus.patched(path, 5, b"678", Upload_Length=10)
    assert tus.head(path).headers["Upload-Length"] == "10"
    assert refusal(tus.patch(path, 8, b"9", Upload_Length=11), 409)["code"] == "LENGTH_CONFLICT"
    assert refusal(tus.patch(path, 8, b"9ab"), 413)["details"] == {"limit_bytes": 10, "size_bytes": 11}
    assert tus.offset(path) == 8


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ({"Upload_Length": "many"}, 400, "Upload-Length"),
        ({"Upload_Length": 0}, 422, "empty"),
        ({"Upload_Defer_Length": 1}, 400, "Upload-Length"),
        ({"Upload_Defer_Length": 2}, 400, "Upload-Defer-Length"),
        ({"Upload_Metadata": "filename ####"}, 400, "Base64"),
        ({"Upload_Metadata": "filename YQ==,filename YQ=="}, 400, "twice"),
        ({"Upload_Metadata": ""}, 400, "sessionId"),
        ({"Upload_Concat": "final;"}, 400, "Upload-Concat"),
        ({"Upload_Concat": "final;/files/a /files/a"}, 400, "twice"),
        ({"colour": "red"}, 400, "colour"),
        ({"fileHash": "abc"}, 400, "fileHash"),
        ({"filename": "../../etc/passwd"}, 400, "file name"),
        ({"fileType": "both"}, 400, "fileType"),
        ({"fileMetadata": "{"}, 400, "fileMetadata"),
        ({"fileMetadata": '{"datenform": "?"}'}, 422, "datenform"),
        ({"timeInfo": "[]"}, 400, "timeInfo"),
    ],
)
def test_an_upload_that_could_not_become_a_file_is_refused_before_a_byte_is_sent(
    tus: TusCaller, change: dict[str, Any], status: int, word: str
) -> None:
    headers: dict[str, Any] = {"Upload_Length": 10, "Upload_Metadata": tus.metadata()}
    if set(change) & {"Upload_Length", "Upload_Defer_Length", "Upload_Metadata", "Upload_Concat"}:
        headers |= change
        if "Upload_Concat" in change:
            del headers["Upload_Length"]
    else:
        headers["Upload_Metadata"] = tus.metadata(**change)
    assert word in refusal(tus.call("POST", "/files/", **headers), status)["error"]


def test_a_file_over_the_plans_limit_is_refused_with_both_numbers(
    tus: TusCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    services: Services = tus.caller.client.application.extensions[KEY]
    monkeypatch.setattr(services.plans, "max_file_bytes", lambda _user: 10)
    error = refusal(tus.create(11), 413)
    assert (error["code"], error["details"]) == ("FILE_TOO_LARGE", {"size_bytes": 11, "limit_bytes": 10})
    path = tus.created(None, b"12345")
    refusal(tus.patch(path, 5, b"678901"), 413)
    assert tus.offset(path) == 5
    parts = [tus.created(6, b"123456", Upload_Concat="partial") for _ in range(2)]
    assert refusal(tus.join(parts), 413)["details"]["size_bytes"] == 12


def test_what_browsers_add_of_themselves_is_accepted(tus: TusCaller) -> None:
    tus.created(10, Upload_Metadata=tus.metadata(filetype="text/csv", name="load.csv", type="text/csv"))


# checksum


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512", "md5"])
def test_bytes_that_are_not_as_announced_are_not_kept(tus: TusCaller, algorithm: str) -> None:
    path = tus.created(10)
    tus.patched(path, 0, b"123", Upload_Checksum=checksum(b"123", algorithm))
    error = refusal(tus.patch(path, 3, b"456", Upload_Checksum=checksum(b"457", algorithm)), 460)
    assert error["code"] == "CHECKSUM_MISMATCH"
    assert tus.offset(path) == 3
    assert tus.patched(path, 3, b"456", Upload_Checksum=checksum(b"456", algorithm)) == 6


def test_a_wrong_digest_of_the_whole_file_is_found_before_any_import(tus: TusCaller) -> None:
    path = tus.created(5, Upload_Metadata=tus.metadata(fileHash=sha256(b"other")))
    error = refusal(tus.patch(path, 0, b"bytes"), 422)
    assert error["code"] == "FILE_HASH_MISMATCH"
    assert (error["details"]["expected"], error["details"]["computed"]) == (
        sha256(b"other"),
        sha256(b"bytes"),
    )
    assert tus.head(path).status_code == 404, "it could not be mended; the client begins a new one"
    assert tus.caller.get(f"upload-status?sessionId={tus.session_id}")["uploads"] == []


# expiration and termination


def test_every_answer_says_until_when_the_upload_is_kept(tus: TusCaller) -> None:
    answer = tus.create(10)
    expires = parsedate_to_datetime(answer.headers["Upload-Expires"]).timestamp()
    assert expires == pytest.approx(time.time() + 24 * 3600, abs=60)
    assert "Upload-Expires" in tus.patch(answer.headers["Location"], 0, b"12345").headers


def test_an_upload_that_has_expired_is_gone_before_any_clean_up(tus: TusCaller) -> None:
    path = tus.created(10, b"12345")
    services: Services = tus.caller.client.application.extensions[KEY]
    (folder,) = services.tus.store.root.glob(f"*/{path.rpartition('/')[2]}")
    for each in (*folder.iterdir(), folder):
        os.utime(each, (time.time() - 25 * 3600,) * 2)
    assert tus.head(path).status_code == 410
    assert refusal(tus.patch(path, 5, b"6"), 410)["code"] == "UPLOAD_GONE"


def test_a_terminated_upload_is_gone_and_leaves_nothing(tus: TusCaller) -> None:
    path = tus.created(10, b"12345")
    assert tus.call("DELETE", path).status_code == 204
    assert tus.head(path).status_code == 404
    assert tus.call("DELETE", path).status_code == 404


# concatenation


def test_parts_sent_in_any_order_become_one_file(at_work: TusCaller) -> None:
    cut = [CONTENT[:700], CONTENT[700:1500], CONTENT[1500:]]
    parts = [at_work.created(len(piece), Upload_Concat="partial") for piece in cut]
    for index in (2, 0, 1):
        at_work.patched(parts[index], 0, cut[index], Upload_Checksum=checksum(cut[index]))
    assert at_work.head(parts[0]).headers["Upload-Concat"] == "partial"
    said = at_work.metadata(fileHash=sha256(CONTENT))
    answer = at_work.join(parts, Upload_Metadata=said)
    assert answer.status_code == 201, answer.get_json()
    path = answer.headers["Location"]
    assert at_work.join(parts, Upload_Metadata=said).headers["Location"] == path, "said again, done once"
    assert ended(at_work, path)["status"] == "completed"
    (row,) = at_work.caller.get(f"csv-files/{at_work.session_id}")["data"]
    assert (row["datenpunkte"], at_work.offset(path)) == (96, len(CONTENT))
    assert at_work.head(path).headers["Upload-Concat"] == f"final;{' '.join(parts)}"
    assert refusal(at_work.patch(path, len(CONTENT), b""), 400)["code"] == "UPLOAD_IS_FINAL"
    assert at_work.state(parts[1])["status"] == "joined"
    assert refusal(at_work.join(parts[:2]), 409)["code"] == "PARTS_JOINED"


@pytest.mark.parametrize("crash", ["claiming", "moving", "noting"])
def test_parts_whose_joining_was_interrupted_are_joined_by_the_same_request(
    tus: TusCaller, monkeypatch: pytest.MonkeyPatch, crash: str
) -> None:
    class Killed(BaseException):
        pass

    parts = [tus.created(5, body, Upload_Concat="partial") for body in (b"12345", b"67890", b"abcde")]
    with monkeypatch.context() as broken:
        count = [0]

        def break_down(original: Any, at: int) -> Any:
            def called(*arguments: Any, **named: Any) -> Any:
                count[0] += 1
                if count[0] == at:
                    raise Killed
                return original(*arguments, **named)

            return called

        if crash == "moving":
            broken.setattr(Upload, "add", break_down(Upload.add, 2))
        else:
            broken.setattr(TusUpload, "save", break_down(TusUpload.save, 2 if crash == "claiming" else 4))
        with pytest.raises(Killed):
            tus.join(parts)
    answer = tus.join(parts, Upload_Metadata=tus.metadata(fileHash=sha256(b"1234567890abcde")))
    assert answer.status_code == 201, answer.get_json()
    assert tus.state(answer.headers["Location"])["status"] == "processing"
    services: Services = tus.caller.client.application.extensions[KEY]
    (key,) = services.blobs.list(f"files/{tus.session_id}/")
    assert sha256(b"1234567890abcde") in key


def test_parts_that_are_not_complete_are_named(tus: TusCaller) -> None:
    whole, half = (tus.created(5, body, Upload_Concat="partial") for body in (b"12345", b"123"))
    error = refusal(tus.join([whole, half]), 400)
    assert error["details"]["unfinished"] == [half.rpartition("/")[2]]
    assert tus.offset(whole) == 5


def test_a_wrong_digest_of_parts_names_each_and_keeps_them(tus: TusCaller) -> None:
    parts = [tus.created(5, body, Upload_Concat="partial") for body in (b"12345", b"abcde")]
    error = refusal(tus.join(parts, Upload_Metadata=tus.metadata(fileHash=sha256(b"12345abcdf"))), 422)
    assert error["code"] == "FILE_HASH_MISMATCH"
    assert [each["sha256"] for each in error["details"]["parts"]] == [sha256(b"12345"), sha256(b"abcde")]
    mended = tus.created(5, b"abcdf", Upload_Concat="partial")
    answer = tus.join([parts[0], mended], Upload_Metadata=tus.metadata(fileHash=sha256(b"12345abcdf")))
    assert answer.status_code == 201


# the disk


def test_a_full_disk_is_507_and_what_had_arrived_is_kept(
    tus: TusCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tus.created(300_000, b"x" * 100_000)
    write = os.pwrite

    def full(descriptor: int, buffer: Any, position: int) -> int:
        if position > 150_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, buffer, position)

    monkeypatch.setattr(os, "pwrite", full)
    assert refusal(tus.patch(path, 100_000, b"y" * 200_000), 507)["code"] == "OUT_OF_SPACE"
    monkeypatch.undo()
    kept = tus.offset(path)
    assert 100_000 < kept < 300_000
    tus.patched(path, kept, b"z" * (300_000 - kept))
