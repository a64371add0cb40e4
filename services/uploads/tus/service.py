"""The uploads of the tus protocol: created, filled, put together, and handed to the import of the session."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import IO, Any
from uuid import UUID

from services.errors import AppError, BadRequest, Conflict, Invalid, NotFound, OutOfSpace
from services.plans import Plans
from services.settings import Settings
from services.uploads.placing import TakenOver
from services.uploads.service import Uploads, refuse_over_plan
from services.uploads.tus.arrivals import Arrivals
from services.uploads.tus.digests import FileDigest, digest_files
from services.uploads.tus.fields import Checksum, Target, read_target
from services.uploads.tus.growing import GrowingBody
from services.uploads.tus.store import (
    TUS_UPLOADS,
    About,
    Source,
    TusStore,
    TusUpload,
    gone,
    longer_than_announced,
    new_id,
    offset_conflict,
)

SPARE_BYTES = 64 * 1024 * 1024  # of the disk, for everything but uploads


@dataclass(frozen=True)
class Wish:
    """What a POST asks for."""

    length: int | None
    metadata: str
    partial: bool = False
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """After a request that brought bytes."""

    offset: int
    job_id: str | None = None  # of the import, once all bytes are there


class TusUploads:
    """Somebody else's upload does not exist."""

    def __init__(self, uploads: Uploads, plans: Plans, settings: Settings) -> None:
        self.store = TusStore(settings.data_dir / TUS_UPLOADS)
        self.arrivals = Arrivals()
        self._uploads = uploads
        self._plans = plans
        self._age = timedelta(hours=settings.upload_ttl_hours)

    def create(self, user_id: UUID, wish: Wish) -> TusUpload:
        """Everything that can be refused is refused here, before a byte is sent."""
        if wish.parts:
            return self._join(user_id, wish)
        self._check_length(user_id, wish.length)
        session_id = None
        if not wish.partial:
            session_id = str(self._check_target(user_id, read_target(wish.metadata)))
        about, upload_id = About(wish.length, wish.metadata, session_id, wish.partial), new_id()
        self._hold(user_id, about, upload_id, wish.length or 0)
        return self.store.create(user_id, about, upload_id)

    def find(self, user_id: UUID, upload_id: str) -> TusUpload:
        upload = self.store.find(user_id, upload_id)
        if upload is None:
            raise NotFound(
                f"There is no upload {upload_id[:40]}",
                code="UPLOAD_NOT_FOUND",
                suggestion="Create one with POST /files/",
            )
        if self.expires_at(upload) <= datetime.now(UTC):
            raise gone()
        self._uploads.require_session(user_id, upload.about.session_id)
        return upload

    def expires_at(self, upload: TusUpload) -> datetime:
        """After the last change of it."""
        return datetime.fromtimestamp(upload.changed(), UTC) + self._age

    def set_length(self, user_id: UUID, upload: TusUpload, length: int) -> None:
        """Of an upload that was created without one."""
        if upload.about.length not in (None, length):
            raise Conflict(
                f"Upload-Length was {upload.about.length} before",
                code="LENGTH_CONFLICT",
                details={"expected": upload.about.length, "length": length},
            )
        self._check_length(user_id, length)
        offset = upload.offset()
        if length < offset:
            raise longer_than_announced(length, offset)
        if upload.data.exists():
            self._hold(user_id, upload.about, upload.id, length)
        upload.save(length=length)

    def receive(
        self,
        user_id: UUID,
        upload: TusUpload,
        offset: int,
        body: IO[bytes],
        checksum: Checksum | None = None,
        announced: int | None = None,
    ) -> Progress:
        """Append a body; the one that completes the upload begins its import. `announced`: its length."""
        if upload.about.parts:
            raise BadRequest("An upload that was put together takes no bytes", code="UPLOAD_IS_FINAL")
        limit = upload.about.length
        if limit is None:
            limit = self._plans.max_file_bytes(user_id) or 2**63
        if announced is not None and offset + announced > limit:
            raise longer_than_announced(limit, offset + announced)
        if upload.data.exists():
            source: Source = body
            hold = partial(self._hold, user_id, upload.about, upload.id)
            if upload.about.length is None:
                source = GrowingBody(body, offset, announced, hold)
            else:
                hold(upload.about.length)  # as it is since its creation, unless that was an older server's
            end = upload.write(offset, source, limit, checksum)
        elif (end := offset) != upload.about.length:
            raise offset_conflict(offset, upload.about.length or 0)
        if end != upload.about.length or upload.about.partial:
            return Progress(end)
        self._take(user_id, upload)
        return Progress(end, self._import(user_id, upload, again=True).get("job_id"))

    def state(self, user_id: UUID, upload: TusUpload) -> dict[str, Any]:
        """How far it is and what became of it; hands over what a killed server had no time for."""
        about = upload.about
        state: dict[str, Any] = {"id": upload.id, "offset": upload.offset(), "length": about.length}
        state["expires_at"] = self.expires_at(upload).isoformat()
        if about.partial:
            return {**state, "status": "joined" if about.final else "partial", "final": about.final}
        state["sessionId"] = about.session_id
        if state["offset"] != about.length:
            return {**state, "status": "uploading"}
        try:
            self._take(user_id, upload)
            became = self._import(user_id, upload, again=False)
        except AppError as refused:  # the question how it stands is answered; the refusal is the answer
            problem = {"code": refused.code, "error": refused.message, "details": refused.details}
            became = {"status": "failed", "problem": problem}
        names = ("status", "fileName", "fileType", "fileHash", "job_id", "fileIds", "problem")
        return {**state, **{name: became[name] for name in names if name in became}}

    def remove(self, upload: TusUpload) -> None:
        """What its session took over stays, and so does the room that is held for it."""
        has_bytes = upload.data.exists()
        self.store.remove(upload)
        if has_bytes:
            self._plans.room.release(upload.id)

    def _hold(self, user_id: UUID, about: About, upload_id: str, size: int) -> None:
        self._plans.room.hold(self._uploads.payer(user_id, about.session_id), upload_id, size)

    def _join(self, user_id: UUID, wish: Wish) -> TusUpload:
        """Said again, because the answer was lost or the server killed, it goes on with what it began."""
        with self.store.joining(user_id):
            parts = [self.find(user_id, part) for part in wish.parts]
            upload = self._begun(user_id, wish, parts) or self._final(user_id, wish, parts)
            for part in parts:
                if part.about.final != upload.id:
                    part.save(final=upload.id)
        try:
            self._take(user_id, upload)
            self._import(user_id, upload, again=True)
        except AppError:
            self._give_parts_back(user_id, upload)
            raise
        return TusUpload(upload.folder)

    def _begun(self, user_id: UUID, wish: Wish, parts: list[TusUpload]) -> TusUpload | None:
        for final in {part.about.final for part in parts} - {None}:
            upload = self.store.find(user_id, str(final))
            if upload is not None and upload.about.parts == list(wish.parts):
                return upload
            if upload is not None:
                raise Conflict("Some of the uploads are part of another one already", code="PARTS_JOINED")
        return None

    def _final(self, user_id: UUID, wish: Wish, parts: list[TusUpload]) -> TusUpload:
        unfinished = [part.id for part in parts if not (part.about.partial and part.complete)]
        if unfinished:
            raise BadRequest(
                f"{len(unfinished)} of the {len(parts)} uploads are no complete partial ones",
                code="PARTS_MISSING",
                suggestion="Create them with Upload-Concat: partial and send all their bytes first",
                details={"unfinished": unfinished},
            )
        length = sum(part.about.length or 0 for part in parts)
        self._check_length(user_id, length, stored=True)
        session_id = self._check_target(user_id, read_target(wish.metadata, len(parts)))
        return self.store.create(
            user_id, About(length, wish.metadata, str(session_id), parts=list(wish.parts))
        )

    def _give_parts_back(self, user_id: UUID, upload: TusUpload) -> None:
        """Of a file that was refused: its parts may be put together in another way."""
        with self.store.joining(user_id):
            current = self.store.find(user_id, upload.id)
            if current is None or current.about.taken:
                return
            for name in current.about.parts:
                part = self.store.find(user_id, name)
                if part is not None and part.about.final == upload.id and part.data.exists():
                    part.save(final=None)
            self.store.remove(current)

    def _take(self, user_id: UUID, upload: TusUpload) -> None:
        """Move the bytes into the session. Interrupted at any moment, the next call goes on."""
        with upload.alone() as upload:
            if upload.about.taken:
                return
            sources = [self.find(user_id, part) for part in upload.about.parts] or [upload]
            target = read_target(upload.about.metadata, len(sources))
            found = digest_files([source.data for source in sources if source.data.exists()])
            if len(found.chunks) == len(sources):
                self._check_digest(upload, sources, target, found)
            chunks = iter(found.chunks)
            there = {index: next(chunks) for index, each in enumerate(sources) if each.data.exists()}
            header = replace(target.header, session_ref=str(upload.about.session_id))
            self._uploads.adopt(user_id, header, metadata_of(target), there, _taken_over(upload))
            upload.save(taken=True)

    def _check_digest(
        self, upload: TusUpload, sources: list[TusUpload], target: Target, found: FileDigest
    ) -> None:
        expected = target.header.file_hash
        if expected in (None, found.sha256):
            return
        if not upload.about.parts:  # bytes can only be appended: nothing could mend it
            self.remove(upload)
        raise Invalid(
            "The whole file does not have the fileHash that was announced",
            code="FILE_HASH_MISMATCH",
            suggestion="Compare the SHA-256 of the parts, and send again what differs",
            details={
                "expected": expected,
                "computed": found.sha256,
                "size_bytes": found.size_bytes,
                "parts": [
                    {"id": source.id, "sha256": chunk.sha256, "size_bytes": chunk.size_bytes}
                    for source, chunk in zip(sources, found.chunks, strict=True)
                ],
            },
        )

    def _import(self, user_id: UUID, upload: TusUpload, *, again: bool) -> dict[str, Any]:
        session_id = UUID(upload.about.session_id)
        adopted = self._uploads.adopted(session_id, upload.id)
        if adopted is None:
            raise gone()
        return self._uploads.begin(user_id, session_id, adopted, again=again)

    def _check_target(self, user_id: UUID, target: Target) -> UUID:
        return self._uploads.refuse_early(user_id, target.header, metadata_of(target))

    def _check_length(self, user_id: UUID, length: int | None, *, stored: bool = False) -> None:
        limit = self._plans.max_file_bytes(user_id)
        if length is None:
            return
        if length == 0:
            raise Invalid("The file is empty", code="EMPTY_FILE", details={"size_bytes": 0})
        refuse_over_plan(length, limit)
        self.store.root.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.store.root).free - SPARE_BYTES
        if length > free and not stored:
            raise OutOfSpace(
                f"The file has {length} bytes; the server's disk has room for {max(free, 0)}",
                suggestion="Try again later, or tell the administrator",
                details={"size_bytes": length, "free_bytes": max(free, 0)},
            )


def _taken_over(upload: TusUpload) -> TakenOver:
    return TakenOver(upload.id, upload.about.length or 0, tuple(upload.about.parts))


def metadata_of(target: Target) -> dict[str, Any] | None:
    """`fileMetadata` as the multipart route has it."""
    text = target.json.get("fileMetadata")
    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadRequest("fileMetadata in Upload-Metadata is no JSON object", details={"field": "fileMetadata"})
    return found
