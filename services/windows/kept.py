"""What several services keep of series in memory, made when it is first needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from services.storage.blobs import Blobs

if TYPE_CHECKING:
    from services.windows.series import KeptSeries


class Kept:
    """A server that starts need not load what reads series."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    @cached_property
    def series(self) -> KeptSeries:
        from services.windows.series import KeptSeries

        return KeptSeries(self._blobs)
