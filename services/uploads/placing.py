"""Where a chunk goes: into its upload, into a new one, or back with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.errors import BadRequest, Conflict, TooLarge
from services.storage.database import Database
from services.storage.tables import FileRow
from services.uploads.chunks import ChunkStore, Completed, Received, Upload
from services.uploads.header import ChunkHeader, FilePlan, read_plan
from services.uploads.imports import Imports, was_refused


@dataclass(frozen=True)
class Arrival:
    """A received chunk with everything that was said about it."""

    user_id: UUID
    session_id: UUID
    header: ChunkHeader
    plan: FilePlan | None
    metadata: dict[str, Any] | None
    chunk: Received
    max_bytes: int | None


class Placement:
    """Used while the uploads of the session stand still."""

    def __init__(self, database: Database, chunks: ChunkStore, imports: Imports) -> None:
        self._database = database
        self._chunks = chunks
        self._imports = imports

    def place(self, arrival: Arrival) -> Upload:
        name = arrival.header.upload_name(arrival.plan.bezeichnung if arrival.plan else None)
        upload = self._chunks.find(arrival.session_id, name)
        if upload is not None and upload.manifest.completed is not None:
            if self._is_the_same_file(arrival, upload.manifest.completed):
                _refuse_second_file(arrival, upload.manifest.completed)
                return upload
            upload = None
        if upload is None or self._starts_over(arrival, upload):
            self._refuse_duplicates(arrival)
            upload = self._chunks.start(arrival.session_id, name)
        _refuse_too_large(arrival, upload)
        if arrival.header.index not in upload.parts():
            upload.add(arrival.header.index, arrival.chunk)
        _remember(arrival, upload)
        return upload

    def _is_the_same_file(self, arrival: Arrival, done: Completed) -> bool:
        """Whether the rows that the upload became are still there, and nothing else is asked for now."""
        if arrival.plan is not None and arrival.plan.names != done.names:
            return False
        query = select(FileRow.bezeichnung).where(FileRow.id.in_([UUID(name) for name in done.file_ids]))
        with self._database.read() as tx:
            return set(tx.scalars(query)) == set(done.names)

    def _refuse_duplicates(self, arrival: Arrival) -> None:
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
        if not other_bytes and not other_file:
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
            details={"chunkIndex": header.index, "received": there.sha256 if there else announced},
        )


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


def _remember(arrival: Arrival, upload: Upload) -> None:
    changes: dict[str, Any] = {}
    if arrival.header.file_hash is not None:
        changes["file_hash"] = arrival.header.file_hash
    if arrival.metadata is not None:
        changes["metadata"] = arrival.metadata
    if any(getattr(upload.manifest, name) != value for name, value in changes.items()):
        upload.save(**changes)
