"""Reads the chunks of an upload as the one file they are, 64 KB at a time."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from services.uploads.chunks import BUFFER_BYTES, Part


class DamagedPart(Exception):
    """A stored chunk no longer has the bytes that were received."""

    def __init__(self, part: Part) -> None:
        super().__init__(part.path.name)
        self.part = part


@dataclass(frozen=True)
class Digest:
    sha256: str
    size_bytes: int


def digest_of(parts: Sequence[Part]) -> Digest:
    """Hash of the whole file; every chunk is checked against its own hash on the way."""
    whole, size = hashlib.sha256(), 0
    for part in parts:
        own = hashlib.sha256()
        with part.path.open("rb") as file:
            while buffer := file.read(BUFFER_BYTES):
                own.update(buffer)
                whole.update(buffer)
                size += len(buffer)
        if own.hexdigest() != part.sha256:
            raise DamagedPart(part)
    return Digest(whole.hexdigest(), size)


class PartsReader(io.RawIOBase):
    """The chunks one after the other as a single stream; one of them is open at a time."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._waiting = list(parts)
        self._open: BinaryIO | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while True:
            if self._open is None:
                if not self._waiting:
                    return 0
                self._open = self._waiting.pop(0).path.open("rb")
            if count := self._open.readinto(buffer):  # type: ignore[attr-defined]
                return int(count)
            self._close_part()

    def close(self) -> None:
        self._close_part()
        super().close()

    def _close_part(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def open_parts(parts: Sequence[Part]) -> BinaryIO:
    return io.BufferedReader(PartsReader(parts), BUFFER_BYTES)
