"""Room for bytes that are not stored yet: held by an upload from its announcement until its import."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from services.errors import TooLarge
from services.plans import reached, subscribed
from services.plans.counters import UNLIMITED, Counter, limits_of
from services.plans.subscribed import Subscribed
from services.plans.sums import held_bytes, stored_bytes
from services.storage.database import Database
from services.storage.plan_tables import UnfinishedUploadRow
from services.storage.tables import UserRow, now

OPEN_UPLOADS = 1000  # of one account; each is a folder and a row, even when it announces no bytes
AT_ONCE = 1000  # a statement takes no more than some ten thousand values
GRACE = timedelta(minutes=1)  # between the row of an upload and its folder

_HELD = select(UnfinishedUploadRow.size_bytes).where(UnfinishedUploadRow.key == bindparam("key"))


class Room:
    """What unfinished uploads take of the storage of whoever pays for them, each by a key of its own."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = now) -> None:
        self._database = database
        self._clock = clock

    def hold(self, user_id: UUID, key: str, size: int, *, instead_of: Collection[str] = ()) -> None:
        """So many bytes in all for an upload, which takes over what others held; TooLarge changes nothing.

        It is raised for bytes that the plan does not store and for one upload more than OPEN_UPLOADS.

        Compared and written in one transaction in which nobody else counts for this user, so two uploads
        cannot both take the last room.
        """
        if self._holds(key, size):
            return
        taken_over = {key, *instead_of}
        with self._database.write() as tx:
            lock(tx, user_id)
            _refuse_one_more(tx, user_id, taken_over)
            mine = subscribed.require(tx, user_id, self._clock())
            counter = _storage(tx, user_id, mine, taken_over)
            fits = counter.limit == UNLIMITED or counter.taken + size <= counter.limit
            if fits:
                tx.execute(delete(UnfinishedUploadRow).where(UnfinishedUploadRow.key.in_(taken_over)))
                row = UnfinishedUploadRow(key=key, user_id=user_id, size_bytes=size, created_at=self._clock())
                tx.add(row)
        if not fits:
            raise self._refused(user_id, counter, size, mine)

    def release(self, *keys: str) -> None:
        """Their bytes are gone, or stored as a file."""
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            with self._database.write() as tx:
                tx.execute(delete(UnfinishedUploadRow).where(UnfinishedUploadRow.key.in_(some)))

    def imported_by(self, key: str, job_id: UUID) -> None:
        """Once this job is completed the file counts, and the upload does not any more."""
        held = UnfinishedUploadRow.key == key
        with self._database.write() as tx:
            tx.execute(update(UnfinishedUploadRow).where(held).values(job_id=job_id))

    def forget_others(self, there: Collection[str]) -> int:
        """Release what uploads held of which nothing lies on the disk any more; `there`: those that do."""
        gone = self.others(there)
        self.release(*gone)
        return len(gone)

    def others(self, there: Collection[str]) -> set[str]:
        """Uploads that hold room and are not among these, but for those that only begin."""
        with self._database.read() as tx:
            old = UnfinishedUploadRow.created_at < self._clock() - GRACE
            return set(tx.scalars(select(UnfinishedUploadRow.key).where(old))) - set(there)

    def _holds(self, key: str, size: int) -> bool:
        with self._database.read() as tx:
            held = tx.scalar(_HELD, {"key": key})
        return held is not None and held >= size

    def _refused(self, user_id: UUID, counter: Counter, size: int, mine: Subscribed) -> TooLarge:
        with self._database.write() as tx:
            reached.note(tx, user_id, "storage", counter, mine, self._clock())
        told = reached.refusal("storage", counter, mine)
        details = {**(told.details or {}), "requested": size}
        return TooLarge(
            f"{told.message}, so {size} more bytes do not fit",
            code=told.code,
            suggestion=told.suggestion,
            details=details,
        )


def lock(tx: Session, user_id: UUID) -> None:
    """One at a time counts for a user; those that only refer to the user's row need not wait."""
    tx.execute(select(UserRow.id).where(UserRow.id == user_id).with_for_update(key_share=True))


def _refuse_one_more(tx: Session, user_id: UUID, but: Collection[str]) -> None:
    begun = UnfinishedUploadRow.user_id == user_id, UnfinishedUploadRow.job_id.is_(None)
    others = tx.scalar(select(func.count()).where(*begun, UnfinishedUploadRow.key.not_in(but))) or 0
    if others >= OPEN_UPLOADS:
        raise TooLarge(
            f"{others} uploads of this account are begun and not finished, {OPEN_UPLOADS} may be",
            code="TOO_MANY_UPLOADS",
            suggestion="Finish some or delete them; those that rest are removed by themselves",
            details={"limit": OPEN_UPLOADS, "used": others},
        )


def _storage(tx: Session, user_id: UUID, mine: Subscribed, but: Collection[str]) -> Counter:
    """Nothing need be summed where the plan has no limit."""
    limit = limits_of(mine.plan)["storage"]
    if limit == UNLIMITED:
        return Counter(limit, 0)
    return Counter(limit, sum(stored_bytes(tx, user_id)), held_bytes(tx, user_id, but))
