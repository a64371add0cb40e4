"""Who else may come to a session: other accounts, and programs with a key."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.storage.tables import Base, now


class ShareRow(Base):
    """A session that its owner lets somebody else into.

    `user_id` is null where there was no account of this address: the owner is not told, and nobody who
    takes the address later gets in by it. A withdrawn row stays, so that the guest's own jobs in the
    session are known to be out of reach.
    """

    __tablename__ = "session_shares"
    __table_args__ = (UniqueConstraint("session_id", "email"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(320))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(10))  # reader | editor
    created_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]


class ApiKeyRow(Base):
    """The key itself is shown once and not kept."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("session_id", "name"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(12))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any]]  # of predict, read, train
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]  # to the hour
    created_at: Mapped[datetime] = mapped_column(default=now)


class KeyCallsRow(Base):
    """Requests with a key on a day (UTC); they stay counted when the key is deleted."""

    __tablename__ = "api_key_calls"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[datetime] = mapped_column(primary_key=True)  # its first moment
    key_id: Mapped[UUID] = mapped_column(primary_key=True)
    calls: Mapped[int]
