"""The port for stored files: small named byte strings that appear whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


class BlobNotFound(FileNotFoundError):
    """There is no blob of this key; every adapter raises this and no vendor's error."""


@dataclass(frozen=True)
class Blob:
    key: str
    size_bytes: int
    sha256: str


class Blobs(Protocol):
    """Keys are relative POSIX paths such as `files/<session>/<sha256>.csv`; a key that would leave the
    root, is empty, absolute, or holds `..`, a backslash or a NUL raises ValueError in every method.
    Writing a key again replaces it at once; a reader sees the old or the new content, never a mixture.
    """

    def put(self, key: str, source: BinaryIO) -> Blob:
        """Store everything `source` holds (streamed) and say its size and hash."""

    def put_file(self, key: str, path: Path) -> Blob:
        """Store a local file; the file itself is left alone."""

    def open(self, key: str) -> BinaryIO:
        """A reader; raises BlobNotFound."""

    def local_path(self, key: str, folder: Path) -> Path:
        """A readable local path of the content (fetched into `folder` where needed); raises BlobNotFound."""

    def exists(self, key: str) -> bool: ...

    def delete(self, key: str) -> bool:
        """Remove it; False if there was none."""

    def list(self, prefix: str) -> Iterator[str]:
        """Every key that begins with `prefix`, sorted."""

    def check(self) -> None:
        """Raises OSError or Unavailable where nothing can be stored now; may be asked every few seconds."""

    def link(self, key: str, name: str) -> str | None:
        """An address from which anybody may fetch it under this name for some minutes; None where this store
        has none, and then bytes pass through the server. Raises BlobNotFound where that costs nothing."""
