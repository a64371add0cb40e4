"""The forecasts of the test samples as a file from which a few windows can be read without the rest."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.errors import DataError

Array = NDArray[Any]
LOCAL_HEADER = 30  # bytes before the name of a member of a ZIP; its lengths stand in the last four
NEEDED = ("references", "truth", "forecast")


def write_forecasts(file: IO[bytes], arrays: Mapping[str, Array]) -> None:
    """Not compressed: a window is then a few bytes at a known place. A ZIP of .npy, as numpy reads it."""
    np.savez(file, allow_pickle=False, **arrays)


class StoredForecasts:
    """Arrays of one file by name, mapped into memory; those of a compressed file are read whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with zipfile.ZipFile(path) as archive:
                members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        except (zipfile.BadZipFile, OSError) as error:
            raise _broken(error) from None
        if missing := [name for name in NEEDED if name not in members]:
            raise _broken(f"it holds no {', '.join(missing)}")
        self._members = members

    def has(self, name: str) -> bool:
        return name in self._members

    def array(self, name: str) -> Array:
        info = self._members[name]
        try:
            if info.compress_type == zipfile.ZIP_STORED:
                return _mapped(self._path, info.header_offset)
            with np.load(self._path, allow_pickle=False) as stored:
                return np.asarray(stored[name])
        except (ValueError, OSError, zipfile.BadZipFile) as error:
            raise _broken(error) from None


def place_of(references: NDArray[np.int64], instant: int) -> int:
    """The window whose reference time is nearest; windows need not be in the order of time."""
    return int(np.argmin(np.abs(references - instant)))


def _mapped(path: Path, header_offset: int) -> Array:
    with path.open("rb") as file:
        file.seek(header_offset)
        local = file.read(LOCAL_HEADER)
        lengths = int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")
        file.seek(header_offset + LOCAL_HEADER + lengths)
        version = np.lib.format.read_magic(file)
        form = np.lib.format
        reader = form.read_array_header_1_0 if version == (1, 0) else form.read_array_header_2_0
        shape, fortran, dtype = reader(file)
        if dtype.hasobject or 0 in shape:
            return np.empty(shape, dtype=None if dtype.hasobject else dtype)
        return np.memmap(
            path, dtype=dtype, mode="r", offset=file.tell(), shape=shape, order="F" if fortran else "C"
        )


def _broken(why: object) -> DataError:
    return DataError(
        "BROKEN_FORECASTS", f"The stored forecasts cannot be read: {why}", suggestion="Train the model again"
    )


def quantiles_of(stored: StoredForecasts, rows: slice, output: int) -> tuple[Sequence[float], Array] | None:
    """Levels, and (levels, k, steps) of one output; None where none were kept."""
    if not stored.has("levels") or len(stored.array("levels")) == 0:
        return None
    levels = [float(level) for level in stored.array("levels")]
    offsets = np.asarray(stored.array("offsets")[:, :, output], dtype=np.float64)[:, None]
    if stored.has("own"):  # (samples, levels, steps, outputs)
        own = np.moveaxis(np.asarray(stored.array("own")[rows, :, :, output], dtype=np.float64), 1, 0)
        return levels, np.sort(own + offsets, axis=0)
    return levels, np.asarray(stored.array("forecast")[rows, :, output])[None] + offsets
