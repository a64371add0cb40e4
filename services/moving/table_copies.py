"""Rows from one database to another, and what proves that they are the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, delete, func, insert, inspect, select, text
from sqlalchemy.exc import DataError, IntegrityError

from services.moving import CannotMove
from services.storage.tables import Base

AT_ONCE = 1000
OF_A_PLACE = ("installation", "workers")  # say where and by whom rows are worked on, not what was done
SEEDED = ("plans",)  # a new database has them already; ours take their place


@dataclass(frozen=True)
class Content:
    """How many rows a table has, and one number that any change of any of them changes."""

    rows: int
    digest: str


def tables() -> list[Table]:
    """In an order in which every row finds what it refers to."""
    return [table for table in Base.metadata.sorted_tables if table.name not in OF_A_PLACE]


def content(connection: Connection, table: Table) -> Content:
    """The sum of the hashes of all rows, so that the order in which a database gives them does not matter."""
    count, total = 0, 0
    for row in _rows(connection, table):
        words = [_plain(value) for value in row.values()]
        digest = hashlib.sha256(json.dumps(words).encode()).digest()
        total = (total + int.from_bytes(digest)) % 2**256
        count += 1
    return Content(count, f"{total:064x}")


def is_empty(connection: Connection) -> bool:
    """But for what migrating puts there."""
    return all(
        table.name in SEEDED or connection.execute(select(table).limit(1)).first() is None
        for table in tables()
    )


def copy_all(source: Connection, target: Connection) -> None:
    for name in SEEDED:
        target.execute(delete(Base.metadata.tables[name]))
    for table in tables():
        try:
            for rows in _batches(_rows(source, table)):
                target.execute(insert(table), rows)
        except (DataError, IntegrityError) as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise CannotMove(f"A row of {table.name} does not fit into the new database: {reason}") from None
        _count_on(target, table)


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    order = table.primary_key.columns.values()
    found = connection.execution_options(yield_per=AT_ONCE).execute(select(table).order_by(*order))
    return (dict(row) for row in found.mappings())


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _count_on(target: Connection, table: Table) -> None:
    """The next number that PostgreSQL gives out follows the greatest that was copied."""
    if target.dialect.name != "postgresql":
        return
    serials = set(inspect(target).get_sequence_names())
    for column in table.primary_key.columns:
        sequence = f"{table.name}_{column.name}_seq"
        greatest = target.scalar(select(func.max(column))) if sequence in serials else None
        if greatest is not None:
            target.execute(
                text("select setval(cast(:name as regclass), :value)"), {"name": sequence, "value": greatest}
            )


def _plain(value: Any) -> Any:
    """The same words for the same value, whichever database it comes from."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value
