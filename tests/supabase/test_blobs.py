"""Blobs at Supabase where its Lite cannot follow: owners, large files, links, faults; against a stand-in."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from flask import Response, request

from services.errors import Unavailable
from services.storage.blobs import BlobNotFound
from services.storage.blobs.object_cache import ObjectCache
from services.storage.blobs.owners import Owners
from services.storage.blobs.places import key_of, place_of
from services.storage.blobs.resumable import PART_BYTES
from services.storage.blobs.supabase import SupabaseBlobs
from services.storage.database import Database
from services.storage.tables import SessionRow, UserRow
from services.supabase.project import Project
from tests.supabase_double.server import SupabaseDouble

MEGABYTE = 1024 * 1024


def put(blobs: SupabaseBlobs, key: str, content: bytes) -> None:
    blobs.put(key, io.BytesIO(content))


def get(blobs: SupabaseBlobs, key: str) -> bytes:
    with blobs.open(key) as file:
        return file.read()


@pytest.fixture
def session(database: Database) -> SessionRow:
    """A user's."""
    user = UserRow(id=uuid4(), email="ada@example.org", password_hash="")
    with database.write() as tx:
        tx.add(user)
        tx.flush()
        row = SessionRow(user_id=user.id)
        tx.add(row)
    return row


@pytest.mark.parametrize(
    ("key", "bucket", "path"),
    [
        ("files/s/ab.csv", "csv-files", "o/files/s/ab.csv"),
        ("jobs/j/1/evaluation.json", "training-results", "o/jobs/j/1/evaluation.json.gz"),
        ("jobs/j/1/scaled_x.csv", "training-results", "o/jobs/j/1/scaled_x.csv.gz"),
        ("jobs/j/1/archive.zip", "training-results", "o/jobs/j/1/archive.zip"),
        ("jobs/j/1/model_bundle.zip", "models", "o/jobs/j/1/model_bundle.zip"),
        ("jobs/j/1/LIN_x_best_model.npz", "models", "o/jobs/j/1/LIN_x_best_model.npz"),
        ("jobs/j/1/scalers.json", "models", "o/jobs/j/1/scalers.json.gz"),
        ("checkpoints/j/last-1-ab.zip", "models", "o/checkpoints/j/last-1-ab.zip"),
        ("jobs/j/1/Köln=1%~.png", "training-results", "o/jobs/j/1/K=C3=B6ln=3D1=25=7E.png"),
        ("jobs/j/1/x.json.gz", "training-results", "o/jobs/j/1/x.json=2Egz"),
    ],
)
def test_every_key_has_its_place_and_comes_back_from_it(key: str, bucket: str, path: str) -> None:
    place = place_of(key, "o")
    assert (place.bucket, place.path) == (bucket, path)
    assert key_of(path) == key


def test_a_blob_lies_in_the_folder_of_the_user_whose_session_it_is(
    blobs: SupabaseBlobs, supabase_double: SupabaseDouble, session: SessionRow
) -> None:
    put(blobs, f"files/{session.id}/x.csv", b"a;b")
    put(blobs, "embeddings/x.npy", b"1")
    assert supabase_double.storage.objects("csv-files") == [f"{session.user_id}/files/{session.id}/x.csv"]
    assert supabase_double.storage.objects("models") == ["shared/embeddings/x.npy"]


@pytest.mark.parametrize("flat", [True, False])
def test_what_is_left_of_sessions_that_are_gone_is_found_and_deleted(
    blobs: SupabaseBlobs, supabase_double: SupabaseDouble, session: SessionRow, database: Database, flat: bool
) -> None:
    supabase_double.storage.lists_flat = flat
    keys = [f"files/{session.id}/{number:03}.csv" for number in range(250)]
    supabase_double.storage.most_listed = 100  # whatever is asked for
    for key in keys[:3]:
        put(blobs, key, b"x")
    bucket = supabase_double.storage.buckets["csv-files"]
    bucket |= {f"{session.user_id}/{key}": next(iter(bucket.values())) for key in keys}
    with database.write() as tx:
        tx.delete(tx.get_one(UserRow, session.user_id))
    after_a_restart = SupabaseBlobs(blobs._project, Owners(database), blobs._cache, 300)
    found = list(after_a_restart.list("files/"))
    assert found == keys
    assert all(after_a_restart.delete(key) for key in found)
    assert supabase_double.storage.objects("csv-files") == []


def test_results_are_stored_compressed_and_read_as_they_were(
    blobs: SupabaseBlobs, supabase_double: SupabaseDouble
) -> None:
    content = b'{"a": [1.5, 2.5]}' * 1000
    blob = blobs.put("jobs/j/1/evaluation.json", io.BytesIO(content))
    assert (blob.size_bytes, blob.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    stored = supabase_double.storage.buckets["training-results"]["shared/jobs/j/1/evaluation.json.gz"]
    assert len(stored.content) < len(content) / 10
    assert gzip.decompress(stored.content) == content == get(blobs, "jobs/j/1/evaluation.json")
    assert stored.cache_control == "max-age=0"  # or a reader might see what was there before


def test_a_large_file_goes_up_in_parts_and_a_broken_one_is_not_sent_whole_again(
    blobs: SupabaseBlobs, supabase_double: SupabaseDouble, tmp_path: Path
) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(os.urandom(13 * MEGABYTE))
    put(blobs, "jobs/j/1/large.bin", b"the one before")
    sent: list[int] = []
    original = supabase_double.storage

    def cut_the_second(_request: Any) -> None:
        sent.append(int(request.headers.get("Content-Length") or 0))
        if len(sent) == 3:  # announcement, first part, second part
            original.cut_part_after = 100

    supabase_double.faults.extend([cut_the_second] * 10)
    blob = blobs.put_file("jobs/j/1/large.bin", path)
    stored = original.buckets["training-results"]["shared/jobs/j/1/large.bin"].content
    assert hashlib.sha256(stored).hexdigest() == blob.sha256
    assert sent == [0, PART_BYTES, PART_BYTES, 0, PART_BYTES, MEGABYTE - 100]
    assert original.uploads == {}


def test_an_upload_that_storage_forgot_begins_anew(
    blobs: SupabaseBlobs, supabase_double: SupabaseDouble, tmp_path: Path
) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(b"x" * (7 * MEGABYTE))

    def forget(_request: Any) -> None:
        supabase_double.storage.uploads.clear()

    supabase_double.faults.extend([lambda _request: None, forget])
    blobs.put_file("jobs/j/1/large.bin", path)
    assert supabase_double.count("POST /storage/v1/upload/resumable") == 2
    assert get(blobs, "jobs/j/1/large.bin") == path.read_bytes()


def test_what_has_not_changed_is_not_fetched_again(
    blobs: SupabaseBlobs, supabase_double: SupabaseDouble, tmp_path: Path
) -> None:
    put(blobs, "jobs/j/1/x.bin", b"first")
    statuses: list[int] = []
    supabase_double.app.after_request_funcs.setdefault(None, []).append(
        lambda response: (statuses.append(response.status_code), response)[1]
    )
    assert [get(blobs, "jobs/j/1/x.bin") for _ in range(3)] == [b"first"] * 3
    put(blobs, "jobs/j/1/x.bin", b"second")
    first = blobs.local_path("jobs/j/1/x.bin", tmp_path / "a")
    put(blobs, "jobs/j/1/x.bin", b"third")
    assert blobs.local_path("jobs/j/1/x.bin", tmp_path / "b").read_bytes() == b"third"
    assert first.read_bytes() == b"second"
    supabase_double.app.after_request_funcs[None].pop()
    assert statuses == [200, 304, 304, 200, 200, 200, 200]


def test_the_copies_on_this_machine_have_a_limit(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path / "cache", limit_bytes=1000)
    for number in range(10):
        with cache.draft() as draft:
            draft.write_bytes(b"x" * 300)
            os.utime(draft, (number, number))
            cache.keep(f"name {number}", "tag", draft)
    assert [number for number in range(10) if cache.newest(f"name {number}")] == [7, 8, 9]


def test_a_fault_that_passes_is_not_noticed(blobs: SupabaseBlobs, supabase_double: SupabaseDouble) -> None:
    supabase_double.fail(503, 500, 429)
    put(blobs, "jobs/j/1/x.bin", b"content")
    supabase_double.fail(502)
    assert get(blobs, "jobs/j/1/x.bin") == b"content"
    supabase_double.fail(504)
    assert blobs.exists("jobs/j/1/x.bin")
    supabase_double.fail(500)
    assert list(blobs.list("jobs/j/")) == ["jobs/j/1/x.bin"]
    supabase_double.fail(500)
    assert blobs.delete("jobs/j/1/x.bin") is True


def test_an_answer_that_does_not_come_is_asked_for_again_and_a_store_that_hangs_is_given_up(
    blobs: SupabaseBlobs, supabase_double: SupabaseDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(blobs, "jobs/j/1/x.bin", b"content")
    monkeypatch.setattr("services.supabase.project.ANSWER_SECONDS", 1.0)
    hurried = Project(supabase_double.url, supabase_double.service_key, sleep=lambda _seconds: None)
    impatient = SupabaseBlobs(hurried, blobs._owners, blobs._cache, 300)
    goes_on = Event()
    supabase_double.faults.append(lambda _request: goes_on.wait(5) and None)
    assert get(impatient, "jobs/j/1/x.bin") == b"content"
    monkeypatch.setattr("services.supabase.project.GIVE_UP_SECONDS", 0.0)
    supabase_double.faults.extend([lambda _request: goes_on.wait(5) and None] * 6)
    with pytest.raises(Unavailable):
        get(impatient, "jobs/j/1/x.bin")
    assert len(supabase_double.faults) == 5  # one try of six was too long already
    goes_on.set()
    impatient.close()


def test_a_store_that_stays_away_is_told_in_our_words(
    blobs: SupabaseBlobs, supabase_double: SupabaseDouble, database: Database, settings: Any
) -> None:
    supabase_double.fail(*[503] * 6)
    with pytest.raises(Unavailable) as error:
        put(blobs, "jobs/j/1/x.bin", b"content")
    assert error.value.code == "SUPABASE_UNAVAILABLE"
    assert error.value.suggestion
    assert "secret detail" not in f"{error.value.message} {error.value.suggestion}"
    nobody = Project("http://127.0.0.1:9", "key", sleep=lambda _seconds: None)
    unreachable = SupabaseBlobs(nobody, Owners(database), ObjectCache(settings.data_dir / "cache"), 300)
    with pytest.raises(Unavailable):
        unreachable.open("jobs/j/1/x.bin")
    unreachable.close()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda double: double.storage.buckets.clear(), "STORAGE_MISCONFIGURED"),
        (lambda double: setattr(double.storage, "service_key", "another"), "STORAGE_MISCONFIGURED"),
        (lambda double: setattr(double.storage, "largest", 3), "STORAGE_LIMIT"),
    ],
)
def test_what_only_the_operator_can_repair_is_no_missing_file(
    blobs: SupabaseBlobs, supabase_double: SupabaseDouble, spoil: Any, code: str
) -> None:
    spoil(supabase_double)
    with pytest.raises(Unavailable) as error:
        put(blobs, "jobs/j/1/x.bin", b"content")
    assert error.value.code == code
    assert len(supabase_double.requests) == 1  # it helps nobody to ask again
    if code != "STORAGE_LIMIT":
        for ask in (blobs.open, blobs.exists, blobs.delete):
            with pytest.raises(Unavailable):
                ask("jobs/j/1/x.bin")


def test_a_damaged_answer_is_asked_for_again(blobs: SupabaseBlobs, supabase_double: SupabaseDouble) -> None:
    put(blobs, "jobs/j/1/x.json", b'{"whole": true}')
    supabase_double.faults.append(lambda _request: Response(b"\x1f\x8b\x08 no gzip", headers={"ETag": '"x"'}))
    assert get(blobs, "jobs/j/1/x.json") == b'{"whole": true}'
    assert list((blobs._cache._folder).glob(".*")) == []


def test_a_link_hands_out_the_file_under_its_name_and_no_other(
    blobs: SupabaseBlobs, supabase_double: SupabaseDouble, session: SessionRow
) -> None:
    key = f"files/{session.id}/Last Köln.csv"
    put(blobs, key, b"a;b")
    link = blobs.link(key, "Last Köln.csv")
    assert link is not None
    assert supabase_double.service_key not in link
    answer = httpx.get(link)
    assert (answer.status_code, answer.content) == (200, b"a;b")
    assert "Last%20K%C3%B6ln.csv" in answer.headers["Content-Disposition"]
    assert httpx.get(link.replace("token=", "token=x")).status_code == 400
    assert blobs.link("jobs/j/1/evaluation.json", "evaluation.json") is None  # it lies there compressed
    with pytest.raises(BlobNotFound):
        blobs.link(f"files/{session.id}/nothing.csv", "nothing.csv")
    assert UUID(link.split("/csv-files/")[1].split("/")[0]) == session.user_id
