"""Deletion that can be taken back: a session is hidden at once and removed for good days later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from services.file_fields import iso_time
from services.jobs import Jobs
from services.sessions import Sessions
from services.storage.database import Database
from services.storage.tables import JobRow, SessionRow, now


class SessionBin:
    """Puts sessions of a user in the bin and takes them out; services.retention empties it."""

    def __init__(self, database: Database, sessions: Sessions, jobs: Jobs, days: float) -> None:
        self._database = database
        self._sessions = sessions
        self._jobs = jobs
        self._kept = timedelta(days=days)

    def with_deadline(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row of the list with the moment after which the deleted session is gone for good."""
        deleted_at = row["deleted_at"]
        until = None if deleted_at is None else datetime.fromisoformat(deleted_at) + self._kept
        return {**row, "restorable_until": iso_time(until)}

    def discard(self, user_id: UUID, ref: str) -> UUID:
        """Hide it from every route, and cancel what works or waits in it."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.write() as tx:
            shown = SessionRow.id == session_id, SessionRow.deleted_at.is_(None)
            # the list by change keeps its order for one that is restored
            tx.execute(
                update(SessionRow).where(*shown).values(deleted_at=now(), updated_at=SessionRow.updated_at)
            )
            # a request that is repeated with its key must not be answered with a job that is hidden
            tx.execute(update(JobRow).where(JobRow.session_id == session_id).values(idempotency_key=None))
            events = self._jobs.cancel_all(tx, session_id)
        self._jobs.publish(events)
        return session_id

    def restore(self, user_id: UUID, ref: str) -> UUID:
        """As it was, without its cancelled jobs at work; nothing happens to one that is not deleted."""
        session_id = self._sessions.resolve(user_id, ref, deleted=True)
        with self._database.write() as tx:
            tx.execute(
                update(SessionRow)
                .where(SessionRow.id == session_id)
                .values(deleted_at=None, updated_at=SessionRow.updated_at)
            )
        return session_id
