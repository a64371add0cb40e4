"""A copy of a SQLite database at one moment, made while others write to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import MetaData, Table, inspect, select

from services.moving import CannotMove
from services.storage.database import Database

BLOB_COLUMNS = ("storage_path", "series_path", "blob_key", "results_file_path", "image_path")


def snapshot(source: Path, target: Path) -> None:
    """By SQLite's own backup, in one step: writers go on meanwhile, since the database is in WAL mode.

    The copy is checked; a damaged one would be noticed on the day when it is needed.
    """
    if not source.is_file():
        raise CannotMove(f"There is no database {source}")
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as original,
            closing(sqlite3.connect(target)) as copy,
        ):
            original.backup(copy)
            copy.execute("pragma journal_mode=delete")
            (said,) = copy.execute("pragma integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise CannotMove(f"{source} cannot be read as a database: {error}") from None
    if said != "ok":
        raise CannotMove(f"{source} is damaged: {said}; restore the newest backup")


def named_blobs(database: Database) -> Iterator[str]:
    """Every key of a blob that a row names."""
    here = inspect(database.engine)
    for table in sorted(here.get_table_names()):
        names = {column["name"] for column in here.get_columns(table)}
        for column in BLOB_COLUMNS:
            if column in names:
                rows = Table(table, MetaData(), autoload_with=database.engine).c[column]
                with database.read() as tx:
                    yield from tx.scalars(select(rows).where(rows.is_not(None), rows != ""))
