"""A session's owner lets other accounts in, to look at it or to work in it."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.access import GUESTS
from services.errors import Conflict, Invalid, NotFound
from services.sessions import Sessions
from services.storage.access_tables import ShareRow
from services.storage.database import Database
from services.storage.tables import SessionRow, UserRow, now

MAX_SHARES = 100
FIELDS = ("email", "role")
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,250}")


class Sharing:
    """Answers are the same whether or not there is an account of an address."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    def list(self, user_id: UUID, ref: str) -> list[dict[str, Any]]:
        """With whom, the oldest first."""
        session_id = self._sessions.resolve(user_id, ref)
        query = select(ShareRow).where(ShareRow.session_id == session_id, ShareRow.withdrawn_at.is_(None))
        with self._database.read() as tx:
            return [_shown(row) for row in tx.scalars(query.order_by(ShareRow.created_at, ShareRow.id))]

    def share(self, user_id: UUID, ref: str, email: Any, role: Any) -> dict[str, Any]:
        """Let an address in, or change as whom; an account that is made later needs to be let in again."""
        address, wanted = _address(email), _role(role)
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.write() as tx:
            tx.execute(
                select(SessionRow.id).where(SessionRow.id == session_id).with_for_update(key_share=True)
            )
            guest = tx.scalar(select(UserRow.id).where(UserRow.email == address))
            if guest == user_id:
                raise Invalid("This is your own address", code="INVALID_SHARE", details={"field": "email"})
            known = ShareRow.session_id == session_id, ShareRow.email == address
            row = tx.scalar(select(ShareRow).where(*known))
            if row is None:
                _refuse_too_many(tx, session_id)
                row = ShareRow(id=uuid4(), session_id=session_id, email=address)
                tx.add(row)
            row.user_id, row.role, row.withdrawn_at = guest, wanted, None
            tx.flush()
            return _shown(row)

    def change(self, user_id: UUID, ref: str, share_id: str, role: Any) -> dict[str, Any]:
        wanted = _role(role)
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.write() as tx:
            row = _row(tx, session_id, share_id)
            row.role = wanted
            tx.flush()
            return _shown(row)

    def withdraw(self, user_id: UUID, ref: str, share_id: str) -> None:
        """From the next request on the session is no longer there for the guest."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.write() as tx:
            _row(tx, session_id, share_id).withdrawn_at = now()


def _shown(row: ShareRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "email": row.email,
        "role": row.role,
        "created_at": row.created_at.isoformat(),
    }


def _row(tx: Session, session_id: UUID, share_id: str) -> ShareRow:
    try:
        key = UUID(share_id)
    except ValueError:
        key = uuid4()
    row = tx.scalar(
        select(ShareRow).where(
            ShareRow.id == key, ShareRow.session_id == session_id, ShareRow.withdrawn_at.is_(None)
        )
    )
    if row is None:
        raise NotFound(
            f"The session is not shared as {share_id[:80]!r}",
            code="SHARE_NOT_FOUND",
            suggestion="GET .../shares lists with whom it is shared",
        )
    return row


def _refuse_too_many(tx: Session, session_id: UUID) -> None:
    query = select(func.count()).where(ShareRow.session_id == session_id, ShareRow.withdrawn_at.is_(None))
    if (tx.scalar(query) or 0) >= MAX_SHARES:
        raise Conflict(
            f"A session can be shared with {MAX_SHARES} addresses",
            code="TOO_MANY_SHARES",
            suggestion="Withdraw one that is not needed",
            details={"limit": MAX_SHARES},
        )


def _address(email: Any) -> str:
    if not isinstance(email, str) or not _EMAIL.fullmatch(email.strip()):
        raise Invalid(
            "email is no address",
            code="INVALID_EMAIL",
            suggestion="It looks like name@example.org",
            details={"field": "email"},
        )
    return email.strip().lower()


def _role(role: Any) -> str:
    if role not in GUESTS:
        known = " or ".join(sorted(GUESTS))
        raise Invalid(
            f"role must be {known}",
            code="INVALID_ROLE",
            suggestion="A reader looks at the session, an editor also works in it",
            details={"field": "role"},
        )
    return str(role)
