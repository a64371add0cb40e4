"""The metric history of a job: its points by range or the newest first, and whole curves with few points."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    false,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import Session

from services.errors import BadRequest
from services.jobs.blocks import BATCH
from services.jobs.curve import NO_EPOCH, Curve
from services.jobs.curves import Curves, keys_of, thin
from services.storage.job_tables import AttemptRow
from services.storage.tables import MetricRow

MAX_POINTS = 10_000
LEAST_THINNED, MOST_THINNED = 4, 5_000
PAGE = 25  # the fewest points of a key that are read at once
COLUMN_NAMES = ("step", "epoch", "attempt", "value")
Columns = dict[str, list[Any]]


class MetricPoint(NamedTuple):
    key: str
    value: float | None  # null: was not a finite number
    step: int
    epoch: int | None
    phase: str
    attempt: int
    created_at: datetime

    def to_json(self) -> dict[str, Any]:
        return {**self._asdict(), "created_at": self.created_at.isoformat()}


POINT = tuple(getattr(MetricRow, name) for name in MetricPoint._fields)


@dataclass(frozen=True)
class Wanted:
    """Which points: without `keys` all but those of batches, without `attempt` one curve over all."""

    keys: Sequence[str] | None = None
    from_step: int | None = None
    to_step: int | None = None
    after_step: int | None = None
    attempt: int | Literal["all"] | None = None
    order: Literal["asc", "desc"] = "asc"

    @property
    def steps(self) -> tuple[int, int]:
        """The first and the last step, both included."""
        first = max(
            -(2**62) if self.from_step is None else self.from_step,
            -(2**62) if self.after_step is None else self.after_step + 1,
        )
        return first, 2**62 if self.to_step is None else self.to_step


def points(tx: Session, job_id: UUID, wanted: Wanted, limit: int) -> list[MetricPoint]:
    """The first `limit` in the order of their steps, or the last where that is reversed."""
    check_limit(limit)
    keys = _keys(tx, job_id, wanted)
    page = max(PAGE, -(-limit // max(1, len(keys))) + 1)
    pages = _Pages(tx, job_id, wanted, page)
    streams = [pages.of(key) for key in keys]
    merged = heapq.merge(*streams, reverse=wanted.order == "desc")
    return [MetricPoint(*row) for _, _, *row in islice(merged, limit)]


def columns(tx: Session, curves: Curves, job_id: UUID, wanted: Wanted, max_points: int) -> dict[str, Columns]:
    """Whole curves by key, each with at most `max_points` points, among them every extreme that shows."""
    if not LEAST_THINNED <= max_points <= MOST_THINNED:
        raise BadRequest(f"max_points must be from {LEAST_THINNED} to {MOST_THINNED}, not {max_points}")
    chain = _chain(tx, job_id) if wanted.attempt is None else None
    found = curves.read(tx, job_id, wanted.keys)
    return {key: _columns(_visible(curve, chain, wanted), wanted, max_points) for key, curve in found.items()}


def recent(tx: Session, job_id: UUID, epochs: int) -> list[dict[str, Any]]:
    """The newest epochs, the newest first, each with all its values."""
    table: dict[int, dict[str, Any]] = {}
    wanted = Wanted(order="desc")
    pages = _Pages(tx, job_id, wanted, epochs)
    for key in _keys(tx, job_id, wanted):
        for _, _, *row in islice(pages.of(key), epochs):
            point = MetricPoint(*row)
            place = point.step if point.epoch is None else point.epoch
            table.setdefault(place, {"step": point.step, "epoch": point.epoch}).setdefault(key, point.value)
    return [table[place] for place in sorted(table, reverse=True)[:epochs]]


def as_points(found: Mapping[str, Columns], order: str) -> list[dict[str, Any]]:
    """Columns as a list in the order of steps."""
    rows = [
        {"key": key, **dict(zip(curve, row, strict=True))}
        for key, curve in found.items()
        for row in zip(*curve.values(), strict=True)
    ]
    return sorted(rows, key=lambda row: row["step"], reverse=order == "desc")


def as_columns(found: Sequence[MetricPoint]) -> dict[str, Columns]:
    """Points as columns by key."""
    curves: dict[str, list[MetricPoint]] = {}
    for point in found:
        curves.setdefault(point.key, []).append(point)
    return {
        key: {name: [getattr(point, name) for point in curve] for name in COLUMN_NAMES}
        for key, curve in curves.items()
    }


def check_limit(limit: int) -> None:
    if not 1 <= limit <= MAX_POINTS:
        raise BadRequest(f"limit must be from 1 to {MAX_POINTS}, not {limit}")


def _keys(tx: Session, job_id: UUID, wanted: Wanted) -> list[str]:
    if wanted.keys is not None:
        return sorted(set(wanted.keys))
    return [key for key in keys_of(tx, job_id) if not key.startswith(BATCH)]


class _Pages:
    """Step, id and POINT of a key in order, read page by page as far as they are asked for."""

    def __init__(self, tx: Session, job_id: UUID, wanted: Wanted, page: int) -> None:
        """The statements are built once for all keys."""
        self._connection, self._page = tx.connection(), page
        forward, (first, last) = wanted.order == "asc", wanted.steps
        place = MetricRow.step, MetricRow.id
        behind = bindparam("step", type_=BigInteger), bindparam("id", type_=BigInteger)
        self._first = (
            select(*place, *POINT)
            .where(MetricRow.job_id == job_id, MetricRow.key == bindparam("key"))
            .where(_shown(tx, job_id, wanted.attempt))
            .where(MetricRow.step.between(literal(first, BigInteger), literal(last, BigInteger)))
            .order_by(*(each if forward else each.desc() for each in place))
            .limit(page)
        )
        self._next = self._first.where(
            tuple_(*place) > tuple_(*behind) if forward else tuple_(*place) < tuple_(*behind)
        )

    def of(self, key: str) -> Iterator[tuple[Any, ...]]:
        rows = self._read(self._first, {"key": key})
        yield from rows
        while len(rows) == self._page:
            step, id_ = rows[-1][:2]
            rows = self._read(self._next, {"key": key, "step": step, "id": id_})
            yield from rows

    def _read(self, query: Select[*tuple[Any, ...]], given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._connection.execute(query, given)]


def _chain(tx: Session, job_id: UUID) -> dict[int, int | None]:
    """For each attempt up to which point it still counts: later ones have superseded the rest."""
    query = select(AttemptRow.attempt, AttemptRow.cursor).where(AttemptRow.job_id == job_id)
    limits: dict[int, int | None] = {}
    limit: int | None = None
    for attempt, cursor in tx.execute(query.order_by(AttemptRow.attempt.desc())):
        limits[attempt] = limit
        limit = cursor if limit is None else min(limit, cursor)
    return limits


def _shown(tx: Session, job_id: UUID, attempt: int | Literal["all"] | None) -> ColumnElement[bool]:
    if attempt == "all":
        return true()
    if attempt is not None:
        return MetricRow.attempt == attempt
    parts = [
        MetricRow.attempt == each if limit is None else and_(MetricRow.attempt == each, MetricRow.id <= limit)
        for each, limit in _chain(tx, job_id).items()
    ]
    return or_(*parts) if parts else false()


def _visible(curve: Curve, chain: Mapping[int, int | None] | None, wanted: Wanted) -> Curve:
    present = set(curve.attempts)
    if chain is None:
        if wanted.attempt == "all" or present <= {wanted.attempt}:
            return curve
        return curve.pick([at for at, attempt in enumerate(curve.attempts) if attempt == wanted.attempt])
    if all(attempt in chain and chain[attempt] is None for attempt in present):
        return curve
    limits = {attempt: 2**62 if limit is None else limit for attempt, limit in chain.items()}
    both = zip(curve.ids, curve.attempts, strict=True)
    return curve.pick([at for at, (id_, attempt) in enumerate(both) if id_ <= limits.get(attempt, 0)])


def _columns(curve: Curve, wanted: Wanted, max_points: int) -> Columns:
    first, last = wanted.steps
    places = thin(curve.values, bisect_left(curve.steps, first), bisect_right(curve.steps, last), max_points)
    if wanted.order == "desc":
        places.reverse()
    shown: list[list[Any]] = [[column[at] for at in places] for column in curve]
    steps, _, epochs, attempts, values = shown
    if NO_EPOCH in epochs:
        epochs = [None if epoch == NO_EPOCH else epoch for epoch in epochs]
    if math.isnan(sum(values)):
        values = [value if value == value else None for value in values]
    return dict(zip(COLUMN_NAMES, (steps, epochs, attempts, values), strict=True))
