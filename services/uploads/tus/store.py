"""Uploads of the tus protocol on disk; what is there is the state, so that a crash cannot make the two disagree.

<root>/<user>/<upload>/about.json   what was announced, and what became of it
<root>/<user>/<upload>/data         the bytes; the size of it is the offset
<root>/<user>/<upload>/undo         where a chunk with a checksum began: what lies behind is not verified
<root>/<user>/<upload>/.writer      held by the request that sends bytes
<root>/<user>/<upload>/.lock        taken for every change, and for every buffer that is written
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol
from uuid import UUID, uuid4

from services.errors import BadRequest, Conflict, Gone, Locked, TooLarge
from services.uploads.chunks import BUFFER_BYTES, newest_change
from services.uploads.locks import PAUSE_SECONDS, file_lock, is_at, try_lock
from utils.files import atomic_writer, sync_folder

TUS_UPLOADS = "tus_uploads"  # the folder of all of them under DATA_DIR
SILENT_SECONDS = 5.0  # a request that brought nothing for so long gives way to the next
_ID = re.compile(r"[0-9a-f]{32}")


class Source(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes: ...


class Verdict(Protocol):
    """A checksum in the making."""

    def update(self, buffer: bytes) -> None: ...

    def check(self) -> None:
        """Raises unless the bytes are those that were announced."""


@dataclass(frozen=True)
class About:
    """What about.json holds."""

    length: int | None  # None: not told yet
    metadata: str  # as the client sent it
    session_id: str | None = None  # None: a part of an upload that is put together later
    partial: bool = False
    parts: list[str] = field(default_factory=list)  # what a final upload is put together from
    taken: bool = False  # the bytes are in the session now
    final: str | None = None  # the upload that a partial one belongs to, from before its bytes go there


class TusUpload:
    """One folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = folder.name
        self.data = folder / "data"
        self._undo = folder / "undo"
        self.about = About(**json.loads((folder / "about.json").read_text(encoding="utf-8")))

    @property
    def complete(self) -> bool:
        return self.about.length is not None and self.offset() == self.about.length

    def offset(self) -> int:
        """How many bytes are kept; they are on the disk before anybody is told of them."""
        if self._undo.exists():
            return int(self._undo.read_text(encoding="ascii") or 0)
        try:
            with self.data.open("rb") as file:
                os.fsync(file.fileno())
                return os.fstat(file.fileno()).st_size
        except FileNotFoundError:  # it was complete, and is in its session now
            return self.about.length or 0

    def kept(self) -> tuple[BinaryIO | None, int]:
        """The bytes that are kept at this moment, and how many: they never change, more may follow them.

        None where they are in their session now.
        """
        with self._changing():
            offset = self.offset()
            try:
                return self.data.open("rb"), offset
            except FileNotFoundError:
                return None, 0

    def settle(self, seconds: float) -> None:
        """Wait a moment for a request that still writes what it had received when its client was cut off."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with (self.folder / ".writer").open("rb") as writer:
                    if try_lock(writer):
                        return
            except FileNotFoundError:
                return
            time.sleep(PAUSE_SECONDS)

    def changed(self) -> float:
        return newest_change(self.folder)

    def save(self, **changes: Any) -> None:
        self.about = replace(self.about, **changes)
        _write_about(self.folder, self.about)

    @contextmanager
    def alone(self) -> Iterator[TusUpload]:
        """One at a time decides what becomes of the upload; yields it as it is by then."""
        with self._held(".taking"):
            yield TusUpload(self.folder)

    def write(self, offset: int, source: Source, limit: int, verdict: Verdict | None = None) -> int:
        """Append what `source` holds; the new offset.

        With a verdict all of it is kept or nothing, otherwise whatever arrived. Never more than `limit`.
        """
        with self._writer(offset, undoable=verdict is not None) as writer:
            end = self._receive(writer, offset, source, limit, verdict)
        return end

    def _receive(
        self, writer: BinaryIO, start: int, source: Source, limit: int, verdict: Verdict | None
    ) -> int:
        position, on_disk = start, False
        with self.data.open("r+b", buffering=0) as file:
            try:
                while buffer := _read(source):
                    if position + len(buffer) > limit:
                        raise longer_than_announced(limit, position + len(buffer))
                    if verdict is not None:
                        verdict.update(buffer)
                    with self._as(writer):
                        _write_all(file, buffer, position)
                    position += len(buffer)
                if verdict is not None:
                    verdict.check()
                os.fsync(file.fileno())
                on_disk = True
                if verdict is not None:
                    with self._as(writer):
                        self._verified()
            finally:
                if not on_disk:
                    os.fsync(file.fileno())
        return position

    @contextmanager
    def _writer(self, offset: int, *, undoable: bool) -> Iterator[BinaryIO]:
        """This request writes, and nobody else does."""
        with ExitStack() as held:
            with self._changing():
                writer = held.enter_context(self._take_writer())
                self._roll_back()
                there = self.offset()
                if there != offset:
                    raise offset_conflict(offset, there)
                if undoable:
                    self._mark(offset)
            ended_well = False
            try:
                yield writer
                ended_well = True
            finally:
                if not ended_well:
                    with self._as(writer):
                        self._roll_back()

    def _take_writer(self) -> BinaryIO:
        path = self.folder / ".writer"
        writer = path.open("ab")
        if not try_lock(writer):
            writer.close()
            silent = time.time() - max(path.stat().st_mtime, self._last_byte())
            if silent < SILENT_SECONDS:
                raise Locked(
                    "Another request sends bytes of this upload",
                    code="UPLOAD_LOCKED",
                    suggestion="Ask for the offset (HEAD) and try again in a moment",
                )
            path.unlink()  # whoever held it finds another file in its place, and writes no more
            writer = path.open("xb")
            try_lock(writer)
        os.utime(path)
        return writer

    def _last_byte(self) -> float:
        return self.data.stat().st_mtime if self.data.exists() else 0.0

    def _mark(self, offset: int) -> None:
        with atomic_writer(self._undo) as file:
            file.write(str(offset).encode())
        sync_folder(self.folder)

    def _roll_back(self) -> None:
        """Forget the bytes of a chunk that was not verified."""
        if self._undo.exists():
            with self.data.open("r+b") as file:
                file.truncate(int(self._undo.read_text(encoding="ascii") or 0))
                os.fsync(file.fileno())
            self._verified()

    def _verified(self) -> None:
        self._undo.unlink(missing_ok=True)
        sync_folder(self.folder)

    @contextmanager
    def _as(self, writer: BinaryIO) -> Iterator[None]:
        with self._changing():
            if not is_at(writer, self.folder / ".writer"):
                raise Locked(
                    "The request was silent for long and another one has taken its place",
                    code="UPLOAD_TAKEN_OVER",
                    suggestion="Ask for the offset (HEAD) and go on from there",
                )
            yield

    def _changing(self) -> AbstractContextManager[None]:
        return self._held(".lock")

    @contextmanager
    def _held(self, name: str) -> Iterator[None]:
        with ExitStack() as held:
            try:
                held.enter_context(file_lock(self.folder / name, make_folder=False))
            except FileNotFoundError:
                raise gone() from None
            yield


class TusStore:
    """All uploads under one root; a user sees those of his own folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(self, user_id: UUID, about: About, upload_id: str | None = None) -> TusUpload:
        """An empty upload that is there as a whole, or not at all."""
        upload_id = upload_id or new_id()
        owner = self.root / str(user_id)
        draft = owner / f".{upload_id}.new"
        draft.mkdir(parents=True)
        for name in (".lock", ".writer", *(() if about.parts else ("data",))):
            (draft / name).touch()
        _write_about(draft, about)
        draft.rename(owner / upload_id)
        sync_folder(owner)
        return TusUpload(owner / upload_id)

    def find(self, user_id: UUID, upload_id: str) -> TusUpload | None:
        if not _ID.fullmatch(upload_id):
            return None
        try:
            return TusUpload(self.root / str(user_id) / upload_id)
        except FileNotFoundError:
            return None

    def folders(self) -> list[Path]:
        """Of all uploads of all users."""
        return sorted(folder for folder in self.root.glob("*/*") if _ID.fullmatch(folder.name))

    def joining(self, user_id: UUID) -> AbstractContextManager[None]:
        """One at a time decides which parts of a user belong together."""
        return file_lock(self.root / str(user_id) / ".joining")

    def remove(self, upload: TusUpload) -> None:
        """At once, as far as anybody can see; whoever writes to it is told with the next buffer."""
        aside = upload.folder.with_name(f".{upload.id}.{uuid4().hex}.gone")
        try:
            with file_lock(upload.folder / ".lock", make_folder=False):
                upload.folder.rename(aside)
        except FileNotFoundError:  # another request was faster
            return
        shutil.rmtree(aside, ignore_errors=True)

    def sweep(self, older_than: float) -> int:
        """Remove those, and halves of them, to which nothing was added since a moment."""
        removed = 0
        for folder in self.root.glob("*/*") if self.root.is_dir() else ():
            if folder.is_dir() and newest_change(folder) <= older_than:
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
        return removed


def new_id() -> str:
    """One that nobody guesses."""
    return uuid4().hex


def _read(source: Source) -> bytes:
    try:
        return source.read(BUFFER_BYTES)
    except OSError as error:
        raise BadRequest(f"The body ended early: {error}", code="BODY_CUT") from error


def _write_all(file: IO[bytes], buffer: bytes, position: int) -> None:
    view = memoryview(buffer)
    while view:
        count = os.pwrite(file.fileno(), view, position)
        view, position = view[count:], position + count


def _write_about(folder: Path, about: About) -> None:
    with atomic_writer(folder / "about.json") as file:
        file.write(json.dumps(asdict(about), ensure_ascii=False).encode())
    sync_folder(folder)


def offset_conflict(said: int, expected: int) -> Conflict:
    return Conflict(
        f"The upload goes on at byte {expected}, not at {said}",
        code="OFFSET_CONFLICT",
        suggestion=f"Send the bytes from {expected} on, with Upload-Offset: {expected}",
        details={"expected_offset": expected, "offset": said},
    )


def longer_than_announced(limit: int, size: int) -> TooLarge:
    return TooLarge(
        f"The bytes go beyond the {limit} that may come",
        code="UPLOAD_TOO_LONG",
        suggestion="Send no more than Upload-Length announced and the plan allows",
        details={"limit_bytes": limit, "size_bytes": size},
    )


def gone() -> Gone:
    return Gone(
        "The upload was given up or has expired",
        code="UPLOAD_GONE",
        suggestion="Create a new one with POST /files/",
    )
