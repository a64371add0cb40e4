"""What follows from plans: limits that were reached, and the room that unfinished uploads take."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.storage.tables import Base, now


class LimitEventRow(Base):
    """An outbox: one row for a user, a kind and a period; who delivers it stamps `delivered_at`."""

    __tablename__ = "limit_events"
    __table_args__ = (
        UniqueConstraint("user_id", "kind", "period_start"),
        Index("ix_limit_events_delivered_at_created_at", "delivered_at", "created_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))  # processing | training | compute | storage | api_keys
    period_start: Mapped[datetime]
    plan_id: Mapped[str] = mapped_column(String(40))
    limit: Mapped[int] = mapped_column(BigInteger)  # seconds of compute, bytes of storage
    used: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=now)
    delivered_at: Mapped[datetime | None]


class UnfinishedUploadRow(Base):
    """Bytes that are announced or lie on the disk and are no file yet; the upload itself is on the disk."""

    __tablename__ = "unfinished_uploads"
    key: Mapped[str] = mapped_column(String(32), primary_key=True)  # the id of the upload
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)  # who pays
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    job_id: Mapped[UUID | None]  # its import
    created_at: Mapped[datetime] = mapped_column(default=now)
