"""Series read once and kept, so that a slider that moves waits for no disk."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from services.errors import NotFound
from services.forecasting.alignment import Aligned
from services.forecasting.care.applying import apply
from services.forecasting.parquet import SeriesData, read_parquet
from services.storage.blobs import BlobNotFound, Blobs
from services.workloads.forecast.config import SeriesInput
from utils.recent import Recent

MAX_BYTES = 128 * 1024**2
MAX_CUTS = 2  # of the settings somebody is looking at, and those of somebody else


class KeptSeries:
    """The last used series with their recipes applied, up to a limit of memory; safe among threads."""

    def __init__(self, blobs: Blobs, max_bytes: int = MAX_BYTES) -> None:
        self._blobs = blobs
        self._kept: Recent[str, SeriesData] = Recent(max_bytes, _size)
        self._cuts: Recent[str, Aligned] = Recent(MAX_CUTS)

    def read(self, series: SeriesInput) -> SeriesData:
        recipe = json.dumps([step.to_json() for step in series.recipe], sort_keys=True)
        return self._kept.get(f"{series.sha256} {recipe}", lambda: self._mended(series))

    def cut(self, fingerprint: str, make: Callable[[], Aligned]) -> Aligned:
        """The series of a dataset on its grid; made anew only where its settings are not the last ones."""
        return self._cuts.get(fingerprint, make)

    def _mended(self, series: SeriesInput) -> SeriesData:
        stored = self._stored(series.blob_key)
        return apply(series.recipe, stored)[0] if series.recipe else stored

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
