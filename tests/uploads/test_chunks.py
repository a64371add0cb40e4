"""Chunks on disk: what is there is the state, whatever was interrupted."""

from __future__ import annotations

import hashlib
import io
import threading
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.errors import TooLarge
from services.uploads.assembly import DamagedPart, digest_of, open_parts
from services.uploads.chunks import ChunkStore, Upload, UploadName

SESSION = uuid4()
NAME = UploadName("input", "load.csv", 3, "Load")


@pytest.fixture
def store(tmp_path: Path) -> ChunkStore:
    return ChunkStore(tmp_path / "file_uploads")


def put(store: ChunkStore, upload: Upload, index: int, content: bytes, session: UUID = SESSION) -> None:
    upload.add(index, store.receive(session, io.BytesIO(content), 10_000_000))


def content_of(upload: Upload) -> bytes:
    with open_parts([part for _, part in sorted(upload.parts().items())]) as source:
        return source.read()


def test_chunks_in_any_order_become_the_file_again(store: ChunkStore) -> None:
    chunks = [bytes([index]) * (100_000 + index) for index in range(3)]
    upload = store.start(SESSION, NAME)
    for index in (2, 0, 1):
        put(store, upload, index, chunks[index])
    assert content_of(upload) == b"".join(chunks)
    digest = digest_of([part for _, part in sorted(upload.parts().items())])
    assert digest.sha256 == hashlib.sha256(b"".join(chunks)).hexdigest()
    assert digest.size_bytes == 300_003


def test_a_server_that_starts_again_finds_what_had_arrived(store: ChunkStore) -> None:
    put(store, store.start(SESSION, NAME), 1, b"middle")
    (found,) = ChunkStore(store.root).uploads(SESSION)
    assert found.missing() == [0, 2]
    assert found.manifest.file_name == "load.csv"


def test_a_torn_chunk_is_no_part_of_the_upload(store: ChunkStore) -> None:
    upload = store.start(SESSION, NAME)
    torn = store.root / str(SESSION) / ".incoming"
    torn.mkdir()
    (torn / "half").write_bytes(b"half of a chu")
    assert upload.missing() == [0, 1, 2]
    assert [found.folder for found in store.uploads(SESSION)] == [upload.folder]


def test_an_upload_that_was_killed_before_its_manifest_starts_anew(store: ChunkStore) -> None:
    folder = store.root / str(SESSION) / NAME.folder(SESSION)
    folder.mkdir(parents=True)
    (folder / "0.abc.part").write_bytes(b"of unknown origin")
    assert store.find(SESSION, NAME) is None
    assert store.start(SESSION, NAME).parts() == {}


def test_a_damaged_part_is_noticed_at_assembly(store: ChunkStore) -> None:
    upload = store.start(SESSION, UploadName("input", "a.csv", 1, None))
    put(store, upload, 0, b"time;value")
    upload.parts()[0].path.write_bytes(b"time;valu\0")
    with pytest.raises(DamagedPart):
        digest_of(list(upload.parts().values()))


def test_a_chunk_over_the_limit_is_refused_and_leaves_nothing(store: ChunkStore) -> None:
    with pytest.raises(TooLarge) as error:
        store.receive(SESSION, io.BytesIO(b"x" * 101), 100)
    assert error.value.details == {"limit_bytes": 100}
    assert list((store.root / str(SESSION) / ".incoming").iterdir()) == []


@pytest.mark.parametrize(
    "other",
    [
        UploadName("output", "load.csv", 3, "Load"),
        UploadName("input", "Load.csv", 3, "Load"),
        UploadName("input", "load.csv", 4, "Load"),
        UploadName("input", "load.csv", 3, "Load history"),
    ],
)
def test_two_uploads_never_share_a_folder(store: ChunkStore, other: UploadName) -> None:
    put(store, store.start(SESSION, NAME), 0, b"a")
    put(store, store.start(SESSION, other), 0, b"b")
    found = store.find(SESSION, NAME)
    assert found is not None
    assert found.parts()[0].sha256 == hashlib.sha256(b"a").hexdigest()


def test_chunks_without_a_name_join_the_upload_that_has_one(store: ChunkStore) -> None:
    nameless = UploadName("input", "load.csv", 3, None)
    put(store, store.start(SESSION, nameless), 1, b"early")
    named = store.find(SESSION, NAME)
    assert named is not None and named.manifest.bezeichnung == "Load"
    put(store, named, 2, b"with the name")
    again = store.find(SESSION, nameless)
    assert again is not None and again.missing() == [0]


def test_the_lock_lets_one_in_at_a_time(store: ChunkStore) -> None:
    inside, most = 0, 0
    guard = threading.Lock()

    def enter() -> None:
        nonlocal inside, most
        for _ in range(20):
            with store.locked(SESSION):
                with guard:
                    inside += 1
                    most = max(most, inside)
                with guard:
                    inside -= 1

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_lock_on_a_removed_folder_is_taken_anew(store: ChunkStore) -> None:
    entered = threading.Event()

    def wait_for_the_lock() -> None:
        with store.locked(SESSION):
            entered.set()

    with store.locked(SESSION):
        thread = threading.Thread(target=wait_for_the_lock)
        thread.start()
        store.drop_session(SESSION)
    assert entered.wait(5)
    thread.join()
