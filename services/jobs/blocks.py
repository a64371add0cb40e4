"""Metric points once more, many in a block: a long curve is read in a tenth of the time its rows take.

The rows are the truth. A block repeats those of one key that lie between two ids; its worker writes it as
soon as there are enough, in the transaction of the last of them. What no block holds is read from the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, insert, select
from sqlalchemy.orm import Session

from services.jobs.curve import Curve, Row
from services.storage.job_tables import MetricBlockRow
from services.storage.tables import JobRow, MetricRow

POINTS_OF_A_BLOCK = 4_096  # of all keys together
BATCH = "batch/"  # keys of what was measured inside an epoch
COLUMNS = (MetricRow.step, MetricRow.id, MetricRow.epoch, MetricRow.attempt, MetricRow.value)
_BEHIND = MetricRow.id > bindparam("after")
# the job hidden in a call, so that rows are sought by their number: hardly any came since the last block
_NEW = (
    select(MetricRow.key, *COLUMNS)
    .where(func.coalesce(MetricRow.job_id, MetricRow.job_id, type_=Uuid()) == bindparam("job"), _BEHIND)
    .order_by(MetricRow.id)
)
# through the index of curves: since its last block a job may have ended, and others written millions
_REST = select(MetricRow.key, *COLUMNS).where(MetricRow.job_id == bindparam("job"), _BEHIND)
_ATTEMPT = select(JobRow.attempt).where(JobRow.id == bindparam("job"))
_NEWEST = (
    select(MetricBlockRow.last_id, MetricBlockRow.closes)
    .where(MetricBlockRow.job_id == bindparam("job"))
    .order_by(MetricBlockRow.last_id.desc())
    .limit(1)
)
_STORE = insert(MetricBlockRow.metadata.tables[MetricBlockRow.__tablename__])


class Blocks:
    """Of a job at work: counts its new points and packs them when they are enough."""

    def __init__(self, job_id: UUID) -> None:
        self._job_id = job_id
        self._new = 0
        self._last_id: int | None = None  # in a block of this attempt

    def note(self, tx: Session, points: int) -> None:
        """So many rows were written in this transaction."""
        self._new += points
        if self._new >= POINTS_OF_A_BLOCK:
            self._pack(tx, None)

    def close(self, tx: Session, attempt: int) -> None:
        """The attempt writes no more, and holds its lease up to the end of this transaction.

        Few points need no block: to read their rows takes no time either.
        """
        if self._new and self._last_id is not None:
            self._pack(tx, attempt)

    def _pack(self, tx: Session, closes: int | None) -> None:
        connection = tx.connection()
        if self._last_id is None:
            newest = connection.execute(_NEWEST, {"job": self._job_id}).first()
            curves, last_id = _rest(tx, self._job_id, newest.last_id if newest else 0, batches=None)
        else:
            curves, last_id = new_points(tx, self._job_id, self._last_id)
        about = {"job_id": self._job_id, "last_id": last_id, "closes": closes}
        rows = [{**about, "key": key, "points": curve.in_order().pack()} for key, curve in curves.items()]
        connection.execute(_STORE, rows)
        self._last_id, self._new = last_id, 0


def read(tx: Session, job_id: UUID, *, batches: bool) -> tuple[dict[str, Curve], int] | None:
    """All curves of a job, and the newest id in them; None where it has no blocks."""
    newest = tx.connection().execute(_NEWEST, {"job": job_id}).first()
    if newest is None:
        return None
    of_batches = MetricBlockRow.key.startswith(BATCH)
    query = select(MetricBlockRow.key, MetricBlockRow.points).where(
        MetricBlockRow.job_id == job_id, of_batches if batches else ~of_batches
    )
    parts: dict[str, list[bytes]] = {}
    for key, points in tx.connection().execute(query.order_by(MetricBlockRow.key, MetricBlockRow.last_id)):
        parts.setdefault(key, []).append(points)
    curves = {key: Curve.unpack(each) for key, each in parts.items()}
    last_id = newest.last_id
    if newest.closes != tx.scalar(_ATTEMPT, {"job": job_id}):
        later, last_of_rest = _rest(tx, job_id, last_id, batches=batches)
        curves, last_id = joined(curves, later), max(last_id, last_of_rest)
    return {key: curve.in_order() for key, curve in curves.items()}, last_id


def new_points(
    tx: Session, job_id: UUID, after: int, *, batches: bool | None = None
) -> tuple[dict[str, Curve], int]:
    """What was written behind an id, by key, and the newest id; of batches, of all else, or both."""
    found = tx.connection().execute(_NEW, {"job": job_id, "after": after})
    return _by_key(found.cursor.fetchall(), batches=batches)


def _rest(tx: Session, job_id: UUID, after: int, *, batches: bool | None) -> tuple[dict[str, Curve], int]:
    """The same where much may have been written by others since."""
    found = tx.connection().execute(_REST, {"job": job_id, "after": after})
    return _by_key(found.cursor.fetchall(), batches=batches)


def joined(before: Mapping[str, Curve], later: Mapping[str, Curve]) -> dict[str, Curve]:
    return {**before, **{key: before[key] + more if key in before else more for key, more in later.items()}}


def _by_key(rows: Sequence[Any], *, batches: bool | None) -> tuple[dict[str, Curve], int]:
    """Curves in the order of the rows' ids."""
    found: dict[str, list[Row]] = {}
    for key, *row in rows:
        if batches is None or key.startswith(BATCH) == batches:
            found.setdefault(key, []).append(cast(Row, tuple(row)))
    curves = {key: Curve.of(sorted(each, key=lambda row: row[1])) for key, each in found.items()}
    return curves, max((row[2] for row in rows), default=0)
