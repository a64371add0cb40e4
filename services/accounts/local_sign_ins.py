"""Sign-ins and passwords as users see them, where the accounts are ours; elsewhere the way to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import select

from services import audit
from services.accounts import User, sign_ins
from services.accounts.local import LocalAccounts
from services.errors import Conflict, NotFound
from services.storage.database import Database
from services.storage.security_tables import SignInRow
from services.storage.tables import now


class LocalSignIns:
    """services.accounts.SignIns on the `sign_ins` table."""

    def __init__(
        self, database: Database, accounts: LocalAccounts, clock: Callable[[], datetime] = now
    ) -> None:
        self._database = database
        self._clock = clock
        self.change_password = accounts.change_password

    def of(self, user: User) -> list[dict[str, Any]]:
        query = select(SignInRow).where(sign_ins.still_open(user.id, self._clock()))
        with self._database.read() as tx:
            rows = tx.scalars(query.order_by(SignInRow.last_used_at.desc(), SignInRow.id)).all()
        return [sign_ins.shown(row, user.sign_in) for row in rows]

    def end(self, user: User, sign_in: str) -> None:
        with self._database.write() as tx:
            row = tx.get(SignInRow, _id(sign_in))
            if row is None or row.user_id != user.id or not sign_ins.end(tx, row.id, self._clock()):
                raise _unknown()
            audit.note(tx, "sign_in_ended", user.id, sign_in=sign_in)

    def end_all(self, user: User) -> int:
        with self._database.write() as tx:
            ended = sign_ins.end_all(tx, user.id, self._clock())
            audit.note(tx, "signed_out_everywhere", user.id, sign_ins=ended)
        return ended


class SignInsElsewhere:
    """services.accounts.SignIns where Supabase keeps the accounts: every call says so."""

    def of(self, user: User) -> NoReturn:
        raise _elsewhere()

    def end(self, user: User, sign_in: str) -> NoReturn:
        raise _elsewhere()

    def end_all(self, user: User) -> NoReturn:
        raise _elsewhere()

    def change_password(self, user: User, current: str, new: str) -> NoReturn:
        raise _elsewhere()


def _elsewhere() -> Conflict:
    return Conflict(
        "Supabase keeps the accounts of this server, their sign-ins and their passwords",
        code="ACCOUNTS_KEPT_ELSEWHERE",
        suggestion="Use Supabase Auth for this",
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _unknown() from None


def _unknown() -> NotFound:
    return NotFound("There is no such sign-in of this account", code="SIGN_IN_NOT_FOUND")
