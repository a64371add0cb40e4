"""What of the rows a user may see: own sessions that are not deleted, and jobs outside of deleted ones."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from services.storage.tables import JobRow, SessionRow


def shown_sessions(user_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """A deleted session is as good as absent until it is restored."""
    return SessionRow.user_id == user_id, SessionRow.deleted_at.is_(None)


def shown_jobs(user_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Jobs without a session, and those of sessions that are not deleted."""
    hidden = select(SessionRow.id).where(SessionRow.user_id == user_id, SessionRow.deleted_at.is_not(None))
    return JobRow.user_id == user_id, or_(JobRow.session_id.is_(None), JobRow.session_id.not_in(hidden))
