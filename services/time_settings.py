"""Time features and window steps of a session: saved and read for its owner."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.errors import NotFound
from services.sessions import Sessions
from services.storage.database import Database
from services.storage.tables import TimeInfoRow, ZeitschritteRow
from services.time_fields import read_time_info, read_zeitschritte, time_info_json, zeitschritte_json


class TimeSettings:
    """Reads and replaces the two rows; the session's owner is checked by Sessions."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    def save(
        self,
        user_id: UUID,
        ref: str,
        *,
        time_info: Any = None,
        zeitschritte: Any = None,
        create: bool = False,
    ) -> UUID:
        """Check both, then store what is given in one transaction; returns the session's id."""
        info = None if time_info is None else read_time_info(time_info)
        steps = None if zeitschritte is None else read_zeitschritte(zeitschritte)
        session_id = self._sessions.resolve(user_id, ref, create=create)
        if info is not None or steps is not None:
            with self._database.write() as tx:
                if info is not None:
                    tx.merge(TimeInfoRow(session_id=session_id, **info))
                if steps is not None:
                    tx.merge(ZeitschritteRow(session_id=session_id, **steps))
                self._sessions.touch(tx, session_id)
        return session_id

    def check(self, time_info: Any, zeitschritte: Any) -> None:
        """Refuse what `save` would refuse."""
        if time_info is not None:
            read_time_info(time_info)
        if zeitschritte is not None:
            read_zeitschritte(zeitschritte)

    def time_info(self, user_id: UUID, ref: str) -> dict[str, Any]:
        """The row, or {} where none was saved."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            row = tx.get(TimeInfoRow, session_id)
            return {} if row is None else {"session_id": str(session_id), **time_info_json(row)}

    def zeitschritte(self, user_id: UUID, ref: str) -> dict[str, Any]:
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            row = tx.get(ZeitschritteRow, session_id)
            if row is None:
                raise NotFound(
                    "No zeitschritte were saved for this session",
                    code="ZEITSCHRITTE_NOT_FOUND",
                    suggestion="Save them with POST /api/training/save-zeitschritte",
                )
            return {"session_id": str(session_id), **zeitschritte_json(row)}
