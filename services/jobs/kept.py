"""Files that one attempt of a job leaves for the next: stored under their hash, believed only if it fits."""

from __future__ import annotations

import hashlib
from pathlib import Path
from uuid import UUID

from services.jobs.checkpoints import folder_of
from services.storage.blobs import Blobs


def put(blobs: Blobs, job_id: UUID, name: str, path: Path) -> None:
    """Store it in place of what was kept under this name."""
    prefix = _prefix(job_id, name)
    key = f"{prefix}{_digest(path)}"
    blobs.put_file(key, path)
    for other in list(blobs.list(prefix)):
        if other != key:
            blobs.delete(other)


def get(blobs: Blobs, job_id: UUID, name: str, folder: Path) -> Path | None:
    """A local path of what is kept under this name; None if there is nothing, or nothing whole."""
    prefix = _prefix(job_id, name)
    for key in blobs.list(prefix):
        path = blobs.local_path(key, folder)
        if _digest(path) == key.removeprefix(prefix):
            return path
    return None


def _prefix(job_id: UUID, name: str) -> str:
    return f"{folder_of(job_id)}kept/{name}/"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
