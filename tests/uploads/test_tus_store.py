"""Uploads of the tus protocol on disk: whatever is cut, repeated, killed or done at once, no byte is wrong."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import ChecksumMismatch, Conflict, Gone, Locked, TooLarge
from services.uploads.tus import store as tus_store
from services.uploads.tus.fields import Checksum
from services.uploads.tus.store import About, TusStore, TusUpload

USER = uuid4()


class Body(io.RawIOBase):
    """What a client sends, piece by piece; something happens before each."""

    def __init__(self, *pieces: bytes | Callable[[], None]) -> None:
        self._pieces = list(pieces)

    def read(self, _size: int = -1) -> bytes:
        while self._pieces:
            piece = self._pieces.pop(0)
            if not isinstance(piece, bytes):
                piece()
            elif piece:
                return piece
        return b""


class Cut(Exception):
    """The connection is gone."""


def cut() -> None:
    raise Cut


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def checksum(content: bytes) -> Checksum:
    return Checksum("sha256", hashlib.sha256(content).digest())


@pytest.fixture
def store(tmp_path: Path) -> TusStore:
    return TusStore(tmp_path / "tus_uploads")


@pytest.fixture
def upload(store: TusStore) -> TusUpload:
    return store.create(USER, About(1000, ""))


def in_a_process_that_is_killed(work: Callable[[], object]) -> None:
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


def test_what_arrived_before_a_cut_is_kept(upload: TusUpload) -> None:
    with pytest.raises(Cut):
        upload.write(0, Body(b"12345", cut), 1000)
    assert upload.offset() == 5
    assert upload.write(5, Body(b"678"), 1000) == 8
    assert upload.data.read_bytes() == b"12345678"


def test_of_a_chunk_with_a_checksum_all_is_kept_or_nothing(upload: TusUpload) -> None:
    upload.write(0, Body(b"123"), 1000)
    with pytest.raises(Cut):
        upload.write(3, Body(b"45", cut), 1000, checksum(b"4567"))
    with pytest.raises(ChecksumMismatch):
        upload.write(3, Body(b"4568"), 1000, checksum(b"4567"))
    assert (upload.offset(), upload.data.read_bytes()) == (3, b"123")
    assert upload.write(3, Body(b"45", b"67"), 1000, checksum(b"4567")) == 7


def test_a_process_killed_in_a_chunk_keeps_what_came_and_nothing_unverified(
    store: TusStore, upload: TusUpload
) -> None:
    in_a_process_that_is_killed(lambda: upload.write(0, Body(b"12345", kill), 1000))
    assert upload.offset() == 5
    in_a_process_that_is_killed(lambda: upload.write(5, Body(b"wrong", kill), 1000, checksum(b"right")))
    found = store.find(USER, upload.id)
    assert found is not None and found.offset() == 5, "bytes behind it were never verified"
    assert found.write(5, Body(b"right"), 1000, checksum(b"right")) == 10
    assert found.data.read_bytes() == b"12345right"


def test_one_request_writes_at_a_time(upload: TusUpload) -> None:
    def second() -> None:
        with pytest.raises(Locked):
            upload.write(5, Body(b"second"), 1000)

    upload.write(0, Body(b"12345", second, b"678"), 1000)
    assert upload.data.read_bytes() == b"12345678"


def test_who_asks_for_the_offset_waits_for_the_last_bytes_of_a_request(upload: TusUpload) -> None:
    def last_bytes() -> None:
        time.sleep(0.2)

    begun = threading.Event()
    body = Body(b"12345", begun.set, last_bytes, b"678")
    thread = threading.Thread(target=upload.write, args=(0, body, 1000))
    thread.start()
    assert begun.wait(5)
    upload.settle(5.0)
    assert upload.offset() == 8
    thread.join()


def test_a_silent_request_gives_way_and_its_late_bytes_are_refused(
    upload: TusUpload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tus_store, "SILENT_SECONDS", 0.05)

    def take_over() -> None:
        time.sleep(0.1)
        assert upload.write(5, Body(b"second"), 1000) == 11

    with pytest.raises(Locked):
        upload.write(0, Body(b"first", take_over, b"late bytes"), 1000)
    assert upload.data.read_bytes() == b"firstsecond"


def test_a_silent_request_with_a_checksum_leaves_nothing_to_its_successor(
    upload: TusUpload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tus_store, "SILENT_SECONDS", 0.05)

    def take_over() -> None:
        time.sleep(0.1)
        assert upload.offset() == 0, "nothing of it was verified"
        assert upload.write(0, Body(b"second"), 1000, checksum(b"second")) == 6

    with pytest.raises(Locked):
        upload.write(0, Body(b"first", take_over, b"late"), 1000, checksum(b"firstlate"))
    assert (upload.offset(), upload.data.read_bytes()) == (6, b"second")


def test_an_upload_that_is_given_up_while_it_comes_stays_gone(store: TusStore, upload: TusUpload) -> None:
    with pytest.raises(Gone):
        upload.write(0, Body(b"12345", lambda: store.remove(upload), b"678"), 1000)
    assert store.find(USER, upload.id) is None
    assert list((store.root / str(USER)).iterdir()) == []


def test_more_than_was_announced_is_refused(upload: TusUpload) -> None:
    with pytest.raises(TooLarge):
        upload.write(0, Body(b"x" * 600, b"y" * 600), 1000)
    assert upload.offset() == 600


def test_only_one_of_many_that_begin_at_once_succeeds(upload: TusUpload) -> None:
    outcomes: list[object] = []
    ready = threading.Barrier(8)

    def write(number: int) -> None:
        ready.wait()
        try:
            outcomes.append(upload.write(0, Body(bytes([number]) * 500), 1000))
        except (Conflict, Locked) as error:
            outcomes.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(500) == 1
    content = upload.data.read_bytes()
    assert len(content) == 500 and len(set(content)) == 1


CONTENT = bytes(range(256)) * 4
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "send with checksum", "cut", "flip", "repeat", "skip ahead", "look anew"]),
        st.integers(1, 300),
        st.integers(0, 299),
    ),
    max_size=25,
)


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_whatever_happens_the_bytes_are_the_beginning_of_the_file(
    steps: list[tuple[str, int, int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = TusStore(Path(folder))
        upload = store.create(USER, About(len(CONTENT), ""))
        for kind, size, place in steps:
            offset = upload.offset()
            _step(upload, kind, offset, CONTENT[offset : offset + size], place)
            if kind == "look anew":
                upload = store.find(USER, upload.id) or upload
            assert upload.data.read_bytes() == CONTENT[: upload.offset()]
        end = upload.offset()
        upload.write(end, Body(CONTENT[end:]), len(CONTENT), checksum(CONTENT[end:]))
        assert upload.complete
        assert upload.data.read_bytes() == CONTENT


def _step(upload: TusUpload, kind: str, offset: int, chunk: bytes, place: int) -> None:
    limit = len(CONTENT)
    if kind == "send":
        assert upload.write(offset, Body(chunk), limit) == offset + len(chunk)
    elif kind == "send with checksum":
        assert upload.write(offset, Body(chunk), limit, checksum(chunk)) == offset + len(chunk)
    elif kind == "cut":
        verdict = checksum(chunk) if place % 2 else None
        with pytest.raises(Cut):
            upload.write(offset, Body(chunk[: place % (len(chunk) + 1)], cut), limit, verdict)
    elif kind == "flip" and chunk:
        at = place % len(chunk)
        wrong = chunk[:at] + bytes([chunk[at] ^ 1]) + chunk[at + 1 :]
        with pytest.raises(ChecksumMismatch):
            upload.write(offset, Body(wrong), limit, checksum(chunk))
    elif kind == "repeat" and offset:
        with pytest.raises(Conflict):
            upload.write(max(0, offset - place - 1), Body(CONTENT[:5]), limit)
    elif kind == "skip ahead":
        with pytest.raises(Conflict):
            upload.write(offset + place + 1, Body(b"later"), limit)
