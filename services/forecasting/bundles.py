"""Files packed flat into one ZIP, and unpacked again from one that is not trusted."""

from __future__ import annotations

import zipfile
from pathlib import Path

from services.forecasting.errors import DataError

MAX_UNPACKED_BYTES = 4 * 1024**3


def pack(folder: Path, path: Path) -> None:
    """All files of the folder."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)


def unpack(path: Path, folder: Path) -> None:
    """Into this folder, which is made; refuses names that would lie elsewhere."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_unsafe(archive.infolist())
            archive.extractall(folder)
    except zipfile.BadZipFile as error:
        raise DataError("BROKEN_MODEL", f"The model bundle cannot be unpacked: {error}") from error


def _refuse_unsafe(entries: list[zipfile.ZipInfo]) -> None:
    if any("/" in entry.filename or "\\" in entry.filename or entry.is_dir() for entry in entries):
        raise DataError("UNSAFE_MODEL", "The model bundle holds names that are no plain file names")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise DataError("MODEL_TOO_LARGE", "The model bundle is larger than a model can be")
