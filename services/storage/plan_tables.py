"""What follows from plans: the limits that were reached, for whoever wants to be told."""

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
