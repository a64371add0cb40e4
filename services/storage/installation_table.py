"""The one row that says to which installation a database belongs."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from services.storage.tables import Base

ONLY = 1


class InstallationRow(Base):
    """The same name stands in the folder of the installation."""

    __tablename__ = "installation"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=ONLY)
    name: Mapped[str] = mapped_column(String(40))
