"""Copies of objects on this machine's disk, each under the tag by which the store says whether it changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LIMIT_BYTES = 2 << 30


class ObjectCache:
    """The least lately used go first; a copy that somebody has opened or linked stays readable."""

    def __init__(self, folder: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit = limit_bytes

    def newest(self, name: str) -> tuple[Path, str] | None:
        """The copy of this object and its tag."""
        for path in self._folder.glob(f"{_digest(name)}-*"):
            return path, urlsafe_b64decode(path.name.split("-", 1)[1]).decode()
        return None

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """An empty file of our own; what is left of it after a crash, the clean-up removes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=self._folder)
        os.close(handle)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def keep(self, name: str, tag: str, draft: Path) -> Path:
        """Make a draft the copy of this object."""
        path = self._folder / f"{_digest(name)}-{urlsafe_b64encode(tag.encode()).decode()}"
        draft.replace(path)
        for other in self._folder.glob(f"{_digest(name)}-*"):
            if other != path:
                other.unlink(missing_ok=True)
        self._make_room(path)
        return path

    def drop(self, name: str) -> None:
        for path in self._folder.glob(f"{_digest(name)}-*"):
            path.unlink(missing_ok=True)

    def _make_room(self, newest: Path) -> None:
        seen = []
        for path in self._folder.glob("[!.]*"):
            with suppress(FileNotFoundError):  # another process made room, too
                seen.append((path.stat().st_mtime, path.stat().st_size, path))
        total = sum(size for _, size, _ in seen)
        for _, size, path in sorted(seen):
            if total <= self._limit or path == newest:
                return
            path.unlink(missing_ok=True)
            total -= size


def linked(path: Path, folder: Path, name: str) -> Path:
    """The copy under a name in a folder of the caller's; nobody else's clean-up takes that away."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{_digest(name)[:16]}-{name.rsplit('/', 1)[-1]}"
    target.unlink(missing_ok=True)
    try:
        os.link(path, target)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        shutil.copyfile(path, target)  # another file system
    return target


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
