"""Metric curves as columns, held in memory between requests and thinned without losing an extreme."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from threading import Lock
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from services.jobs import blocks
from services.jobs.blocks import BATCH
from services.jobs.curve import Curve, Row
from services.storage.tables import JobRow, MetricRow

MOST_HELD = 2_000_000  # points of all jobs together; 40 bytes each
POINTS_OF_A_BUCKET = 4  # first, last, least, greatest


def thin(values: Sequence[float], start: int, stop: int, max_points: int) -> list[int]:
    """Places in `start:stop`: first, last, least and greatest of each of as many buckets as may be.

    What is drawn from them looks as if it were drawn from all (the aggregation of M4, VLDB 2014).
    """
    n = stop - start
    if n <= max_points:
        return list(range(start, stop))
    buckets = max_points // POINTS_OF_A_BUCKET
    shown = list(values[start:stop])  # of a list the least is found in half the time
    has_gaps = math.isnan(sum(shown))
    places: list[int] = []
    end = 0
    for bucket in range(1, buckets + 1):
        first, end = end, n * bucket // buckets
        part = shown[first:end]
        ranked = [value for value in part if value == value] if has_gaps else part
        begin = start + first
        if ranked:
            low, high = part.index(min(ranked)), part.index(max(ranked))
            places += sorted({begin, begin + low, begin + high, start + end - 1})
        else:
            places += sorted({begin, start + end - 1})
    return places


class _Held(NamedTuple):
    last_seq: int  # of the job, when its points were read
    last_id: int
    curves: dict[str, Curve]

    @property
    def size(self) -> int:
        return sum(len(curve.ids) for curve in self.curves.values())


class Curves:
    """All points of jobs that were lately asked for; of a job that still works only new ones are read.

    Points are only ever added, and every addition raises the job's `last_seq`, which is how it is seen.
    """

    def __init__(self, most: int = MOST_HELD) -> None:
        self._most = most
        self._held: OrderedDict[tuple[UUID, bool], _Held] = OrderedDict()
        self._lock = Lock()

    def read(self, tx: Session, job_id: UUID, keys: Collection[str] | None) -> dict[str, Curve]:
        """By key; without `keys` all but those of batches."""
        wanted = {False} if keys is None else {key.startswith(BATCH) for key in keys}
        curves: dict[str, Curve] = {}
        for batches in wanted:
            curves |= self._read(tx, job_id, batches=batches).curves
        return {key: curve for key, curve in curves.items() if keys is None or key in keys}

    def _read(self, tx: Session, job_id: UUID, *, batches: bool) -> _Held:
        last_seq = tx.scalar(select(JobRow.last_seq).where(JobRow.id == job_id)) or 0
        place = job_id, batches
        with self._lock:
            held = self._held.get(place)
        if held is None or held.last_seq != last_seq:
            held = _added(tx, job_id, held, last_seq, batches=batches) or _all(
                tx, job_id, last_seq, batches=batches
            )
        with self._lock:
            self._held[place] = held
            self._held.move_to_end(place)
            while sum(each.size for each in self._held.values()) > self._most:
                self._held.popitem(last=False)
        return held


def keys_of(tx: Session, job_id: UUID) -> list[str]:
    """The keys of a job, found by stepping through the index from one to the next."""
    mine = MetricRow.job_id == job_id
    walk = select(func.min(MetricRow.key).label("key")).where(mine).cte("walk", recursive=True)
    before = aliased(walk)
    following = select(func.min(MetricRow.key)).where(mine, MetricRow.key > before.c.key).scalar_subquery()
    walk = walk.union_all(select(following).where(before.c.key.is_not(None)))
    return list(tx.scalars(select(walk.c.key).where(walk.c.key.is_not(None))))


def _all(tx: Session, job_id: UUID, last_seq: int, *, batches: bool) -> _Held:
    packed = blocks.read(tx, job_id, batches=batches)
    if packed is not None:
        return _Held(last_seq, packed[1], packed[0])
    curves = {}
    for key in keys_of(tx, job_id):
        if key.startswith(BATCH) == batches:
            where = MetricRow.job_id == job_id, MetricRow.key == key
            curves[key] = Curve.of(_rows(tx, *where))
    return _Held(last_seq, _last_id(curves), curves)


def _added(tx: Session, job_id: UUID, held: _Held | None, last_seq: int, *, batches: bool) -> _Held | None:
    """What is held and what came since; None where nothing is held."""
    if held is None:
        return None
    later, last_id = blocks.new_points(tx, job_id, held.last_id, batches=batches)
    curves = blocks.joined(held.curves, later)
    curves.update({key: curves[key].in_order() for key in later})
    return _Held(last_seq, max(held.last_id, last_id), curves)


def _rows(tx: Session, *where: ColumnElement[bool]) -> list[Row]:
    """By step and id; plain tuples, because to make row objects takes as long as to read them."""
    result = tx.connection().execute(select(*blocks.COLUMNS).where(*where).order_by(MetricRow.step))
    rows = cast("list[Row]", result.cursor.fetchall())
    if len({row[0] for row in rows}) < len(rows):  # the index knows the order of steps only
        rows.sort()
    return rows


def _last_id(curves: Mapping[str, Curve]) -> int:
    return max((max(curve.ids) for curve in curves.values() if curve.ids), default=0)
