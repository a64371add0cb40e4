"""Sign-ins of local accounts: where an account is in use, and how to end that, at once and everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services import client
from services.storage.security_tables import SignInRow
from services.storage.tables import RefreshTokenRow


def begin(tx: Session, user_id: UUID, at: datetime, expires_at: datetime) -> UUID:
    """A new one, from where the present request comes."""
    here = client.current()
    row = SignInRow(
        id=uuid4(),
        user_id=user_id,
        address=here.address,
        user_agent=here.user_agent,
        created_at=at,
        last_used_at=at,
        expires_at=expires_at,
    )
    tx.add(row)
    tx.flush()
    return row.id


def go_on(tx: Session, sign_in: UUID, at: datetime, expires_at: datetime) -> None:
    here = client.current()
    tx.execute(
        update(SignInRow)
        .where(SignInRow.id == sign_in)
        .values(last_used_at=at, expires_at=expires_at, address=here.address, user_agent=here.user_agent)
    )


def end(tx: Session, sign_in: UUID, at: datetime) -> bool:
    """Its access tokens and refresh tokens are worth nothing from now on; False where it had ended."""
    return bool(_end(tx, SignInRow.id == sign_in, at))


def end_all(tx: Session, user_id: UUID, at: datetime, keep: UUID | None = None) -> int:
    """Every one of an account, but for `keep`; how many that were."""
    which = SignInRow.user_id == user_id
    return _end(tx, which if keep is None else which & (SignInRow.id != keep), at)


def still_open(user_id: UUID, at: datetime) -> Any:
    """A condition on SignInRow."""
    return (SignInRow.user_id == user_id) & SignInRow.ended_at.is_(None) & (SignInRow.expires_at > at)


def shown(row: SignInRow, current: UUID | None) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "created_at": row.created_at.isoformat(),
        "last_used_at": row.last_used_at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
        "address": row.address,
        "user_agent": row.user_agent,
        "current": row.id == current,
    }


def _end(tx: Session, which: Any, at: datetime) -> int:
    ended = tx.scalars(
        update(SignInRow)
        .where(which, SignInRow.ended_at.is_(None))
        .values(ended_at=at)
        .returning(SignInRow.id)
        .execution_options(synchronize_session=False)
    ).all()
    tokens = RefreshTokenRow.family.in_(select(SignInRow.id).where(which))
    tx.execute(
        update(RefreshTokenRow).where(tokens, RefreshTokenRow.revoked_at.is_(None)).values(revoked_at=at)
    )
    return len(ended)
