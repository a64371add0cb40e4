"""SHA-256 of files that follow each other, and of the whole that they are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.uploads.chunks import BUFFER_BYTES, Received


@dataclass(frozen=True)
class FileDigest:
    sha256: str
    size_bytes: int
    chunks: list[Received]


def digest_files(paths: Sequence[Path]) -> FileDigest:
    """One pass over all bytes."""
    whole, total = hashlib.sha256(), 0
    chunks = []
    for path in paths:
        own, size = hashlib.sha256(), 0
        with path.open("rb") as file:
            while buffer := file.read(BUFFER_BYTES):
                own.update(buffer)
                if len(paths) > 1:
                    whole.update(buffer)
                size += len(buffer)
        chunks.append(Received(path, own.hexdigest(), size))
        total += size
    sha256 = chunks[0].sha256 if len(chunks) == 1 else whole.hexdigest()
    return FileDigest(sha256, total, chunks)
