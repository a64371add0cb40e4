"""The model registry: named models, their versions, and a log of promotions that only grows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.storage.tables import Base, now


def _of_model(*, primary_key: bool = False) -> Mapped[UUID]:
    return mapped_column(ForeignKey("models.id", ondelete="CASCADE"), primary_key=primary_key)


class ModelRow(Base):
    """One per session that has trained, and those that a user named."""

    __tablename__ = "models"
    __table_args__ = (UniqueConstraint("user_id", "name"), UniqueConstraint("session_id"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    last_version: Mapped[int] = mapped_column(default=0)  # a number is never given twice
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class ModelVersionRow(Base):
    """A completed training as a version of a model; everything about it is told by its job."""

    __tablename__ = "model_versions"
    __table_args__ = (UniqueConstraint("model_id", "job_id"), Index("ix_model_versions_job_id", "job_id"))
    model_id: Mapped[UUID] = _of_model(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("training_jobs.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(default=now)


class PromotionRow(Base):
    """The alias `champion` went to this version; the newest row says where it is."""

    __tablename__ = "model_promotions"
    __table_args__ = (Index("ix_model_promotions_model_id_id", "model_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    model_id: Mapped[UUID] = _of_model()
    version: Mapped[int]
    previous: Mapped[int | None]  # the champion until then
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
