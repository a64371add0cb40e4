"""From a complete upload to its import job: assemble, store, submit, and say how it ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from services.errors import AppError, BadRequest, Conflict, Invalid, Unavailable
from services.jobs import Jobs, JobView
from services.jobs.states import Status
from services.plans.room import Room
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import JobRow, TimeInfoRow
from services.uploads.assembly import DamagedPart, Digest, digest_of, open_parts
from services.uploads.chunks import NAMED_MISSING, Completed, Part, Stored, Upload
from services.uploads.header import FilePlan, read_plan, suffix
from services.uploads.known import is_whole
from services.workloads.series_import.config import SeriesColumn, SeriesImportConfig

WORKLOAD = "series_import"


class Imports:
    """The jobs that read uploaded files; a job knows its upload, so nothing else has to remember it."""

    def __init__(self, database: Database, blobs: Blobs, jobs: Jobs, room: Room) -> None:
        self._database = database
        self._blobs = blobs
        self._jobs = jobs
        self._room = room

    def newest(self, user_id: UUID, session_id: UUID, upload: Upload) -> JobView | None:
        """The last import of this upload."""
        query = (
            select(JobRow.id)
            .where(JobRow.session_id == session_id, JobRow.workload == WORKLOAD)
            .where(JobRow.config["upload_id"].as_string() == upload.manifest.upload_id)
            .order_by(JobRow.created_at.desc())
            .limit(1)
        )
        with self._database.read() as tx:
            job_id = tx.scalar(query)
        return None if job_id is None else self._jobs.get(user_id, job_id)

    def ensure(self, user_id: UUID, session_id: UUID, upload: Upload) -> JobView:
        """The import of a complete upload: the one there is, or a new one where that can help."""
        plan = plan_of(upload)
        job = self.newest(user_id, session_id, upload)
        if job is None or _deserves_another(job, plan):
            job = self._submit(user_id, session_id, upload, plan)
            self._room.imported_by(upload.manifest.key, job.id)
        return job

    def wait(self, user_id: UUID, job: JobView, seconds: float) -> JobView:
        return self._jobs.wait(user_id, job.id, seconds)

    def _submit(self, user_id: UUID, session_id: UUID, upload: Upload, plan: FilePlan) -> JobView:
        manifest = upload.manifest
        stored = manifest.stored or self._store(session_id, upload)
        config = SeriesImportConfig(
            session_id=session_id,
            upload_id=manifest.upload_id,
            blob_key=stored.blob_key,
            file_hash=stored.sha256,
            size_bytes=stored.size_bytes,
            file_name=manifest.file_name,
            file_type="input" if manifest.file_type == "input" else "output",
            series=[
                SeriesColumn(
                    file_id=uuid4(),
                    column=series.column,
                    bezeichnung=series.bezeichnung,
                    settings=series.settings,
                )
                for series in plan.series
            ],
            issued_column=plan.issued_column,
            import_options=plan.import_options,
            zone=self._zone(session_id),
        )
        return self._jobs.submit(user_id, WORKLOAD, config.model_dump(mode="json"), session_id=session_id)

    def _store(self, session_id: UUID, upload: Upload) -> Stored:
        """The bytes in the blobs, hashed on their way into them; a blob that is there and whole serves again."""
        parts = [part for _, part in sorted(upload.parts().items())]
        digest = self._digest(upload, parts)
        key = f"files/{session_id}/{digest.sha256}{suffix(upload.manifest.file_name)}"
        if not is_whole(self._blobs, key, digest.sha256):
            with open_parts(parts) as source:
                blob = self._blobs.put(key, source)
            if blob.sha256 != digest.sha256:
                self._blobs.delete(key)
                raise _damaged(upload, _first_damaged(parts))
        return Stored(key, digest.sha256, digest.size_bytes)

    def _zone(self, session_id: UUID) -> str | None:
        with self._database.read() as tx:
            info = tx.get(TimeInfoRow, session_id)
        return None if info is None else info.zeitzone

    def _digest(self, upload: Upload, parts: list[Part]) -> Digest:
        """Of the whole file; that of a single part is its name, which holds until the bytes are stored."""
        try:
            single = len(parts) == 1
            digest = Digest(parts[0].sha256, parts[0].size_bytes) if single else digest_of(parts)
        except DamagedPart as found:
            raise _damaged(upload, found.part) from None
        expected = upload.manifest.file_hash
        if expected is not None and expected != digest.sha256:
            upload.drop_parts(announced=False)
            upload.save(file_hash=None, doubted=True)
            raise _wrong_whole(expected, digest, parts)
        return digest


def _first_damaged(parts: list[Part]) -> Part:
    for part in parts:
        try:
            digest_of([part])
        except DamagedPart as found:
            return found.part
    return parts[-1]  # it was read wrongly once, and rightly before and after: it is sent again as well


def _damaged(upload: Upload, part: Part) -> Conflict:
    part.path.unlink(missing_ok=True)
    return Conflict(
        "A chunk was damaged on the disk of the server and was dropped",
        code="MISSING_CHUNKS",
        suggestion="Send the missing chunk again",
        details=upload.missing_json(),
    )


def _wrong_whole(expected: str, digest: Digest, parts: list[Part]) -> Invalid:
    kept = sum(part.announced for part in parts)
    return Invalid(
        "The assembled file does not have the fileHash that was announced",
        code="FILE_HASH_MISMATCH",
        suggestion="Send again, with the right fileHash, the chunks that are missing and those whose SHA-256 "
        "is another than yours"
        if kept
        else "All chunks were dropped: send the file again from its first chunk",
        details={
            "expected": expected,
            "computed": digest.sha256,
            "size_bytes": digest.size_bytes,
            "kept": kept,
            "parts": [
                {"chunkIndex": index, "sha256": part.sha256, "size_bytes": part.size_bytes}
                for index, part in enumerate(parts[:NAMED_MISSING])
                if part.announced
            ],
        },
    )


def plan_of(upload: Upload) -> FilePlan:
    manifest = upload.manifest
    return read_plan(manifest.metadata or {}, manifest.file_name, manifest.file_type)


def completed_by(job: JobView, upload: Upload) -> Completed:
    """What to remember of the upload once its job is done."""
    config = SeriesImportConfig.model_validate(job.config)
    return Completed(
        job_id=str(job.id),
        file_ids=[str(series.file_id) for series in config.series],
        names=[series.bezeichnung for series in config.series],
        file_hash=config.file_hash,
        size_bytes=config.size_bytes,
        chunk_hashes=[part.sha256 for _, part in sorted(upload.parts().items())] or [config.file_hash],
    )


def was_refused(job: JobView) -> bool:
    """Whether the file itself was found wanting, so that the same import would end the same way."""
    return bool(job.status == Status.FAILED and job.reason == "data_error")


def failure_of(job: JobView) -> AppError:
    """Why an import left no series, as an error of the request that waited for it."""
    if job.status == Status.CANCELLED:
        return Conflict(
            "The import was cancelled",
            code="IMPORT_CANCELLED",
            suggestion="Send the last chunk again to start it anew",
        )
    error = dict(job.error or {})
    arguments: dict[str, Any] = {
        "code": error.get("code") or "IMPORT_FAILED",
        "suggestion": error.get("suggestion"),
        "details": error.get("details"),
    }
    message = error.get("error") or error.get("message") or "The file could not be imported"
    if not was_refused(job):
        arguments["suggestion"] = arguments["suggestion"] or "Send the last chunk again to repeat the import"
        return Unavailable(message, **arguments)
    return (
        BadRequest(message, **arguments)
        if arguments["code"] == "DUPLICATE_FILE"
        else Invalid(message, **arguments)
    )


def _deserves_another(job: JobView, plan: FilePlan) -> bool:
    """A cancelled or lost import is repeated; a refused one only if it is told something else."""
    if job.status == Status.CANCELLED:
        return True
    return job.status == Status.FAILED and (not was_refused(job) or not _same_plan(job, plan))


def _same_plan(job: JobView, plan: FilePlan) -> bool:
    config = SeriesImportConfig.model_validate(job.config)
    told = [(series.column, series.bezeichnung, series.settings) for series in config.series]
    asked = [(series.column, series.bezeichnung, series.settings) for series in plan.series]
    if told != asked or config.issued_column != plan.issued_column:
        return False
    return config.import_options == plan.import_options
