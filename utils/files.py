"""Writing files so that a reader, or a crash, never sees half of one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import uuid4


@contextmanager
def atomic_writer(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under `path` when the block ends well, and not at all otherwise."""
    draft = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        with _create(draft) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _create(path: Path, attempts: int = 100) -> IO[bytes]:
    """Open a new file; its folder may be removed as empty by somebody else at any moment before."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")
    except (FileNotFoundError, FileExistsError):  # the latter where it vanished within mkdir itself
        if attempts == 0:
            raise
    return _create(path, attempts - 1)


def sync_folder(path: Path) -> None:
    """Make names that were added to a folder, or taken out of it, outlast a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
