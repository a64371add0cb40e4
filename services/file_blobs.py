"""Blobs that files are made of: one may belong to several files, and goes with the last of them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import FileRow

AT_ONCE = 400


def named_by_files(tx: Session, keys: Iterable[str]) -> set[str]:
    """Those of the keys that some file still needs."""
    found: set[str] = set()
    wanted = list(keys)
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        for column in (FileRow.storage_path, FileRow.series_path):
            found.update(key for key in tx.scalars(select(column).where(column.in_(some))) if key)
    return found


def delete_unnamed(database: Database, blobs: Blobs, keys: Iterable[str]) -> int:
    """Delete those that no file needs; how many that were."""
    wanted = list(keys)
    with database.read() as tx:
        named = named_by_files(tx, wanted)
    return sum(blobs.delete(key) for key in wanted if key not in named)
