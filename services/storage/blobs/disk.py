"""Blobs in a folder: written beside their place, then moved into it."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from services.storage.blobs import Blob, BlobNotFound
from services.storage.blobs.keys import check_key, check_prefix
from utils.files import atomic_writer

BUFFER_BYTES = 64 * 1024
PROBE = "health/probe"


class DiskBlobs:
    """services.storage.blobs.Blobs under one root folder."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._root.mkdir(parents=True, exist_ok=True)

    def put(self, key: str, source: BinaryIO) -> Blob:
        path = self._path(key)
        digest, size = hashlib.sha256(), 0
        with atomic_writer(path) as file:
            while buffer := source.read(BUFFER_BYTES):
                digest.update(buffer)
                size += len(buffer)
                file.write(buffer)
        return Blob(key, size, digest.hexdigest())

    def put_file(self, key: str, path: Path) -> Blob:
        with path.open("rb") as source:
            return self.put(key, source)

    def open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise BlobNotFound(key) from None

    def local_path(self, key: str, folder: Path) -> Path:
        path = self._path(key)
        if not path.is_file():
            raise BlobNotFound(key)
        return path

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def delete(self, key: str) -> bool:
        path = self._path(key)
        if not path.is_file():
            return False
        path.unlink(missing_ok=True)
        self._drop_empty_folders(path.parent)
        return True

    def list(self, prefix: str) -> Iterator[str]:
        folders = check_prefix(prefix)
        keys = []
        for folder, _folders, names in os.walk(self._root.joinpath(*folders)):
            base = Path(folder).relative_to(self._root)
            keys += [(base / name).as_posix() for name in names if not name.startswith(".")]
        return iter(sorted(key for key in keys if key.startswith(prefix)))

    def check(self) -> None:
        self.put(PROBE, io.BytesIO(b"ok"))
        self.delete(PROBE)

    def link(self, key: str, name: str) -> str | None:
        return None

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._root).free

    def _path(self, key: str) -> Path:
        """Where a key lies; refuses every key that could lie anywhere else, links included."""
        path = self._root.joinpath(*check_key(key))
        if not path.parent.resolve().is_relative_to(self._root) or path.is_symlink():
            raise ValueError(f"{key!r} leads out of the blobs' folder")
        return path

    def _drop_empty_folders(self, folder: Path) -> None:
        while folder != self._root:
            try:
                folder.rmdir()
            except OSError:  # not empty, or another writer is about to fill it
                return
            folder = folder.parent
