"""A second session like the first: the same files by reference, the same settings, no jobs."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from services.access import shown_sessions
from services.errors import NotFound
from services.sessions import Sessions, title
from services.storage.database import Database
from services.storage.tables import Base, FileRow, SessionRow, TimeInfoRow, ZeitschritteRow

LONGEST_NAME = 255


class SessionCopies:
    """Blobs are shared: each stays until the last file made of it is deleted."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    def duplicate(self, user_id: UUID, ref: str, name: Any = None) -> UUID:
        """The id of the copy; without `name` it is called like the original, with (2), (3), ... behind."""
        session_id = self._sessions.resolve(user_id, ref)
        wanted = None if name is None else title(name, "name")
        with self._database.write() as tx:
            original = tx.scalar(
                select(SessionRow).where(SessionRow.id == session_id, *shown_sessions(user_id))
            )
            if original is None:  # deleted in between
                raise NotFound(f"There is no session {ref}", code="SESSION_NOT_FOUND")
            copy = SessionRow(
                id=uuid4(),
                user_id=user_id,
                session_name=wanted or _next_name(tx, user_id, original.session_name),
                tags=list(original.tags),
                finalized=original.finalized,
            )
            tx.add(copy)
            tx.flush()
            _copy_parts(tx, session_id, copy.id)
        return copy.id


def _copy_parts(tx: Session, original: UUID, copy: UUID) -> None:
    files = select(FileRow).where(FileRow.session_id == original).options(undefer(FileRow.care))
    for row in tx.scalars(files).all():
        tx.add(_like(row, id=uuid4(), session_id=copy))
    for table in (TimeInfoRow, ZeitschritteRow):
        settings = tx.get(table, original)
        if settings is not None:
            tx.add(_like(settings, session_id=copy))


def _like(row: Base, **changes: Any) -> Base:
    values = {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}
    return type(row)(**{**values, **changes})


def _next_name(tx: Session, user_id: UUID, name: str | None) -> str | None:
    """None for a copy of a session without a name."""
    if name is None:
        return None
    taken = set(tx.scalars(select(SessionRow.session_name).where(*shown_sessions(user_id))))
    number = 2
    while _numbered(name, number) in taken:
        number += 1
    return _numbered(name, number)


def _numbered(name: str, number: int) -> str:
    ending = f" ({number})"
    return name[: LONGEST_NAME - len(ending)] + ending
