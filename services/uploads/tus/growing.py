"""A body whose upload has no length yet: room is taken for its bytes before they are kept."""

from __future__ import annotations

from collections.abc import Callable

from services.errors import TooLarge
from services.uploads.tus.store import Source

STEP_BYTES = 1024 * 1024  # held ahead where the body does not say how long it is


class GrowingBody:
    """Reads on as long as there is room; otherwise TooLarge, and what was read before stays."""

    def __init__(
        self, source: Source, offset: int, announced: int | None, hold: Callable[[int], None]
    ) -> None:
        self._source = source
        self._position = offset
        self._hold = hold
        self._held = offset if announced is None else offset + announced
        if announced is not None:
            hold(self._held)

    def read(self, size: int) -> bytes:
        buffer = self._source.read(size)
        self._position += len(buffer)
        if self._position > self._held:
            try:
                self._hold(self._position + STEP_BYTES)
                self._held = self._position + STEP_BYTES
            except TooLarge:  # so much is not left, but these bytes may fit
                self._hold(self._position)
                self._held = self._position
        return buffer
