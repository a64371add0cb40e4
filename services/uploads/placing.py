"""Where a chunk goes: into its upload, into a new one, or back with the reason."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.errors import BadRequest, Conflict, TooLarge
from services.jobs.states import Status
from services.plans.room import Room
from services.storage.database import Database
from services.storage.tables import FileRow
from services.uploads.chunks import (
    NAMED_MISSING,
    ChunkStore,
    Completed,
    Part,
    Received,
    Stored,
    Upload,
    UploadName,
)
from services.uploads.header import ChunkHeader, FilePlan, read_plan
from services.uploads.imports import Imports, was_refused


@dataclass(frozen=True)
class Announced:
    """Everything that was said about a file."""

    user_id: UUID
    session_id: UUID
    header: ChunkHeader
    plan: FilePlan | None
    metadata: dict[str, Any] | None

    @property
    def name(self) -> UploadName:
        return self.header.upload_name(self.plan.bezeichnung if self.plan else None)


@dataclass(frozen=True)
class Arrival(Announced):
    """A received chunk with everything that was said about it."""

    chunk: Received
    max_bytes: int | None


@dataclass(frozen=True)
class TakenOver:
    """An upload of the tus protocol whose bytes go into a session, and the ones that it was made of."""

    id: str
    size_bytes: int
    parts: tuple[str, ...]


class Placement:
    """Used while the uploads of the session stand still."""

    def __init__(
        self,
        database: Database,
        chunks: ChunkStore,
        imports: Imports,
        owner_of: Callable[[UUID], UUID],
        room: Room,
    ) -> None:
        self._database = database
        self._chunks = chunks
        self._imports = imports
        self._owner_of = owner_of
        self._room = room

    def place(self, arrival: Arrival) -> Upload:
        name = arrival.name
        upload = self._chunks.find(arrival.session_id, name)
        if upload is not None and upload.manifest.completed is not None:
            if self._is_the_same_file(arrival, upload.manifest.completed):
                _refuse_second_file(arrival, upload.manifest.completed)
                return upload
            upload = None
        if upload is not None and upload.manifest.stored is not None:  # the file was known, its bytes come still
            upload = None
        if upload is None or self._starts_over(arrival, upload):
            self._refuse_duplicates(arrival)
            self._forget(upload)
            upload = self._chunks.start(arrival.session_id, name)
        _refuse_too_large(arrival, upload)
        self._hold(arrival, upload, _expected(arrival, upload))
        _remember(arrival, upload)
        there = upload.parts().get(arrival.header.index)
        if there is None or there.sha256 != arrival.chunk.sha256:
            upload.add(arrival.header.index, arrival.chunk, announced=arrival.header.chunk_hash is not None)
            if there is not None:  # it was doubted
                there.path.unlink(missing_ok=True)
        return upload

    def _hold(self, arrival: Announced, upload: Upload, size: int, parts: Collection[str] = ()) -> None:
        """Room for the whole file, before anything of it is kept; `parts`: uploads that held it before."""
        owner = self._owner_of(arrival.session_id)
        try:
            self._room.hold(owner, upload.manifest.key, size, instead_of=parts)
        except TooLarge:
            if not upload.parts():
                self._chunks.drop(upload)
            raise

    def _forget(self, upload: Upload | None) -> None:
        """One whose place another takes."""
        if upload is not None:
            self._room.release(upload.manifest.key)

    def refuse_early(self, arrival: Announced) -> None:
        """Before a byte is sent, what could not become a file of the session."""
        self._refuse_duplicates(arrival)

    def adopt(self, arrival: Announced, chunks: dict[int, Received], source: TakenOver) -> Upload:
        """Take in all chunks of a file, or those that an interrupted call left over."""
        upload = self._chunks.find(arrival.session_id, arrival.name)
        if upload is None or upload.manifest.source != source.id:
            upload = self._instead_of(upload, arrival, source=source.id)
        self._hold(arrival, upload, source.size_bytes, source.parts)
        for index, chunk in chunks.items():
            upload.add(index, chunk)
        return upload

    def refer(self, arrival: Announced, stored: Stored) -> Upload:
        """An upload without chunks: the file is one that the user sent before."""
        upload = self._chunks.find(arrival.session_id, arrival.name)
        if upload is not None and upload.manifest.stored == stored:
            done = upload.manifest.completed
            if done is None or self._is_the_same_file(arrival, done):
                _remember(arrival, upload)
                return upload
        return self._instead_of(upload, arrival, stored=stored)

    def _instead_of(self, upload: Upload | None, arrival: Announced, **more: Any) -> Upload:
        """A new upload; of one that has this name it must be sure that nobody waits for it."""
        self._refuse_duplicates(arrival)
        if upload is not None and upload.manifest.completed is None and upload.parts():
            job = self._imports.newest(arrival.user_id, arrival.session_id, upload)
            if job is None or job.status not in (Status.FAILED, Status.CANCELLED):
                raise Conflict(
                    f"Another upload of {arrival.header.file_name} is not finished",
                    code="UPLOAD_IN_PROGRESS",
                    suggestion="Wait for it, or drop it with "
                    "DELETE /api/training/upload-status?sessionId=...&fileName=...",
                )
        self._forget(upload)
        said = {"file_hash": arrival.header.file_hash, "metadata": arrival.metadata, **more}
        return self._chunks.start(arrival.session_id, arrival.name, **said)

    def _is_the_same_file(self, arrival: Announced, done: Completed) -> bool:
        """Whether the rows that the upload became are still there, and nothing else is asked for now."""
        if arrival.plan is not None and arrival.plan.names != done.names:
            return False
        query = select(FileRow.bezeichnung).where(FileRow.id.in_([UUID(name) for name in done.file_ids]))
        with self._database.read() as tx:
            return set(tx.scalars(query)) == set(done.names)

    def _refuse_duplicates(self, arrival: Announced) -> None:
        header = arrival.header
        plan = arrival.plan or read_plan({}, header.file_name, header.file_type)
        query = select(FileRow).where(
            FileRow.session_id == arrival.session_id,
            FileRow.type == header.file_type,
            FileRow.bezeichnung.in_(plan.names),
        )
        with self._database.read() as tx:
            taken = tx.scalars(query).all()
        if taken:
            raise duplicate(
                header.file_type, [row.bezeichnung for row in taken], [str(row.id) for row in taken]
            )

    def _starts_over(self, arrival: Arrival, upload: Upload) -> bool:
        """Other bytes: a mended file after a refused import, otherwise a conflict."""
        header, announced = arrival.header, upload.manifest.file_hash
        there = upload.parts().get(header.index)
        other_bytes = there is not None and there.sha256 != arrival.chunk.sha256
        other_file = None not in (announced, header.file_hash) and announced != header.file_hash
        if (not other_bytes or upload.manifest.doubted) and not other_file:
            return False
        if not upload.missing():
            job = self._imports.newest(arrival.user_id, arrival.session_id, upload)
            if job is not None and was_refused(job):
                return True
        raise Conflict(
            f"Chunk {header.index} of {header.file_name} was received before with other bytes"
            if other_bytes
            else f"{header.file_name} was announced before with another fileHash",
            code="CHUNK_CONFLICT" if other_bytes else "FILE_HASH_CONFLICT",
            suggestion="To upload another file of this name, first drop the unfinished one with "
            "DELETE /api/training/upload-status?sessionId=...&fileName=...",
            details=_conflict(header, upload, there if other_bytes else None),
        )


def _conflict(header: ChunkHeader, upload: Upload, there: Part | None) -> dict[str, Any]:
    """What is there, by which the client can tell whether it or the server is right, and what is missing."""
    if there is None:
        return {"chunkIndex": header.index, "received": upload.manifest.file_hash}
    found: dict[str, Any] = {"chunkIndex": header.index, "received": there.sha256}
    return {**found, "received_bytes": there.size_bytes, "missing": upload.missing()[:NAMED_MISSING]}


def duplicate(
    file_type: str, names: list[str], file_ids: list[str], *, same_chunk: bool | None = None
) -> BadRequest:
    details: dict[str, Any] = {"bezeichnung": names, "fileIds": file_ids}
    if same_chunk is not None:
        details["sameChunk"] = same_chunk
    return BadRequest(
        f"The session has an {file_type} file named {', '.join(names)} already",
        code="DUPLICATE_FILE",
        suggestion="Choose another bezeichnung, or delete the file: DELETE /api/training/csv-files/<id>",
        details=details,
    )


def _refuse_second_file(arrival: Arrival, done: Completed) -> None:
    """A late repetition of a chunk is fine; the first chunk again, or other bytes, is a second file."""
    same = done.chunk_hashes[arrival.header.index] == arrival.chunk.sha256
    if not same or arrival.header.index == 0:
        raise duplicate(arrival.header.file_type, done.names, done.file_ids, same_chunk=same)


def _expected(arrival: Arrival, upload: Upload) -> int:
    """Bytes of the whole file: as announced, or as many as chunks of the size of the largest make."""
    header = arrival.header
    sizes = {index: part.size_bytes for index, part in upload.parts().items()}
    sizes[header.index] = arrival.chunk.size_bytes
    received, last = sum(sizes.values()), sizes.get(header.total - 1, 1)
    if header.file_size is not None:
        return max(header.file_size, received)
    largest = max((size for index, size in sizes.items() if index < header.total - 1), default=0)
    return max(largest * (header.total - 1) + last, received)


def _refuse_too_large(arrival: Arrival, upload: Upload) -> None:
    if arrival.max_bytes is None:
        return
    others = (part.size_bytes for index, part in upload.parts().items() if index != arrival.header.index)
    size = arrival.chunk.size_bytes + sum(others)
    if size > arrival.max_bytes:
        raise TooLarge(
            f"The file is larger than your plan allows: {size} bytes so far, at most {arrival.max_bytes}",
            code="FILE_TOO_LARGE",
            suggestion="Split the series or choose a larger plan",
            details={"received_bytes": size, "limit_bytes": arrival.max_bytes},
        )


def _remember(arrival: Announced, upload: Upload) -> None:
    changes: dict[str, Any] = {}
    if arrival.header.file_hash is not None:
        changes["file_hash"] = arrival.header.file_hash
    if arrival.metadata is not None:
        changes["metadata"] = arrival.metadata
    if any(getattr(upload.manifest, name) != value for name, value in changes.items()):
        upload.save(**changes)
