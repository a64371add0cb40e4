"""Whom the sessions and jobs belong to that keys of blobs name."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from uuid import UUID

from sqlalchemy import select

from services.storage.blobs.places import OWNED, SHARED
from services.storage.database import Database
from services.storage.tables import JobRow, SessionRow

REMEMBERED = 100_000


class Owners:
    """An owner never changes, so one that is known is not asked for again, even when the row has gone."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def folder(self, parts: list[str]) -> str:
        """The owner's folder for a key of these parts; `shared` for what belongs to nobody."""
        if len(parts) < 2 or parts[0] not in OWNED:
            return SHARED
        with self._lock:
            known = self._known.get(parts[1])
        return known or self._looked_up(parts[1])

    def learn(self, path: str) -> None:
        """Take the owner from the path of an object; its rows may be gone already."""
        owner, *parts = path.split("/")
        if len(parts) >= 2 and parts[0] in OWNED:
            self._remember(parts[1], owner)

    def _looked_up(self, name: str) -> str:
        try:
            row_id = UUID(name)
        except ValueError:
            return SHARED
        with self._database.read() as tx:
            found = tx.scalar(select(SessionRow.user_id).where(SessionRow.id == row_id)) or tx.scalar(
                select(JobRow.user_id).where(JobRow.id == row_id)
            )
        if found is None:
            return SHARED
        self._remember(name, str(found))
        return str(found)

    def _remember(self, name: str, owner: str) -> None:
        with self._lock:
            self._known[name] = owner
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
