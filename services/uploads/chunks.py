"""The chunks of uploads on disk; what is there is the state, so that a crash cannot make the two disagree.

<root>/<session>/.lock                       taken for every change, never for the transfer of bytes
<root>/<session>/.incoming/<random>          a chunk that is being received
<root>/<session>/.finalized                  protects the folder from the clean-up
<root>/<session>/<upload>/manifest.json      what is being uploaded
<root>/<session>/<upload>/<index>.<sha256>.part             or .announced.part: its client said that hash
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid4

from services.errors import TooLarge
from services.uploads.locks import file_lock
from utils.files import atomic_writer, sync_folder

BUFFER_BYTES = 64 * 1024
NAMED_MISSING = 1000
ANNOUNCED = "announced"
UPLOADS = "file_uploads"  # the folder of all uploads under DATA_DIR


@dataclass(frozen=True)
class UploadName:
    """What an upload is told apart by; chunks of two uploads never mix."""

    file_type: str
    file_name: str
    total_chunks: int
    bezeichnung: str | None

    def folder(self, session_id: UUID) -> str:
        parts = [str(session_id), self.file_type, self.file_name, self.total_chunks, self.bezeichnung]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Completed:
    """What stays known of an upload whose file was imported, so that a repeated chunk is recognised."""

    job_id: str
    file_ids: list[str]
    names: list[str]
    file_hash: str
    size_bytes: int
    chunk_hashes: list[str]


@dataclass(frozen=True)
class Stored:
    """A file of this user that lies in the blobs."""

    blob_key: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Manifest:
    upload_id: str
    file_type: str
    file_name: str
    total_chunks: int
    bezeichnung: str | None
    file_hash: str | None = None  # as the client says
    metadata: dict[str, Any] | None = None
    completed: Completed | None = None
    source: str | None = None  # the upload of the tus protocol that all chunks came from
    doubted: bool = False  # the whole was not what was announced: parts may come again with other bytes
    stored: Stored | None = None  # instead of chunks: the file is here already

    @property
    def key(self) -> str:
        """By which room is held for its bytes, from the first of them until they are a file."""
        return self.source or self.upload_id

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Manifest:
        done, stored = value.pop("completed"), value.pop("stored", None)
        return cls(
            **value,
            completed=Completed(**done) if done else None,
            stored=Stored(**stored) if stored else None,
        )


@dataclass(frozen=True)
class Received:
    """A chunk that arrived whole and has no place yet."""

    path: Path
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Part:
    path: Path
    sha256: str
    size_bytes: int
    announced: bool = False  # its client said the hash too, so it is what the client meant


class Upload:
    """One folder; change it only under ChunkStore.locked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with (folder / "manifest.json").open(encoding="utf-8") as file:
            self.manifest = Manifest.from_json(json.load(file))

    def parts(self) -> dict[int, Part]:
        found = {}
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(".part"):
                    index, sha256, *more = entry.name.split(".")
                    size = entry.stat().st_size
                    found[int(index)] = Part(Path(entry.path), sha256, size, more[0] == ANNOUNCED)
        return found

    def missing(self) -> list[int]:
        """Indices that have not arrived; none once the file was imported, or if it was here before."""
        if self.manifest.completed is not None or self.manifest.stored is not None:
            return []
        present = self.parts()
        return [index for index in range(self.manifest.total_chunks) if index not in present]

    def is_open(self, imported: Collection[str]) -> bool:
        """Whether it still waits for its client: for chunks, or for a request that begins the import."""
        if self.manifest.completed is not None:
            return False
        return bool(self.missing()) or self.manifest.upload_id not in imported

    def missing_json(self) -> dict[str, Any]:
        missing = self.missing()
        return {
            "fileName": self.manifest.file_name,
            "fileType": self.manifest.file_type,
            "bezeichnung": self.manifest.bezeichnung,
            "totalChunks": self.manifest.total_chunks,
            "missing": missing[:NAMED_MISSING],
            "missingCount": len(missing),
        }

    def add(self, index: int, chunk: Received, *, announced: bool = False) -> None:
        mark = f".{ANNOUNCED}" if announced else ""
        chunk.path.replace(self.folder / f"{index}.{chunk.sha256}{mark}.part")
        sync_folder(self.folder)

    def save(self, **changes: Any) -> None:
        """Change the manifest; readers see the old one or the new one."""
        self.manifest = replace(self.manifest, **changes)
        write_manifest(self.folder, self.manifest)

    def to_bytes(self) -> bytes:
        """The manifest as it lies on the disk."""
        return _as_json(self.manifest)

    def drop_parts(self, *, announced: bool = True) -> None:
        """Without `announced` those are kept whose client said what they must be."""
        for part in self.parts().values():
            if announced or not part.announced:
                part.path.unlink(missing_ok=True)


class ChunkStore:
    """All uploads under one root folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def locked(self, session_id: UUID) -> Iterator[None]:
        """The session's uploads stand still for everybody else, in this process and in others.

        The lock dies with its holder, so a killed server leaves none behind.
        """
        folder = self._session(session_id)
        folder.mkdir(parents=True, exist_ok=True)
        with file_lock(folder / ".lock"):
            yield

    @contextmanager
    def assembling(self, upload: Upload) -> Iterator[Upload]:
        """One assembly of an upload at a time; yields the upload as it is by then."""
        with file_lock(upload.folder / ".assembly"):
            yield Upload(upload.folder)

    def receive(self, session_id: UUID, source: IO[bytes], limit_bytes: int) -> Received:
        """Write a chunk to disk in small buffers; TooLarge as soon as it exceeds the limit."""
        folder = self._session(session_id) / ".incoming"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / uuid4().hex
        digest, size, complete = hashlib.sha256(), 0, False
        try:
            with path.open("xb") as file:
                while buffer := source.read(BUFFER_BYTES):
                    size += len(buffer)
                    if size > limit_bytes:
                        raise chunk_too_large(limit_bytes)
                    digest.update(buffer)
                    file.write(buffer)
                file.flush()
                os.fsync(file.fileno())
            complete = True
        finally:
            if not complete:
                path.unlink(missing_ok=True)
        return Received(path, digest.hexdigest(), size)

    def uploads(self, session_id: UUID) -> list[Upload]:
        folder = self._session(session_id)
        found = folder.glob("*/manifest.json") if folder.is_dir() else ()
        return [Upload(path.parent) for path in sorted(found)]

    def find(self, session_id: UUID, name: UploadName) -> Upload | None:
        """The upload a chunk belongs to.

        A chunk that says no bezeichnung joins the only one of its file; the first that says one names
        an upload which had none.
        """
        exact = self._session(session_id) / name.folder(session_id)
        if (exact / "manifest.json").exists():
            return Upload(exact)
        same = [upload for upload in self.uploads(session_id) if _same_file(upload.manifest, name)]
        if name.bezeichnung is None:
            return same[0] if len(same) == 1 else None
        nameless = [upload for upload in same if upload.manifest.bezeichnung is None]
        if not nameless or nameless[0].manifest.completed is not None:
            return None
        shutil.rmtree(exact, ignore_errors=True)
        nameless[0].folder.rename(exact)
        upload = Upload(exact)
        upload.save(bezeichnung=name.bezeichnung)
        return upload

    def start(self, session_id: UUID, name: UploadName, **more: Any) -> Upload:
        """A new, empty upload in place of whatever had its name; `more` stands in its manifest."""
        folder = self._session(session_id) / name.folder(session_id)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (self._session(session_id) / ".finalized").unlink(missing_ok=True)
        write_manifest(folder, Manifest(upload_id=uuid4().hex, **asdict(name), **more))
        sync_folder(folder.parent)
        return Upload(folder)

    def all_uploads(self, session_id: UUID | None = None) -> Iterator[Upload]:
        """Of a session or of all; those that vanish meanwhile are left out."""
        for path in sorted(self.root.glob(f"{session_id or '*'}/*/manifest.json")):
            with suppress(FileNotFoundError):
                yield Upload(path.parent)

    def keys(self, session_id: UUID | None = None) -> Iterator[str]:
        yield from (upload.manifest.key for upload in self.all_uploads(session_id))

    def drop(self, upload: Upload) -> None:
        shutil.rmtree(upload.folder, ignore_errors=True)

    def protect(self, session_id: UUID) -> None:
        """Mark the folder as belonging to a finalized session."""
        (self._session(session_id) / ".finalized").touch()

    def drop_session(self, session_id: UUID) -> bool:
        """Remove everything of a session; whether there was anything."""
        folder = self._session(session_id)
        existed = folder.exists()
        shutil.rmtree(folder, ignore_errors=True)
        return existed

    def _session(self, session_id: UUID) -> Path:
        return self.root / str(session_id)


def newest_change(folder: Path) -> float:
    """When something in the folder changed last; what vanishes meanwhile does not count."""
    times = [0.0]
    for path in (folder, *folder.iterdir()):
        with suppress(FileNotFoundError):
            times.append(path.stat().st_mtime)
    return max(times)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    with atomic_writer(folder / "manifest.json") as file:
        file.write(_as_json(manifest))
    sync_folder(folder)


def _as_json(manifest: Manifest) -> bytes:
    return json.dumps(asdict(manifest), ensure_ascii=False).encode()


def chunk_too_large(limit_bytes: int) -> TooLarge:
    return TooLarge(
        f"The chunk is larger than {limit_bytes} bytes",
        code="CHUNK_TOO_LARGE",
        suggestion="Send the file in smaller chunks",
        details={"limit_bytes": limit_bytes},
    )


def _same_file(manifest: Manifest, name: UploadName) -> bool:
    return (manifest.file_type, manifest.file_name, manifest.total_chunks) == (
        name.file_type,
        name.file_name,
        name.total_chunks,
    )
