"""`flask restore`: a backup becomes the installation in DATA_DIR, checked before it takes its place."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import IO, Any

from services.installation import LOCK
from services.moving import CannotMove
from services.moving.backup import BLOBS, DATABASE, FORMAT, KEPT, MANIFEST, Report
from services.moving.unfinished import FOLDERS, is_piece
from services.storage.blobs.disk import DiskBlobs
from services.storage.database import Database
from utils.files import sync_folder
from utils.locks import held

BUFFER_BYTES = 1024 * 1024


def restore(source: Path, data_dir: Path) -> Report:
    """Into an empty folder, or one whose start made nothing but a secret."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with held(data_dir / LOCK) as ours:
        if not ours:
            raise CannotMove(f"A server works on DATA_DIR={data_dir}: stop it first")
        _require_empty(data_dir)
        with tempfile.TemporaryDirectory(dir=data_dir, prefix=".restore-") as name:
            folder = Path(name)
            try:
                report = _unpack(source, folder)
            except (tarfile.TarError, EOFError) as error:
                raise CannotMove(f"{source} is no backup, or a part of one: {error}") from None
            except OSError as error:
                raise CannotMove(f"{error.filename or source}: {error.strerror}") from None
            _require_known_revision(folder / DATABASE)
            _put_in_place(folder, data_dir)
    return report


def _require_empty(data_dir: Path) -> None:
    blobs = data_dir / "blobs"
    full = [folder for folder in (blobs, *(data_dir / name for name in FOLDERS)) if _holds_something(folder)]
    if (data_dir / DATABASE).exists() or full:
        raise CannotMove(
            f"DATA_DIR={data_dir} holds an installation, which a restore would destroy: move the folder "
            "away, or set DATA_DIR to an empty one"
        )


def _holds_something(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _unpack(source: Path, folder: Path) -> Report:
    """Every file hashed as it is written; then the manifest says whether they are all there, and right."""
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    blobs = DiskBlobs(folder / "blobs")
    with tarfile.open(source, mode="r:") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            if content is None:
                raise CannotMove(f"{source} holds {member.name!r}, which is no file")
            if member.name == MANIFEST:
                manifest = json.load(content)
            elif member.name.startswith(BLOBS):
                found[member.name] = _store_blob(blobs, member.name.removeprefix(BLOBS), content)
            elif member.name in (DATABASE, *KEPT) or is_piece(member.name):
                found[member.name] = _write(folder / member.name, content)
            else:
                raise CannotMove(f"{source} holds {member.name!r}, which belongs to no backup")
    return _checked(source, manifest, found)


def _store_blob(blobs: DiskBlobs, key: str, content: IO[bytes]) -> dict[str, Any]:
    try:
        blob = blobs.put(key, content)  # type: ignore[arg-type]
    except ValueError as error:  # a key that would lead out of the folder
        raise CannotMove(str(error)) from None
    return {"size": blob.size_bytes, "sha256": blob.sha256}


def _write(path: Path, content: IO[bytes]) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with path.open("wb") as file:
        while part := content.read(BUFFER_BYTES):
            digest.update(part)
            size += file.write(part)
        file.flush()
        os.fsync(file.fileno())
    return {"size": size, "sha256": digest.hexdigest()}


def _checked(source: Path, manifest: dict[str, Any] | None, found: dict[str, dict[str, Any]]) -> Report:
    if manifest is None:
        raise CannotMove(f"{source} has no manifest: it is a part of a backup, or none")
    if manifest["format"] not in range(1, FORMAT + 1):
        raise CannotMove(f"{source} has format {manifest['format']}, this version reads up to {FORMAT}")
    wanted: dict[str, dict[str, Any]] = manifest["files"]
    if DATABASE not in wanted:
        raise CannotMove(f"{source} holds no database")
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise CannotMove(
                f"{source} is damaged: {name} is not what the manifest says; nothing was restored"
            )
    size = sum(about["size"] for about in found.values())
    return Report(len(found), size, manifest.get("uploads", 0), manifest["missing"])


def _require_known_revision(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    try:
        with database.engine.connect() as connection:
            revision, head, known = database.revisions(connection)
    finally:
        database.close()
    if revision not in known:
        raise CannotMove(
            f"The backup is from a newer version of Trainyard: it has revision {revision}, and this one "
            f"knows up to {head}"
        )


def _put_in_place(folder: Path, data_dir: Path) -> None:
    """The database last: whatever stops us before leaves a folder that is still empty to the next attempt."""
    if (data_dir / "blobs").exists():
        (data_dir / "blobs").rmdir()
    for name in KEPT:
        (data_dir / name).unlink(missing_ok=True)
        if (folder / name).exists():
            (folder / name).replace(data_dir / name)
    for name in FOLDERS:
        if (folder / name).exists():
            if (data_dir / name).exists():
                (data_dir / name).rmdir()
            (folder / name).replace(data_dir / name)
    (folder / "blobs").replace(data_dir / "blobs")
    for leftover in ("-wal", "-shm"):
        (data_dir / f"{DATABASE}{leftover}").unlink(missing_ok=True)
    sync_folder(data_dir)
    try:
        (folder / DATABASE).replace(data_dir / DATABASE)
    except OSError:
        for name in ("blobs", *FOLDERS):
            shutil.rmtree(data_dir / name, ignore_errors=True)
        raise
    sync_folder(data_dir)
