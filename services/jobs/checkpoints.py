"""Checkpoints: states from which a training goes on exactly, stored whole, checked, and read back."""

from __future__ import annotations

import hashlib
import shutil
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.errors import Unavailable
from services.storage.blobs import Blob, BlobNotFound, Blobs
from services.storage.job_tables import CheckpointRow

KEEP_LAST = 2  # so that a broken one does not end a training
COST = 200  # between two, at least so many times what the last one took: half a per cent of the time
BUFFER_BYTES = 1 << 20
Save = Callable[[Path], None]


class Damaged(Exception):
    """What lies in the store is not what was stored."""


class Unsaved(Exception):
    """A checkpoint could not be stored; the training itself is not touched by that."""


class Pace:
    """When the next checkpoint is due; with 0 seconds, always."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._last = clock()
        self._cost = 0.0

    def is_due(self) -> bool:
        if not self._seconds:
            return True
        return self._clock() - self._last >= max(self._seconds, COST * self._cost)

    def taken(self, began: float) -> None:
        """One that was begun at this reading of the clock is stored."""
        self._last = self._clock()
        self._cost = self._last - began

    def now(self) -> float:
        return self._clock()


class Stored(NamedTuple):
    kind: str
    blob: Blob


def folder_of(job_id: UUID) -> str:
    """Where a job's checkpoints and kept files lie; they outlive its attempts."""
    return f"checkpoints/{job_id}/"


def write(blobs: Blobs, job_id: UUID, attempt: int, kind: str, save: Save, workdir: Path) -> Stored:
    """Store what `save` writes into a folder, and read it back; Unsaved where that fails."""
    folder, packed = workdir / f".checkpoint-{kind}", workdir / f".checkpoint-{kind}.zip"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir()
        save(folder)
        _pack(folder, packed)
        digest = _digest_of(packed)
        blob = blobs.put_file(f"{folder_of(job_id)}{kind}-{attempt}-{digest[:24]}.zip", packed)
        if blob.sha256 != digest or _stored_digest(blobs, blob.key) != digest:
            raise Unsaved("it reads back differently from what was written")
    except OSError as error:
        raise Unsaved(error.strerror or str(error)) from error
    except Unavailable as error:
        raise Unsaved(error.message) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        packed.unlink(missing_ok=True)
    return Stored(kind, blob)


def read(blobs: Blobs, row: CheckpointRow, folder: Path) -> Path:
    """The files of a checkpoint in a fresh folder; Damaged if they are not what was stored."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        if _stored_digest(blobs, row.blob_key) != row.sha256:
            raise Damaged(f"the checkpoint of step {row.step} has changed since it was stored")
        with blobs.open(row.blob_key) as file, zipfile.ZipFile(file) as archive:
            archive.extractall(folder)
    except BlobNotFound:
        raise Damaged(f"the checkpoint of step {row.step} is gone") from None
    return folder


def is_whole(blobs: Blobs, row: CheckpointRow) -> bool:
    try:
        return _stored_digest(blobs, row.blob_key) == row.sha256
    except BlobNotFound:
        return False


def all_of(tx: Session, job_id: UUID, kind: str | None = None) -> list[CheckpointRow]:
    """The newest first."""
    query = select(CheckpointRow).where(CheckpointRow.job_id == job_id)
    if kind is not None:
        query = query.where(CheckpointRow.kind == kind)
    return list(tx.scalars(query.order_by(CheckpointRow.created_at.desc(), CheckpointRow.step.desc())))


def newest(tx: Session, job_id: UUID) -> CheckpointRow | None:
    """From which the job would go on."""
    rows = all_of(tx, job_id, "last")
    return rows[0] if rows else None


def progress_from(newest: CheckpointRow | None, told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What is shown of a job that goes on from there; its percentage never falls, though work is repeated.

    None: it begins anew.
    """
    if newest is None:
        return None
    return {**newest.progress, "percent": max(newest.progress["percent"], (told or {}).get("percent", 0.0))}


def replace(tx: Session, job_id: UUID, stored: Sequence[Stored], values: Mapping[str, Any]) -> list[str]:
    """Write the rows of new checkpoints and drop those of superseded ones; gives the keys of the latter."""
    # the same state twice is one checkpoint, and does not push out the one before
    again = CheckpointRow.job_id == job_id, CheckpointRow.blob_key.in_([each.blob.key for each in stored])
    tx.execute(delete(CheckpointRow).where(*again).execution_options(synchronize_session=False))
    for kind, blob in stored:
        size, digest = blob.size_bytes, blob.sha256
        tx.add(
            CheckpointRow(
                job_id=job_id, kind=kind, blob_key=blob.key, size_bytes=size, sha256=digest, **values
            )
        )
    tx.flush()
    old = _superseded(all_of(tx, job_id))
    if old:
        tx.execute(
            delete(CheckpointRow)
            .where(CheckpointRow.id.in_([row.id for row in old]))
            .execution_options(synchronize_session=False)
        )
    kept = set(tx.scalars(select(CheckpointRow.blob_key).where(CheckpointRow.job_id == job_id)))
    return [row.blob_key for row in old if row.blob_key not in kept]


def _superseded(rows: Sequence[CheckpointRow]) -> list[CheckpointRow]:
    """All but the newest different states, and the best ones that were taken together with those."""
    kept: dict[str, CheckpointRow] = {}
    for row in rows:
        if row.kind == "last" and len(kept) < KEEP_LAST:
            kept.setdefault(row.blob_key, row)  # the same state twice is no second chance
    moments = {(row.step, row.cursor) for row in kept.values()}
    best = {row.blob_key + str(row.step): row for row in reversed(rows) if row.kind == "best"}
    held = {row.id for row in (*kept.values(), *best.values()) if (row.step, row.cursor) in moments}
    return [row for row in rows if row.id not in held]


def _pack(folder: Path, target: Path) -> None:
    """Uncompressed, in a fixed order and without times: equal states give equal bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            about = zipfile.ZipInfo(path.relative_to(folder).as_posix())
            with path.open("rb") as source, archive.open(about, "w", force_zip64=True) as entry:
                shutil.copyfileobj(source, entry, BUFFER_BYTES)


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stored_digest(blobs: Blobs, key: str) -> str:
    with blobs.open(key) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
