"""Series read once and kept, so that a slider that moves waits for no disk."""

from __future__ import annotations

import json
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from services.errors import NotFound
from services.forecasting.alignment import Aligned
from services.forecasting.care.applying import apply
from services.forecasting.parquet import SeriesData, read_parquet
from services.storage.blobs import BlobNotFound, Blobs
from services.workloads.forecast.config import SeriesInput

MAX_BYTES = 128 * 1024**2
MAX_CUTS = 2  # of the settings somebody is looking at, and those of somebody else


class KeptSeries:
    """The last used series with their recipes applied, up to a limit of memory; safe among threads."""

    def __init__(self, blobs: Blobs, max_bytes: int = MAX_BYTES) -> None:
        self._blobs = blobs
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, SeriesData] = OrderedDict()
        self._cuts: OrderedDict[str, Aligned] = OrderedDict()
        self._lock = Lock()

    def read(self, series: SeriesInput) -> SeriesData:
        recipe = json.dumps([step.to_json() for step in series.recipe], sort_keys=True)
        key = f"{series.sha256} {recipe}"
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        stored = self._stored(series.blob_key)
        found = apply(series.recipe, stored)[0] if series.recipe else stored
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > 1 and sum(map(_size, self._kept.values())) > self._max_bytes:
                self._kept.popitem(last=False)
        return found

    def cut(self, fingerprint: str, make: Callable[[], Aligned]) -> Aligned:
        """The series of a dataset on its grid; made anew only where its settings are not the last ones."""
        with self._lock:
            if fingerprint in self._cuts:
                self._cuts.move_to_end(fingerprint)
                return self._cuts[fingerprint]
        found = make()
        with self._lock:
            self._cuts[fingerprint] = found
            while len(self._cuts) > MAX_CUTS:
                self._cuts.popitem(last=False)
        return found

    def _stored(self, key: str) -> SeriesData:
        with tempfile.TemporaryDirectory() as folder:
            try:
                return read_parquet(self._blobs.local_path(key, Path(folder)))
            except BlobNotFound:
                raise NotFound(
                    "The stored series of a file is gone", code="FILE_NOT_FOUND", suggestion="Upload it again"
                ) from None


def _size(series: SeriesData) -> int:
    issued = 0 if series.issued is None else series.issued.nbytes
    return series.time.nbytes + series.value.nbytes + issued
