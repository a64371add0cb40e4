"""Removes sessions for good: rows, blobs that nobody else needs, and unfinished uploads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.file_blobs import delete_unnamed
from services.plans.room import Room
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import JobRow, SessionRow
from services.uploads.chunks import ChunkStore

Check = Callable[[Session, UUID], None]


class SessionRemoval:
    """Of several sessions either all go or none."""

    def __init__(self, database: Database, blobs: Blobs, chunks: ChunkStore) -> None:
        self._database = database
        self._blobs = blobs
        self._chunks = chunks

    def remove(
        self, sessions: Iterable[UUID], check: Callable[[Session, UUID], None] | None = None
    ) -> dict[str, int]:
        """Rows first: what a crash then leaves of files, the clean-up finds. `check` raises where one must
        stay. Blobs are listed while the rows are there, for a store may go by whom they belong to."""
        sessions = list(sessions)
        left = self._blobs_of(sessions)
        removed: list[UUID] = []
        with self._database.write() as tx:
            for session_id in sessions:
                row = tx.get(SessionRow, session_id)
                if row is None:  # another request was faster
                    continue
                if check is not None:
                    check(tx, session_id)
                tx.delete(row)
                removed.append(session_id)
        keys = [key for session_id in removed for key in left[session_id]]
        blobs = delete_unnamed(self._database, self._blobs, keys)
        gone = [key for session_id in removed for key in self._chunks.keys(session_id)]
        folders = sum(self._chunks.drop_session(session_id) for session_id in removed)
        Room(self._database).release(*gone)
        return {"sessions": len(removed), "blobs": blobs, "folders": folders}

    def _blobs_of(self, sessions: Iterable[UUID]) -> dict[UUID, list[str]]:
        found: dict[UUID, list[str]] = {}
        for session_id in sessions:
            with self._database.read() as tx:
                jobs = tx.scalars(select(JobRow.id).where(JobRow.session_id == session_id)).all()
            prefixes = [
                f"files/{session_id}/",
                f"series/{session_id}/",
                *(f"jobs/{job_id}/" for job_id in jobs),
            ]
            found[session_id] = [key for prefix in prefixes for key in self._blobs.list(prefix)]
        return found
