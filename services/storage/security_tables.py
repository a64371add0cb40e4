"""Who is signed in from where, and what happened that concerns the safety of an account."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.storage.tables import Base, now


class SignInRow(Base):
    """One sign-in: all refresh tokens of a family. It ends once, and with it every token made from it."""

    __tablename__ = "sign_ins"
    id: Mapped[UUID] = mapped_column(primary_key=True)  # refresh_tokens.family
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    address: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime] = mapped_column(default=now)  # when tokens were last given out
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SecurityEventRow(Base):
    """Only ever added; kept after the account it speaks of is gone."""

    __tablename__ = "security_events"
    __table_args__ = (Index("ix_security_events_user_id_id", "user_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    user_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(String(40))
    address: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
