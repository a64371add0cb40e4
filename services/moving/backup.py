"""`flask backup`: an embedded installation as one file, made while it serves."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from services.moving import CannotMove
from services.moving.snapshots import named_blobs, snapshot
from services.moving.unfinished import pieces
from services.settings import Settings
from services.storage.blobs.disk import DiskBlobs
from services.storage.database import Database
from utils.files import sync_folder

DATABASE = "trainyard.db"
MANIFEST = "manifest.json"
BLOBS = "blobs/"
KEPT = ("secret_key", "installation_id")  # small files of the folder that belong to the database
FORMAT = 2  # since then with uploads that are not finished


@dataclass
class Report:
    """What is in the file; `missing`: blobs that rows of the snapshot name and that were gone by then."""

    files: int = 0
    size_bytes: int = 0
    uploads: int = 0  # not finished
    missing: list[str] = field(default_factory=list)


def backup(settings: Settings, target: Path) -> Report:
    """The file appears complete or not at all; only its owner may read it, for it holds the secret.

    First the database, then unfinished uploads as far as they are, then the blobs. A blob that was stored in
    between has no row and is swept away after a restore; one that was deleted in between is missed by its
    row, and named.
    """
    _require_embedded(settings)
    draft = target.with_name(f".{target.name}.tmp")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise CannotMove(f"{target} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            report = _write(settings, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        sync_folder(target.parent)
    finally:
        draft.unlink(missing_ok=True)
    return report


def _require_embedded(settings: Settings) -> None:
    if settings.database_url != f"sqlite:///{settings.data_dir / DATABASE}" or settings.blobs != "disk":
        raise CannotMove(
            "flask backup is for an installation whose rows and blobs lie in DATA_DIR: back a PostgreSQL up "
            "with pg_dump or by Supabase, and blobs where they lie"
        )


def _write(settings: Settings, file: BinaryIO) -> Report:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        written = _Written(archive)
        with _snapshot_of(settings) as path:
            written.add(DATABASE, path)
            database = Database(f"sqlite:///{path}")
            try:
                named = set(named_blobs(database))
                with database.engine.connect() as connection:
                    revision = database.revisions(connection)[0]
            finally:
                database.close()
        for name in KEPT:
            if (settings.data_dir / name).exists():
                written.add(name, settings.data_dir / name)
        uploads = 0
        for piece in pieces(settings.data_dir):
            written.add_open(piece.name, piece.source, piece.size)
            uploads += piece.begins
        blobs = DiskBlobs(settings.data_dir / "blobs")
        with tempfile.TemporaryDirectory() as folder:
            for key in blobs.list(""):
                try:
                    written.add(BLOBS + key, blobs.local_path(key, Path(folder)))
                except FileNotFoundError:  # deleted since it was listed
                    continue
        missing = sorted(key for key in named if BLOBS + key not in written.files)
        written.close(revision, uploads, missing)
    size = sum(about["size"] for about in written.files.values())
    return Report(len(written.files), size, uploads, missing)


@contextmanager
def _snapshot_of(settings: Settings) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix=".backup-") as folder:
        path = Path(folder) / DATABASE
        snapshot(settings.data_dir / DATABASE, path)
        yield path


class _Written:
    """An archive in the making, with what its manifest will say."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self.files: dict[str, dict[str, Any]] = {}

    def add(self, name: str, path: Path) -> None:
        """Hashed while it is written, so that manifest and content cannot differ."""
        with path.open("rb") as source:
            self.add_open(name, source, os.fstat(source.fileno()).st_size)

    def add_open(self, name: str, source: BinaryIO, size: int) -> None:
        """So many bytes from where it is read."""
        about = tarfile.TarInfo(name)
        about.size = size
        about.mode = 0o600
        reader = _Hashing(source)
        self._archive.addfile(about, reader)
        self.files[name] = {"size": size, "sha256": reader.digest.hexdigest()}

    def close(self, revision: str | None, uploads: int, missing: list[str]) -> None:
        manifest = {
            "format": FORMAT,
            "revision": revision,
            "created_at": datetime.now(UTC).isoformat(),
            "files": self.files,
            "uploads": uploads,
            "missing": missing,
        }
        content = json.dumps(manifest, indent=1).encode()
        about = tarfile.TarInfo(MANIFEST)
        about.size = len(content)
        self._archive.addfile(about, io.BytesIO(content))


class _Hashing:
    """Reads on, and knows the hash of what was read."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._source.read(size)
        self.digest.update(content)
        return content
