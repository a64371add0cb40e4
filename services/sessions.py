"""Sessions: one id, one row; every way to a session goes through its owner here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.access import own_first, session_refusal, shown_sessions
from services.errors import BadRequest, Conflict, Invalid, NotFound
from services.jobs import Jobs
from services.jobs.states import ACTIVE
from services.session_removal import SessionRemoval
from services.session_views import session_json, sessions_json
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import FileRow, JobRow, SessionRow, now
from services.tags import read_tags
from services.uploads.chunks import ChunkStore

_HEX = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_UUID = re.compile(_HEX)
_PREFIXED = re.compile(f"session_({_HEX})")
_LEGACY = re.compile(r"session_[0-9]{1,20}_[0-9A-Za-z]{1,80}")
MAX_LISTED = 500


class Sessions:
    """Opens, finds, lists, renames, finalizes and deletes the sessions of a user."""

    def __init__(self, database: Database, blobs: Blobs, jobs: Jobs, chunks: ChunkStore) -> None:
        self._database = database
        self._jobs = jobs
        self._chunks = chunks
        self._removal = SessionRemoval(database, blobs, chunks)

    def resolve(self, user_id: UUID, ref: str, *, create: bool = False, deleted: bool = False) -> UUID:
        """The id behind a UUID, `session_<uuid>` or the client's own `session_<digits>_<text>`.

        `deleted`: one that waits for its removal is found too.
        """
        _check_form(ref)
        with self._database.read() as tx:
            found = _find(tx, user_id, ref, deleted=deleted)
            refused = None if found else session_refusal(tx, user_id, or_(*_named(ref)))
        if refused is not None:
            raise refused
        if found is None and create and not _UUID.fullmatch(ref):
            found = self._create_alias(user_id, ref)
        if found is None:
            raise _unknown(ref)
        return found

    def owner(self, session_id: UUID) -> UUID:
        """Whose storage the session takes."""
        with self._database.read() as tx:
            return tx.get_one(SessionRow, session_id).user_id

    def open(self, user_id: UUID, body: Mapping[str, Any]) -> UUID:
        """A new session with `name` and `tags`, both optional."""
        values = _described({"name": None, "tags": None, **body})
        with self._database.write() as tx:
            row = SessionRow(id=uuid4(), user_id=user_id, **values)
            tx.add(row)
        return row.id

    def create(self, user_id: UUID, *, ref: str | None = None, name: str | None = None) -> UUID:
        """A new session, or the one that `ref` names; a given name replaces the old one."""
        called = None if name is None else title(name)
        if ref is None:
            with self._database.write() as tx:
                row = SessionRow(id=uuid4(), user_id=user_id, session_name=called)
                tx.add(row)
            return row.id
        session_id = self.resolve(user_id, ref, create=True)
        if called is not None:
            self._rename(session_id, called)
        return session_id

    def rename(self, user_id: UUID, ref: str, name: Any) -> str:
        called = title(name)
        self._rename(self.resolve(user_id, ref), called)
        return called

    def change(self, user_id: UUID, ref: str, changes: Mapping[str, Any]) -> UUID:
        """Another `name` (null: none) and other `tags`."""
        session_id = self.resolve(user_id, ref)
        values = _described(changes)
        if values:
            with self._database.write() as tx:
                tx.execute(update(SessionRow).where(SessionRow.id == session_id).values(values))
        return session_id

    def list(self, user_id: UUID, limit: int = 50) -> tuple[list[dict[str, Any]], int]:
        """The newest sessions with their files, and how many there are; one query."""
        if not 1 <= limit <= MAX_LISTED:
            raise BadRequest(f"limit must be from 1 to {MAX_LISTED}, not {limit}")
        with self._database.read() as tx:
            return sessions_json(tx, user_id, limit)

    def view(self, user_id: UUID, ref: str) -> dict[str, Any]:
        """Everything a page shows of a session."""
        session_id = self.resolve(user_id, ref)
        with self._database.read() as tx:
            return session_json(tx, session_id)

    def touch(self, tx: Session, session_id: UUID) -> None:
        """Something of the session changed."""
        tx.execute(update(SessionRow).where(SessionRow.id == session_id).values(updated_at=now()))

    def finalize(self, user_id: UUID, ref: str) -> tuple[int, int]:
        """Declare the files complete; returns the rows of all files together and the number of files."""
        session_id = self.resolve(user_id, ref)
        with self._chunks.locked(session_id):
            self._refuse_unfinished_uploads(session_id)
            with self._database.write() as tx:
                rows = tx.scalars(select(FileRow.datenpunkte).where(FileRow.session_id == session_id)).all()
                tx.execute(
                    update(SessionRow)
                    .where(SessionRow.id == session_id)
                    .values(finalized=True, updated_at=now())
                )
            self._chunks.protect(session_id)
        return sum(count or 0 for count in rows), len(rows)

    def delete(self, user_id: UUID, ref: str) -> None:
        """The session and everything that hangs on it; refused while a job of it is at work."""
        self._removal.remove([self.resolve(user_id, ref)], self._refuse_busy)

    def delete_all(self, user_id: UUID) -> dict[str, int]:
        """Every session of the user, all or none."""
        with self._database.read() as tx:
            sessions = tx.scalars(select(SessionRow.id).where(*shown_sessions(user_id))).all()
        return self._removal.remove(sessions, self._refuse_busy)

    def _create_alias(self, user_id: UUID, ref: str) -> UUID | None:
        """None where `session_<uuid>` names a session of somebody else."""
        try:
            with self._database.write() as tx:
                prefixed = _PREFIXED.fullmatch(ref)
                if prefixed and tx.get(SessionRow, UUID(prefixed[1])) is not None:
                    return None
                _free_alias(tx, user_id, ref)
                row = SessionRow(id=uuid4(), user_id=user_id, alias=ref)
                tx.add(row)
            return row.id
        except IntegrityError:  # two first requests at once: the other one made it
            with self._database.read() as tx:
                return _find(tx, user_id, ref)

    def _rename(self, session_id: UUID, called: str) -> None:
        with self._database.write() as tx:
            tx.execute(update(SessionRow).where(SessionRow.id == session_id).values(session_name=called))

    def _refuse_unfinished_uploads(self, session_id: UUID) -> None:
        imports = select(JobRow.status, JobRow.config["upload_id"].as_string()).where(
            JobRow.session_id == session_id, JobRow.workload == "series_import"
        )
        with self._database.read() as tx:
            started = tx.execute(imports).all()
        known = {upload_id for _, upload_id in started}
        unfinished = [upload for upload in self._chunks.uploads(session_id) if upload.is_open(known)]
        if unfinished:
            raise Conflict(
                f"Chunks are missing of {', '.join(upload.manifest.file_name for upload in unfinished)}",
                code="MISSING_CHUNKS",
                suggestion="Send the missing chunks (where none is missing, the last one again), "
                "or drop the upload with DELETE /api/training/upload-status",
                details={"uploads": [upload.missing_json() for upload in unfinished]},
            )
        if any(status in ACTIVE for status, _ in started):
            raise Conflict(
                "A file of this session is still being read",
                code="IMPORT_IN_PROGRESS",
                suggestion="Try again when session-status says completed",
            )

    def _refuse_busy(self, tx: Session, session_id: UUID) -> None:
        if self._jobs.has_active(tx, session_id):
            raise Conflict(
                "A job of this session is waiting or running",
                code="SESSION_BUSY",
                suggestion="Cancel the job or wait until it has ended, then delete the session",
                details={"sessionId": str(session_id)},
            )


def _check_form(ref: str) -> None:
    if not isinstance(ref, str) or not any(form.fullmatch(ref) for form in (_UUID, _PREFIXED, _LEGACY)):
        raise BadRequest(
            f"{str(ref)[:80]!r} is no session id",
            code="BAD_UUID",
            suggestion="Send a UUID, session_<uuid> or session_<digits>_<letters and digits>",
        )


def _find(tx: Session, user_id: UUID, ref: str, *, deleted: bool = False) -> UUID | None:
    mine = (SessionRow.user_id == user_id,) if deleted else shown_sessions(user_id)
    owned = select(SessionRow.id).where(*mine).order_by(own_first(user_id)).limit(1)
    for named in _named(ref):
        found = tx.scalar(owned.where(named))
        if found is not None:
            return found
    return None


def _named(ref: str) -> list[ColumnElement[bool]]:
    """What a reference may mean, the nearest first."""
    if _UUID.fullmatch(ref):
        return [SessionRow.id == UUID(ref)]
    prefixed = _PREFIXED.fullmatch(ref)
    return [SessionRow.alias == ref, *([SessionRow.id == UUID(prefixed[1])] if prefixed else [])]


def _free_alias(tx: Session, user_id: UUID, ref: str) -> None:
    """A client that uses its id again means a new session, not the one it has deleted."""
    gone = SessionRow.user_id == user_id, SessionRow.alias == ref, SessionRow.deleted_at.is_not(None)
    tx.execute(update(SessionRow).where(*gone).values(alias=None))


def _unknown(ref: str) -> NotFound:
    return NotFound(
        f"There is no session {ref}",
        code="SESSION_NOT_FOUND",
        suggestion="GET /api/v1/sessions lists yours",
    )


def _described(said: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of what is said of a session on native routes."""
    values: dict[str, Any] = {}
    if "name" in said:
        values["session_name"] = None if said["name"] is None else title(said["name"], "name")
    if "tags" in said:
        values["tags"] = read_tags(said["tags"])
    return values


def title(name: Any, field: str = "sessionName") -> str:
    """A session's name from a request, where it is called `field`."""
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= 255 or not name.strip().isprintable():
        raise Invalid(
            f"{field} must be a text of 1 to 255 characters without control characters",
            code="INVALID_SESSION_NAME",
            details={"field": field},
        )
    return name.strip()
