"""Files that a user has sent before, found by what is in them."""

from __future__ import annotations

import hashlib
from uuid import UUID

from sqlalchemy import select

from services.errors import NotFound
from services.storage.blobs import BlobNotFound, Blobs
from services.storage.database import Database
from services.storage.tables import FileRow, SessionRow
from services.uploads.chunks import BUFFER_BYTES, Stored


class KnownFiles:
    """Only those of the same user: that somebody else has a file is nobody's business."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def find(self, user_id: UUID, sha256: str, size: int) -> Stored:
        """The stored file of these bytes, read once more to be sure; NotFound if there is none."""
        for key in self._keys(user_id, sha256, size):
            if is_whole(self._blobs, key, sha256):
                return Stored(key, sha256, size)
        raise NotFound(
            "No file of yours has this SHA-256 and this size",
            code="FILE_NOT_KNOWN",
            suggestion="Send its bytes",
        )

    def _keys(self, user_id: UUID, sha256: str, size: int) -> list[str]:
        query = (
            select(FileRow.storage_path)
            .join(SessionRow, SessionRow.id == FileRow.session_id)
            .where(SessionRow.user_id == user_id)
            .where(FileRow.file_hash == sha256, FileRow.size_bytes == size)
            .where(FileRow.storage_path.is_not(None))
            .distinct()
        )
        with self._database.read() as tx:
            return [key for key in tx.scalars(query) if key]


def is_whole(blobs: Blobs, key: str, sha256: str) -> bool:
    """Whether a blob is there and has these bytes."""
    digest = hashlib.sha256()
    try:
        with blobs.open(key) as file:
            while buffer := file.read(BUFFER_BYTES):
                digest.update(buffer)
    except BlobNotFound:
        return False
    return digest.hexdigest() == sha256
