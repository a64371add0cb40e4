"""Takes chunks in, decides whether they fit, and answers with the state of their upload."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any
from uuid import UUID

from services.errors import Invalid, NotFound, TooLarge
from services.jobs import Jobs, JobView
from services.jobs.states import Status
from services.plans import Plans
from services.session_views import one_file_row
from services.sessions import Sessions
from services.settings import Settings
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import FileRow
from services.uploads.chunks import NAMED_MISSING, ChunkStore, Received, Upload
from services.uploads.header import ChunkHeader, read_plan
from services.uploads.imports import Imports, completed_by, failure_of
from services.uploads.known import KnownFiles
from services.uploads.placing import Announced, Arrival, Placement, TakenOver


class Uploads:
    """Every chunk is accepted once; the request that brings the last one waits for the import."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        sessions: Sessions,
        jobs: Jobs,
        plans: Plans,
        chunks: ChunkStore,
        settings: Settings,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._plans = plans
        self._chunks = chunks
        self._known = KnownFiles(database, blobs)
        self._imports = Imports(database, blobs, jobs, plans.room)
        self._placement = Placement(database, chunks, self._imports, sessions.owner, plans.room)
        self._wait_seconds = settings.interactive_wait_seconds
        self.chunk_bytes = settings.chunk_megabytes * 1024 * 1024

    def put_chunk(
        self,
        user_id: UUID,
        header: ChunkHeader,
        metadata: dict[str, Any] | None,
        source: IO[bytes],
        *,
        whole_file: bool = False,
    ) -> dict[str, Any]:
        """Store a chunk; `metadata` (fileMetadata) may come with any of them, the newest counts."""
        plan = None if metadata is None else read_plan(metadata, header.file_name, header.file_type)
        session_id = self._sessions.resolve(user_id, header.session_ref, create=True)
        max_bytes = self._plans.max_file_bytes(user_id)
        refuse_over_plan(header.file_size, max_bytes)
        limit = (max_bytes or 2**63) if whole_file else self.chunk_bytes
        chunk = self._chunks.receive(session_id, source, limit)
        try:
            _check_chunk(header, chunk)
            with self._chunks.locked(session_id):
                arrival = Arrival(user_id, session_id, header, plan, metadata, chunk, max_bytes)
                upload = self._placement.place(arrival)
                missing = upload.missing()
        finally:
            chunk.path.unlink(missing_ok=True)
        answer = {"chunkIndex": header.index, "chunkHash": chunk.sha256, "totalChunks": header.total}
        if missing:
            return {**answer, **_partial(header, missing)}
        return {**answer, **self._finish(user_id, session_id, upload)}

    def require_session(self, user_id: UUID, session_id: str | None) -> None:
        """NotFound where the session of an upload is deleted, or no longer open to this user."""
        if session_id:
            self._sessions.resolve(user_id, session_id)

    def payer(self, user_id: UUID, session_id: str | None) -> UUID:
        """Whose storage an upload takes: that of the session's owner, otherwise the uploader's."""
        return self._sessions.owner(UUID(session_id)) if session_id else user_id

    def refuse_size(self, user_id: UUID, size: int | None) -> None:
        """TooLarge for a file of which nothing is here yet.

        Whether the plan has room for it cannot be said before its hash is known: it may be here already.
        """
        if size is not None:
            refuse_over_plan(size, self._plans.max_file_bytes(user_id))

    def refuse_early(self, user_id: UUID, header: ChunkHeader, metadata: dict[str, Any] | None) -> UUID:
        """The session of a file that is still to be sent; raises what would only be found at its end."""
        arrival = self._announced(user_id, header, metadata)
        self._placement.refuse_early(arrival)
        return arrival.session_id

    def known(
        self, user_id: UUID, header: ChunkHeader, size: int, metadata: dict[str, Any] | None
    ) -> dict[str, Any]:
        """The file from what the user sent before, or NotFound: then its bytes must be sent."""
        refuse_over_plan(size, self._plans.max_file_bytes(user_id))
        stored = self._known.find(user_id, header.file_hash or "", size)
        arrival = self._announced(user_id, header, metadata)
        with self._chunks.locked(arrival.session_id):
            upload = self._placement.refer(arrival, stored)
        return self._finish(user_id, arrival.session_id, upload)

    def adopt(
        self,
        user_id: UUID,
        header: ChunkHeader,
        metadata: dict[str, Any] | None,
        chunks: dict[int, Received],
        source: TakenOver,
    ) -> None:
        """Move all chunks of a file into its session; what an interrupted call left over is moved too."""
        arrival = self._announced(user_id, header, metadata)
        with self._chunks.locked(arrival.session_id):
            self._placement.adopt(arrival, chunks, source)

    def adopted(self, session_id: UUID, source: str) -> Upload | None:
        """What `adopt` made of it, unless it was dropped or cleaned up since."""
        found = (each for each in self._chunks.uploads(session_id) if each.manifest.source == source)
        return next(found, None)

    def begin(self, user_id: UUID, session_id: UUID, upload: Upload, *, again: bool = True) -> dict[str, Any]:
        """Begin the import unless it works or is done, and say how it stands; `again`: a lost one too."""
        if upload.manifest.completed is None:
            with self._chunks.assembling(upload) as upload:
                if upload.manifest.completed is None and not upload.missing():
                    if again or self._imports.newest(user_id, session_id, upload) is None:
                        self._imports.ensure(user_id, session_id, upload)
        return self._status_of(user_id, session_id, upload)

    def _announced(self, user_id: UUID, header: ChunkHeader, metadata: dict[str, Any] | None) -> Announced:
        plan = None if metadata is None else read_plan(metadata, header.file_name, header.file_type)
        session_id = self._sessions.resolve(user_id, header.session_ref, create=True)
        return Announced(user_id, session_id, header, plan, metadata)

    def status(
        self, user_id: UUID, ref: str, file_name: str | None = None, file_type: str | None = None
    ) -> list[dict[str, Any]]:
        """The uploads of a session with the chunks they lack; all, or those of one file."""
        session_id = self._sessions.resolve(user_id, ref)
        uploads = _of_file(self._chunks.uploads(session_id), file_name, file_type)
        if not uploads and file_name is not None:
            raise NotFound(f"There is no upload of {file_name!r}", code="UPLOAD_NOT_FOUND")
        return [self._status_of(user_id, session_id, upload) for upload in uploads]

    def discard(self, user_id: UUID, ref: str, file_name: str, file_type: str | None = None) -> int:
        """Forget what was received of a file; how many uploads that were."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._chunks.locked(session_id):
            uploads = _of_file(self._chunks.uploads(session_id), file_name, file_type)
            if not uploads:
                raise NotFound(f"There is no upload of {file_name!r}", code="UPLOAD_NOT_FOUND")
            for upload in uploads:
                self._chunks.drop(upload)
        self._plans.room.release(*(upload.manifest.key for upload in uploads))
        return len(uploads)

    def _finish(self, user_id: UUID, session_id: UUID, upload: Upload) -> dict[str, Any]:
        """Import the file if that was not done yet, and wait a while for the end of it."""
        if upload.manifest.completed is None:
            with self._chunks.assembling(upload) as upload:
                if upload.manifest.completed is None:
                    job = self._imports.ensure(user_id, session_id, upload)
            if upload.manifest.completed is None:
                job = self._imports.wait(user_id, job, self._wait_seconds)
                if job.status in (Status.FAILED, Status.CANCELLED):
                    raise failure_of(job)
                if job.status != Status.COMPLETED:
                    return _importing(job)
                self._settle(session_id, upload, job)
        return self._completed(Upload(upload.folder))

    def _settle(self, session_id: UUID, upload: Upload, job: JobView) -> None:
        """The series are stored: the chunks may go."""
        with self._chunks.locked(session_id):
            current = Upload(upload.folder)
            if current.manifest.completed is None and current.manifest.upload_id == upload.manifest.upload_id:
                current.save(completed=completed_by(job, current))
                current.drop_parts()
                self._plans.room.release(current.manifest.key)

    def _completed(self, upload: Upload) -> dict[str, Any]:
        done = upload.manifest.completed
        assert done is not None
        with self._database.read() as tx:
            rows = [tx.get(FileRow, UUID(file_id)) for file_id in done.file_ids]
            files = [one_file_row(tx, row) for row in rows if row is not None]
        return {
            "complete": True,
            "status": "completed",
            "message": f"{upload.manifest.file_name} was imported as {', '.join(done.names)}",
            "fileHash": done.file_hash,
            "fileIds": done.file_ids,
            "files": files,
            "job_id": done.job_id,
        }

    def _status_of(self, user_id: UUID, session_id: UUID, upload: Upload) -> dict[str, Any]:
        about = {**upload.missing_json(), "fileHash": upload.manifest.file_hash}
        about["receivedChunks"] = about["totalChunks"] - about["missingCount"]
        if about["missingCount"]:
            return {**about, "status": "uploading"}
        job = None
        if upload.manifest.completed is None:
            job = self._imports.newest(user_id, session_id, upload)
        if job is not None and job.status == Status.COMPLETED:
            self._settle(session_id, upload, job)
            upload = Upload(upload.folder)
        return {**about, **_import_state(upload, job)}


def refuse_over_plan(size: int | None, limit: int | None) -> None:
    """Before the bytes are sent, where their number is known."""
    if size is not None and limit is not None and size > limit:
        raise TooLarge(
            f"The file has {size} bytes; your plan allows {limit}",
            code="FILE_TOO_LARGE",
            suggestion="Split the series or choose a larger plan",
            details={"size_bytes": size, "limit_bytes": limit},
        )


def _check_chunk(header: ChunkHeader, chunk: Received) -> None:
    if chunk.size_bytes == 0:
        raise Invalid(
            f"Chunk {header.index} of {header.file_name} is empty",
            code="EMPTY_FILE" if header.total == 1 else "EMPTY_CHUNK",
            suggestion="Send a file that holds a header and at least two rows",
        )
    if header.chunk_hash is not None and header.chunk_hash != chunk.sha256:
        raise Invalid(
            f"Chunk {header.index} does not have the announced chunkHash",
            code="CHUNK_HASH_MISMATCH",
            suggestion="Send the chunk again",
            details={
                "chunkIndex": header.index,
                "expected": header.chunk_hash,
                "computed": chunk.sha256,
                "size_bytes": chunk.size_bytes,
            },
        )


def _partial(header: ChunkHeader, missing: list[int]) -> dict[str, Any]:
    return {
        "complete": False,
        "status": "uploading",
        "message": f"Chunk {header.index + 1} of {header.total} received",
        "receivedChunks": header.total - len(missing),
        "missing": missing[:NAMED_MISSING],
    }


def _importing(job: JobView) -> dict[str, Any]:
    return {
        "complete": True,
        "status": "processing",
        "message": "All chunks are here; the file is still being read",
        "fileHash": (job.config or {}).get("file_hash"),
        "job_id": str(job.id),
    }


def _import_state(upload: Upload, job: JobView | None) -> dict[str, Any]:
    done = upload.manifest.completed
    if done is not None:
        return {
            "status": "completed",
            "job_id": done.job_id,
            "fileIds": done.file_ids,
            "fileHash": done.file_hash,
        }
    if job is None:
        return {"status": "received"}  # the server ended before the import began: any chunk again starts it
    state = "failed" if job.status in (Status.FAILED, Status.CANCELLED) else "processing"
    return {"status": state, "job_id": str(job.id), **({"problem": job.error} if job.error else {})}


def _of_file(uploads: list[Upload], file_name: str | None, file_type: str | None) -> list[Upload]:
    wanted: list[Callable[[Upload], bool]] = []
    if file_name is not None:
        wanted.append(lambda upload: upload.manifest.file_name == file_name)
    if file_type is not None:
        wanted.append(lambda upload: upload.manifest.file_type == file_type)
    return [upload for upload in uploads if all(test(upload) for test in wanted)]
