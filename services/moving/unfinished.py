"""Unfinished uploads on their way into a backup or another folder, while their clients may go on sending."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from services.errors import Gone
from services.moving import CannotMove
from services.uploads.chunks import UPLOADS, ChunkStore, Upload
from services.uploads.tus.store import TUS_UPLOADS, TusStore, TusUpload
from utils.files import atomic_writer

FOLDERS = (TUS_UPLOADS, UPLOADS)
BUFFER_BYTES = 1024 * 1024
_NAME = re.compile(r"(?!\.+(/|$))[\w.-]+(/(?!\.+(/|$))[\w.-]+){2,3}", re.ASCII)


@dataclass(frozen=True)
class Piece:
    """One file below DATA_DIR; `begins`: it says what an upload is that waits for its client."""

    name: str
    source: BinaryIO
    size: int
    begins: bool = False


def is_piece(name: str) -> bool:
    """Whether a file of an upload may have this name: below one of the folders and nowhere else."""
    return name.startswith(tuple(f"{folder}/" for folder in FOLDERS)) and bool(_NAME.fullmatch(name))


def pieces(data_dir: Path) -> Iterator[Piece]:
    """Those of the tus protocol first: what goes into its session meanwhile is then found there too.

    Whatever vanishes before it is read belongs to an upload that was finished or given up.
    """
    store = TusStore(data_dir / TUS_UPLOADS)
    for folder in store.folders():
        with suppress(FileNotFoundError, Gone):
            yield from _of_tus(TusUpload(folder), f"{TUS_UPLOADS}/{folder.parent.name}/{folder.name}")
    root = data_dir / UPLOADS
    for mark in sorted(root.glob("*/.finalized")):
        yield Piece(f"{UPLOADS}/{mark.parent.name}/{mark.name}", io.BytesIO(), 0)
    for upload in ChunkStore(root).all_uploads():
        yield from _of_session(upload, f"{UPLOADS}/{upload.folder.parent.name}/{upload.folder.name}")


def copy_unfinished(source: Path, target: Path) -> int:
    """Into another DATA_DIR, each file read back and compared; how many uploads that were."""
    count = 0
    if source.resolve() == target.resolve():
        return count
    for piece in pieces(source):
        path = target / piece.name
        digest = hashlib.sha256()
        with atomic_writer(path) as file:
            left = piece.size
            while left and (part := piece.source.read(min(left, BUFFER_BYTES))):
                digest.update(part)
                left -= file.write(part)
        with path.open("rb") as back:
            if left or hashlib.file_digest(back, "sha256").digest() != digest.digest():
                raise CannotMove(f"{piece.name} came back changed from where it was copied: try again")
        count += piece.begins
    return count


def _of_tus(upload: TusUpload, name: str) -> Iterator[Piece]:
    about = (upload.folder / "about.json").read_bytes()
    data, size = upload.kept()
    yield Piece(f"{name}/about.json", io.BytesIO(about), len(about), begins=data is not None)
    if data is not None:
        with closing(data):
            yield Piece(f"{name}/data", data, size)


def _of_session(upload: Upload, name: str) -> Iterator[Piece]:
    """Parts never change; the manifest is read first, so that none is there which it does not expect."""
    manifest = upload.to_bytes()
    waits = upload.manifest.completed is None
    yield Piece(f"{name}/manifest.json", io.BytesIO(manifest), len(manifest), begins=waits)
    with suppress(FileNotFoundError):
        for part in upload.parts().values():
            with suppress(FileNotFoundError), part.path.open("rb") as file:
                yield Piece(f"{name}/{part.path.name}", file, part.size_bytes)
