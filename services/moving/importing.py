"""`flask import-sqlite`: an embedded installation moves into the configured database and blobs."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from services.installation import LOCK
from services.moving import CannotMove
from services.moving.backup import DATABASE
from services.moving.snapshots import named_blobs, snapshot
from services.moving.table_copies import Content, content, copy_all, is_empty, tables
from services.moving.unfinished import copy_unfinished
from services.storage.blobs import BlobNotFound, Blobs
from services.storage.blobs.disk import DiskBlobs
from services.storage.database import Database
from utils.locks import held

BUFFER_BYTES = 1024 * 1024
Tell = Callable[[str], None]
Accounts = Callable[[Connection], None]  # brings the accounts of a database to where accounts are kept


@dataclass(frozen=True)
class Moved:
    """`missing`: blobs that rows name and that the source had lost already."""

    tables: dict[str, Content]
    blobs: int
    size_bytes: int
    missing: list[str]


def import_sqlite(
    source: Path,
    database: Database,
    blobs: Blobs,
    tell: Tell,
    accounts: Accounts | None = None,
    *,
    data_dir: Path | None = None,
) -> Moved:
    """Rows in one transaction, then blobs one by one, then unfinished uploads into `data_dir`; all of it is
    read back and compared.

    A target that holds something else is refused. One that holds these very rows is what an attempt left
    that did not get to its end: it goes on with the blobs.
    """
    folder = source.parent if source.name == DATABASE else source
    with held(folder / LOCK) as ours:
        if not ours:
            raise CannotMove(f"A server works on {folder}: stop it, so that nothing is left behind")
        with _newest_schema(folder / DATABASE) as original:
            compared = _move_rows(original, database, tell, accounts)
            named = set(named_blobs(original))
        kept = DiskBlobs(folder / "blobs")
        count, size = _move_blobs(kept, blobs, tell)
        if data_dir is not None:
            tell(f"{copy_unfinished(folder, data_dir)} unfinished uploads, to be gone on with there")
        return Moved(compared, count, size, sorted(key for key in named if not kept.exists(key)))


@contextmanager
def _newest_schema(path: Path) -> Iterator[Database]:
    """A copy that may be migrated; the original stays as it is."""
    with tempfile.TemporaryDirectory(prefix="trainyard-import-") as folder:
        snapshot(path, Path(folder) / DATABASE)
        database = Database(f"sqlite:///{Path(folder) / DATABASE}")
        try:
            with database.engine.connect() as connection:
                revision, _head, known = database.revisions(connection)
            if revision not in known:
                raise CannotMove(f"{path} has revision {revision}, which this version does not know")
            database.migrate()
            yield database
        finally:
            database.close()


def _move_rows(
    original: Database, database: Database, tell: Tell, accounts: Accounts | None
) -> dict[str, Content]:
    with original.engine.connect() as source:
        wanted = {table.name: content(source, table) for table in tables()}
        with database.engine.begin() as target:
            if is_empty(target):
                if accounts is not None:
                    accounts(source)
                copy_all(source, target)
            else:
                tell("The database is not empty: comparing it, in case an import was broken off here")
            found = {table.name: content(target, table) for table in tables()}
            different = [name for name, expected in wanted.items() if found[name] != expected]
            if different:
                raise CannotMove(
                    f"The database of DATABASE_URL holds other rows ({', '.join(different)}): an import "
                    "needs an empty one. Nothing was changed"
                )
    for name, about in wanted.items():
        if about.rows:
            tell(f"{name}: {about.rows} rows, the same here and there")
    return wanted


def _move_blobs(source: DiskBlobs, target: Blobs, tell: Tell) -> tuple[int, int]:
    count, size = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for key in source.list(""):
            path = source.local_path(key, Path(folder))
            with path.open("rb") as file:
                expected = hashlib.file_digest(file, "sha256").hexdigest()
            if _digest(target, key) != expected:
                target.put_file(key, path)
                if _digest(target, key) != expected:
                    raise CannotMove(f"The blob {key} came back changed from where it was stored: try again")
            count, size = count + 1, size + path.stat().st_size
    tell(f"{count} blobs with {size} bytes, the same here and there")
    return count, size


def _digest(blobs: Blobs, key: str) -> str | None:
    try:
        with blobs.open(key) as file:
            digest = hashlib.sha256()
            while part := file.read(BUFFER_BYTES):
                digest.update(part)
    except BlobNotFound:
        return None
    return digest.hexdigest()
