"""The log of what concerns the safety of accounts: who did what, from where; read, never changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services import client
from services.errors import BadRequest
from services.storage.database import Database
from services.storage.security_tables import SecurityEventRow
from services.storage.tables import UserRow, now

MOST = 200


def note(tx: Session, kind: str, user_id: UUID | None, **details: Any) -> None:
    """Written with what it tells of, in the same transaction."""
    here = client.current()
    tx.add(
        SecurityEventRow(
            user_id=user_id, kind=kind, address=here.address, user_agent=here.user_agent, details=details
        )
    )


class Audit:
    """Reads the log and forgets what is older than the settings allow."""

    def __init__(self, database: Database, days: float, clock: Callable[[], datetime] = now) -> None:
        self._database = database
        self._age = timedelta(days=days)
        self._clock = clock

    def newest(
        self, user_id: UUID | None = None, *, limit: int = 50, before: int | None = None
    ) -> list[dict[str, Any]]:
        """Of one account or of all, newest first; `before` is the id of the last one already read."""
        if not 1 <= limit <= MOST:
            raise BadRequest(f"limit must be 1 to {MOST}, not {limit}", details={"field": "limit"})
        query = (
            select(SecurityEventRow, UserRow.email)
            .outerjoin(UserRow, UserRow.id == SecurityEventRow.user_id)
            .order_by(SecurityEventRow.id.desc())
            .limit(limit)
        )
        if user_id is not None:
            query = query.where(SecurityEventRow.user_id == user_id)
        if before is not None:
            query = query.where(SecurityEventRow.id < before)
        with self._database.read() as tx:
            return [_shown(row, email) for row, email in tx.execute(query)]

    def forget(self) -> int:
        """Remove what is too old; how many that were."""
        old = SecurityEventRow.created_at < self._clock() - self._age
        with self._database.write() as tx:
            return len(tx.execute(delete(SecurityEventRow).where(old).returning(SecurityEventRow.id)).all())


def _shown(row: SecurityEventRow, email: str | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "at": row.created_at.isoformat(),
        "user": None if row.user_id is None else {"id": str(row.user_id), "email": email},
        "address": row.address,
        "user_agent": row.user_agent,
        "details": row.details,
    }
