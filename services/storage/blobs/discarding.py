"""Deletes what no row names any more, as far as the store can do it now; the clean-up would find it, too."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from services.errors import Unavailable
from services.storage.blobs import Blobs

log = logging.getLogger(__name__)


def discard(blobs: Blobs, keys: Iterable[str]) -> None:
    """Never fails on account of a store that is away: what hangs on these keys is over."""
    try:
        for key in keys:
            blobs.delete(key)
    except Unavailable as error:
        log.warning("blobs are left to the clean-up: %s", error.message)


def discard_below(blobs: Blobs, prefix: str, but: str | None = None) -> None:
    """Everything that begins with the prefix, except what begins with `but`."""
    try:
        keys = [key for key in blobs.list(prefix) if but is None or not key.startswith(but)]
    except Unavailable as error:
        log.warning("blobs are left to the clean-up: %s", error.message)
        return
    discard(blobs, keys)
