"""What every adapter of services.storage.blobs.Blobs promises."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.settings import Settings
from services.storage.blobs import BlobNotFound, Blobs
from services.storage.blobs.disk import DiskBlobs
from services.storage.blobs.opening import open_blobs
from services.storage.blobs.supabase import SupabaseBlobs
from services.storage.database import Database
from tests.conftest import make_settings
from tests.supabase_double.server import SupabaseDouble
from tests.supabase_lite.server import SupabaseLite


@pytest.fixture(params=["disk", "supabase_lite", "supabase_double"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Blobs]:
    if request.param == "disk":
        yield DiskBlobs(tmp_path / "blobs")
        return
    there: SupabaseLite | SupabaseDouble = request.getfixturevalue(request.param)
    if isinstance(there, SupabaseLite):
        there.empty()
    settings: Settings = request.getfixturevalue("settings")
    database = Database(settings.database_url)
    blobs = open_blobs(make_settings(settings.data_dir, **there.environment()), database)
    assert isinstance(blobs, SupabaseBlobs)
    yield blobs
    blobs.close()
    database.close()


def put(blobs: Blobs, key: str, content: bytes) -> None:
    blobs.put(key, io.BytesIO(content))


def get(blobs: Blobs, key: str) -> bytes:
    with blobs.open(key) as file:
        return file.read()


def test_what_is_put_is_read_back_with_its_size_and_hash(blobs: Blobs) -> None:
    content = bytes(range(256)) * 1000
    blob = blobs.put("files/a/one.csv", io.BytesIO(content))
    assert (blob.key, blob.size_bytes) == ("files/a/one.csv", len(content))
    assert blob.sha256 == hashlib.sha256(content).hexdigest()
    assert get(blobs, "files/a/one.csv") == content


def test_a_file_is_stored_and_left_alone(blobs: Blobs, tmp_path: Path) -> None:
    source = tmp_path / "source.bin"
    source.write_bytes(b"content")
    assert blobs.put_file("x", source).size_bytes == 7
    assert source.read_bytes() == get(blobs, "x") == b"content"


def test_putting_a_key_again_replaces_it(blobs: Blobs) -> None:
    put(blobs, "x", b"old")
    put(blobs, "x", b"new")
    assert get(blobs, "x") == b"new"
    assert list(blobs.list("")) == ["x"]


def test_an_empty_blob_is_a_blob(blobs: Blobs) -> None:
    put(blobs, "empty", b"")
    assert blobs.exists("empty")
    assert get(blobs, "empty") == b""


def test_a_source_that_breaks_leaves_nothing(blobs: Blobs) -> None:
    class Broken(io.RawIOBase):
        def __init__(self) -> None:
            self.calls = 0

        def readable(self) -> bool:
            return True

        def read(self, _size: int = -1) -> bytes:
            self.calls += 1
            if self.calls > 2:
                raise OSError("the line went dead")
            return b"x" * 1000

    put(blobs, "kept", b"old")
    with pytest.raises(OSError, match="went dead"):
        blobs.put("kept", Broken())  # type: ignore[arg-type]
    assert get(blobs, "kept") == b"old"
    assert list(blobs.list("")) == ["kept"]


def test_readers_see_the_old_or_the_new_content_and_never_a_mixture(blobs: Blobs) -> None:
    contents = [bytes([i]) * 200_000 for i in range(20)]
    put(blobs, "x", contents[0])
    seen: set[bytes] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(get(blobs, "x"))

    reader = threading.Thread(target=read)
    reader.start()
    for content in contents:
        put(blobs, "x", content)
    done.set()
    reader.join()
    assert seen <= set(contents)


def test_what_is_not_there_is_said_in_our_own_words(blobs: Blobs, tmp_path: Path) -> None:
    put(blobs, "folder/x", b"x")
    for key in ("nothing", "folder", "folder/x/y"):
        with pytest.raises(BlobNotFound):
            blobs.open(key)
        with pytest.raises(BlobNotFound):
            blobs.local_path(key, tmp_path)
        assert not blobs.exists(key)
        assert blobs.delete(key) is False


def test_a_deleted_blob_is_gone(blobs: Blobs) -> None:
    put(blobs, "a/b/c", b"x")
    assert blobs.delete("a/b/c") is True
    assert not blobs.exists("a/b/c")
    assert list(blobs.list("a")) == []


def test_keys_are_listed_by_prefix_and_sorted(blobs: Blobs) -> None:
    for key in ("b/2", "a/1", "b/1", "bb/1"):
        put(blobs, key, b"")
    assert list(blobs.list("b/")) == ["b/1", "b/2"]
    assert list(blobs.list("b")) == ["b/1", "b/2", "bb/1"]


def test_a_local_path_holds_the_content(blobs: Blobs, tmp_path: Path) -> None:
    put(blobs, "a/b", b"content")
    assert blobs.local_path("a/b", tmp_path).read_bytes() == b"content"


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../outside", "a/../../outside", "a//b", "a\\b", "a\0b", ".", "a/.hidden"]
)
def test_no_key_leads_out_of_the_root(blobs: Blobs, tmp_path: Path, key: str) -> None:
    for refused in (
        lambda: blobs.put(key, io.BytesIO(b"x")),
        lambda: blobs.open(key),
        lambda: blobs.exists(key),
        lambda: blobs.delete(key),
        lambda: blobs.local_path(key, tmp_path),
    ):
        with pytest.raises(ValueError, match="blob"):
            refused()
    assert not (tmp_path / "outside").exists()


def test_on_disk_a_link_out_of_the_root_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    blobs = DiskBlobs(tmp_path / "blobs")
    (tmp_path / "blobs" / "link").symlink_to(outside)
    with pytest.raises(ValueError, match="leads out"):
        blobs.open("link/secret")


def test_a_folder_that_is_emptied_meanwhile_loses_no_blob(blobs: Blobs) -> None:
    rounds = 150 if isinstance(blobs, DiskBlobs) else 10  # a folder is there or not in our hands only on disk

    def churn(name: str) -> None:
        for _ in range(rounds):
            put(blobs, f"shared/deep/{name}", b"x")
            assert blobs.delete(f"shared/deep/{name}")

    failures: list[BaseException] = []

    def watched(name: str) -> None:
        try:
            churn(name)
        except (OSError, AssertionError) as error:
            failures.append(error)

    threads = [threading.Thread(target=watched, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
