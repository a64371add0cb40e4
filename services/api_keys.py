"""API keys: what a program shows instead of a person's token; each opens one session within its scopes."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, Table, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from services.access import OF_SCOPE, KeyGrant, shown_sessions
from services.accounts import User
from services.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from services.plans import lock, reached, subscribed
from services.plans.counters import Counter, limits_of
from services.plans.sums import api_keys
from services.sessions import Sessions
from services.storage.access_tables import ApiKeyRow, KeyCallsRow
from services.storage.database import Database
from services.storage.tables import SessionRow, UserRow, now

START = "ty_"
RANDOM_BYTES = 32
PREFIX_LENGTH = 10
STAMPED_EVERY = timedelta(hours=1)
MAX_DAYS = 3650
FIELDS = ("session_id", "name", "scopes", "expires_in_days")
_NAME = re.compile(r"[A-Za-z0-9 _().-]{1,100}")
_CALLS: Table = KeyCallsRow.metadata.tables[KeyCallsRow.__tablename__]


class ApiKeys:
    """Made and deleted by the owner of the session; the server keeps only a hash."""

    def __init__(self, database: Database, sessions: Sessions, clock: Callable[[], datetime] = now) -> None:
        self._database = database
        self._sessions = sessions
        self._clock = clock

    def create(self, user_id: UUID, ref: str, wanted: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """The new key as lists show it, and the key itself, which nobody can be told again."""
        name, scopes = _name(wanted.get("name")), _scopes(wanted.get("scopes", ["predict"]))
        days = _days(wanted.get("expires_in_days"))
        session_id = self._sessions.resolve(user_id, ref)
        key = START + secrets.token_urlsafe(RANDOM_BYTES)
        with self._database.write() as tx:
            lock(tx, user_id)
            self._count_one_more(tx, user_id)
            _refuse_taken(tx, session_id, name)
            row = ApiKeyRow(
                id=uuid4(),
                user_id=user_id,
                session_id=session_id,
                name=name,
                prefix=key[:PREFIX_LENGTH],
                key_hash=_digest(key),
                scopes=scopes,
                created_at=self._clock(),
                expires_at=None if days is None else self._clock() + timedelta(days=days),
            )
            tx.add(row)
            tx.flush()
            return self._shown(row, 0), key

    def list(self, user_id: UUID, ref: str | None = None) -> list[dict[str, Any]]:
        """The oldest first; of one session, or all."""
        query = _of(user_id)
        if ref is not None:
            query = query.where(ApiKeyRow.session_id == self._sessions.resolve(user_id, ref))
        calls = (
            select(KeyCallsRow.key_id, func.sum(KeyCallsRow.calls).label("calls"))
            .where(KeyCallsRow.user_id == user_id)
            .group_by(KeyCallsRow.key_id)
        )
        with self._database.read() as tx:
            counted = {row.key_id: int(row.calls) for row in tx.execute(calls)}
            rows = tx.scalars(query.order_by(ApiKeyRow.created_at, ApiKeyRow.id)).all()
            return [self._shown(row, counted.get(row.id, 0)) for row in rows]

    def delete(self, user_id: UUID, key_id: str) -> None:
        """From the next request on it opens nothing."""
        try:
            wanted = UUID(key_id)
        except ValueError:
            wanted = uuid4()
        with self._database.write() as tx:
            row = tx.scalar(_of(user_id).where(ApiKeyRow.id == wanted))
            if row is None:
                raise NotFound(f"There is no API key {key_id[:80]!r}", code="API_KEY_NOT_FOUND")
            tx.delete(row)

    def authenticate(self, key: str) -> tuple[User, KeyGrant]:
        """In whose name the key acts and what it opens; counts the call."""
        with self._database.read() as tx:
            query = (
                select(ApiKeyRow, UserRow, SessionRow.user_id.label("owner"))
                .join(UserRow, UserRow.id == ApiKeyRow.user_id)
                .join(SessionRow, SessionRow.id == ApiKeyRow.session_id)
            )
            query = query.where(ApiKeyRow.key_hash == _digest(key), SessionRow.deleted_at.is_(None))
            found = tx.execute(query).one_or_none()
            if found is None or found.owner != found.UserRow.id:
                raise Unauthenticated(
                    "The API key is not valid", code="INVALID_API_KEY", suggestion="Make a new one"
                )
            row, user = found.ApiKeyRow, found.UserRow
            self._refuse_ended(tx, row, user)
        self._count(row)
        return User(user.id, user.email), KeyGrant(row.id, row.session_id, tuple(row.scopes))

    def _refuse_ended(self, tx: Session, row: ApiKeyRow, user: UserRow) -> None:
        if row.expires_at is not None and row.expires_at <= self._clock():
            raise Unauthenticated(
                "The API key has expired", code="API_KEY_EXPIRED", suggestion="Make a new one"
            )
        if user.blocked_at is not None:
            raise Forbidden("The account of this key is blocked", code="ACCOUNT_BLOCKED")
        if subscribed.find(tx, user.id, self._clock()) is None:
            raise Forbidden(
                "The subscription behind this key has ended",
                code="SUBSCRIPTION_EXPIRED",
                suggestion="Renew the subscription, then try again",
            )

    def _count(self, row: ApiKeyRow) -> None:
        moment = self._clock()
        insert = sqlite_insert if self._database.is_sqlite else postgres_insert
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        first = insert(_CALLS).values(user_id=row.user_id, day=day, key_id=row.id, calls=1)
        again = {"calls": _CALLS.c.calls + 1}
        with self._database.write() as tx:
            tx.execute(first.on_conflict_do_update(_CALLS.primary_key, set_=again))
            if row.last_used_at is None or row.last_used_at <= moment - STAMPED_EVERY:
                tx.execute(update(ApiKeyRow).where(ApiKeyRow.id == row.id).values(last_used_at=moment))

    def _count_one_more(self, tx: Session, user_id: UUID) -> None:
        mine = subscribed.require(tx, user_id, self._clock())
        limit, used = limits_of(mine.plan)["api_keys"], api_keys(tx, user_id)
        counter, after = Counter(limit, used), Counter(limit, used + 1)
        if counter.exhausted:
            raise reached.refusal("api_keys", counter, mine)
        if after.exhausted:
            reached.note(tx, user_id, "api_keys", after, mine, self._clock())

    def _shown(self, row: ApiKeyRow, calls: int) -> dict[str, Any]:
        return {
            "id": str(row.id),
            "session_id": str(row.session_id),
            "name": row.name,
            "prefix": row.prefix,
            "scopes": row.scopes,
            "created_at": row.created_at.isoformat(),
            "expires_at": row.expires_at.isoformat() if row.expires_at else None,
            "expired": row.expires_at is not None and row.expires_at <= self._clock(),
            "last_used_at": row.last_used_at.isoformat() if row.last_used_at else None,
            "calls": calls,
        }


def _of(user_id: UUID) -> Select[ApiKeyRow]:
    """A user's keys; those of a deleted session are as absent as the session."""
    there = select(SessionRow.id).where(*shown_sessions(user_id))
    return select(ApiKeyRow).where(ApiKeyRow.user_id == user_id, ApiKeyRow.session_id.in_(there))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _refuse_taken(tx: Session, session_id: UUID, name: str) -> None:
    taken = ApiKeyRow.session_id == session_id, ApiKeyRow.name == name
    if tx.scalar(select(ApiKeyRow.id).where(*taken)) is not None:
        raise Conflict(
            f"The session has a key {name!r} already",
            code="API_KEY_NAME_TAKEN",
            suggestion="Choose another name",
            details={"field": "name"},
        )


def _name(value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value.strip()):
        raise Invalid(
            "name must be 1 to 100 letters, digits, spaces or _ - ( ) .",
            code="INVALID_API_KEY_NAME",
            details={"field": "name"},
        )
    return value.strip()


def _scopes(value: Any) -> list[str]:
    if not isinstance(value, list) or not value or any(each not in OF_SCOPE for each in value):
        raise Invalid(
            f"scopes must be a list of {', '.join(OF_SCOPE)}",
            code="INVALID_SCOPES",
            suggestion="predict: forecasts; read: look at the session; train: both, and start trainings",
            details={"field": "scopes"},
        )
    return [scope for scope in OF_SCOPE if scope in value]


def _days(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_DAYS:
        raise Invalid(
            f"expires_in_days must be a whole number from 1 to {MAX_DAYS}, or null",
            code="INVALID_EXPIRY",
            details={"field": "expires_in_days"},
        )
    return value
