"""The files of a session: listed, described anew, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.access import session_refusal, shown_sessions
from services.errors import BadRequest, Conflict, Invalid, NotFound
from services.file_fields import COLUMN_OF, CONFIGURED, read_configured, refuse_unknown
from services.file_rules import check_settings
from services.jobs import Jobs
from services.recipes import read_recipe, refuse_unfitting
from services.session_views import file_rows, one_file_row
from services.sessions import Sessions
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import ArtifactRow, FileRow, SessionRow
from services.uploads.header import file_type, safe_file_name
from services.uploads.placing import duplicate


class Files:
    """Rows of `files`; what was measured in a file is never taken from a client."""

    def __init__(self, database: Database, blobs: Blobs, jobs: Jobs, sessions: Sessions) -> None:
        self._database = database
        self._blobs = blobs
        self._jobs = jobs
        self._sessions = sessions

    def list(self, user_id: UUID, ref: str, of_type: str | None = None) -> list[dict[str, Any]]:
        """The files in the order of their features; `of_type` is input or output."""
        wanted = None if of_type is None else file_type(of_type)
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            return file_rows(tx, session_id, wanted)

    def create(self, user_id: UUID, ref: str, fields: Mapping[str, Any]) -> UUID:
        """An entry without data yet: a place for settings until its file is uploaded."""
        refuse_unknown(fields, (*COLUMN_OF, "fileType"), "fileData")
        values = read_configured(fields)
        of_type = file_type(values.pop("type", fields.get("fileType")))
        name = safe_file_name(fields.get("fileName") or fields.get("file_name"))
        values.setdefault("bezeichnung", name.rsplit(".", 1)[0] or name)
        check_settings(values, of_type, None)
        session_id = self._sessions.resolve(user_id, ref, create=True)
        with self._database.write() as tx:
            _refuse_taken(tx, session_id, of_type, values["bezeichnung"])
            values.setdefault("color_index", next_color(tx, session_id))
            row = FileRow(id=uuid4(), session_id=session_id, file_name=name, type=of_type, **values)
            tx.add(row)
            self._sessions.touch(tx, session_id)
        return row.id

    def update(self, user_id: UUID, file_id: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Change settings; measured fields may be sent back only as they are."""
        refuse_unknown(fields, COLUMN_OF, "the body")
        values = read_configured(fields, nullable=True)
        try:
            with self._database.write() as tx:
                row = _owned(tx, user_id, file_id)
                _refuse_measured(one_file_row(tx, row), fields)
                merged = {**{name: getattr(row, name) for name in CONFIGURED}, **values}
                check_settings(merged, merged["type"], row.ausgabezeit)
                for name, value in values.items():
                    setattr(row, name, value)
                self._sessions.touch(tx, row.session_id)
                tx.flush()
                return one_file_row(tx, row)
        except IntegrityError:
            raise duplicate(values.get("type", "other"), [values.get("bezeichnung", "")], []) from None

    def care(self, user_id: UUID, file_id: str) -> dict[str, Any]:
        """What the import found to look wrong in the series, worst first, and the recipe of the file."""
        with self._database.read() as tx:
            row = _owned(tx, user_id, file_id)
            if row.care is None:
                raise NotFound(
                    f"The file {row.bezeichnung!r} has no data-care report",
                    code="CARE_NOT_FOUND",
                    suggestion="Upload its data; the report is made when a file is imported",
                )
            return {**row.care, "recipe": row.recipe}

    def row(self, user_id: UUID, file_id: str) -> FileRow:
        """The row as it is, to be read only."""
        with self._database.read() as tx:
            return _owned(tx, user_id, file_id)

    def set_recipe(self, user_id: UUID, file_id: str, recipe: Any) -> dict[str, Any]:
        """Replace the steps that mend the series whenever a dataset is built from it."""
        with self._database.write() as tx:
            row = _owned(tx, user_id, file_id)
            wanted = read_recipe(recipe)
            refuse_unfitting(wanted, row)
            row.recipe = wanted.to_json()
            self._sessions.touch(tx, row.session_id)
            tx.flush()
            return one_file_row(tx, row)

    def delete(self, user_id: UUID, file_id: str) -> None:
        """The row and the blobs that nothing else refers to; refused while a job of the session works."""
        with self._database.write() as tx:
            row = _owned(tx, user_id, file_id)
            if self._jobs.has_active(tx, row.session_id):
                raise Conflict(
                    "A job of this session is waiting or running",
                    code="SESSION_BUSY",
                    suggestion="Cancel the job or wait until it has ended, then delete the file",
                )
            tx.delete(row)
            tx.flush()
            free = [key for key in (row.storage_path, row.series_path) if key and not _is_used(tx, key)]
            tx.execute(delete(ArtifactRow).where(ArtifactRow.blob_key.in_(free)))
            self._sessions.touch(tx, row.session_id)
        for key in free:
            self._blobs.delete(key)


def next_color(tx: Session, session_id: UUID) -> int:
    """A new feature comes after all others."""
    highest = tx.scalar(select(func.max(FileRow.color_index)).where(FileRow.session_id == session_id))
    return 0 if highest is None else highest + 1


def _owned(tx: Session, user_id: UUID, file_id: str) -> FileRow:
    try:
        key = UUID(file_id)
    except ValueError:
        raise BadRequest(f"{file_id[:80]!r} is no file id", code="BAD_UUID") from None
    query = select(FileRow).join(SessionRow, SessionRow.id == FileRow.session_id)
    row = tx.scalar(query.where(FileRow.id == key, *shown_sessions(user_id)))
    if row is None:
        there = select(FileRow.session_id).where(FileRow.id == key)
        refused = session_refusal(tx, user_id, SessionRow.id.in_(there))
        if refused is not None:
            raise refused
        raise NotFound(
            f"There is no file {file_id}",
            code="FILE_NOT_FOUND",
            suggestion="GET /api/training/csv-files/<session id> lists the files of a session",
        )
    return row


def _refuse_taken(tx: Session, session_id: UUID, of_type: str, name: str) -> None:
    query = select(FileRow.id).where(FileRow.session_id == session_id, FileRow.type == of_type)
    taken = tx.scalar(query.where(FileRow.bezeichnung == name))
    if taken is not None:
        raise duplicate(of_type, [name], [str(taken)])


def _refuse_measured(current: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        column = COLUMN_OF[name]
        if column not in CONFIGURED and not _is_alike(current[column], value):
            reason, way_out = "is measured in the file and cannot be set", "upload a corrected file"
            if column == "recipe":
                reason, way_out = "has a route of its own", "PUT /api/training/csv-files/<file_id>/recipe"
            raise Invalid(
                f"{name} {reason}",
                code="READ_ONLY_FIELD",
                suggestion=f"Leave it out, or {way_out}",
                details={"field": name, "value": current[column]},
            )


def _is_alike(current: Any, sent: Any) -> bool:
    """A page may send a number back as its text, and nothing as an empty text."""
    return current == sent or (current is None and sent in ("", None)) or str(current) == str(sent)


def _is_used(tx: Session, key: str) -> bool:
    query = select(FileRow.id).where((FileRow.storage_path == key) | (FileRow.series_path == key)).limit(1)
    return tx.scalar(query) is not None
