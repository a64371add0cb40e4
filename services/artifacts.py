"""Stored files of finished jobs, as they leave the server: streams for downloads, data URIs for pictures."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from services.errors import NotFound
from services.storage.blobs import BlobNotFound, Blobs
from services.storage.tables import ArtifactRow


@dataclass(frozen=True)
class Download:
    """An open file on its way to a client, who closes it."""

    stream: BinaryIO
    name: str
    media_type: str
    size_bytes: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)  # packages the content was made with


def download(blobs: Blobs, artifact: ArtifactRow, name: str | None = None) -> Download:
    stream = open_blob(blobs, artifact.blob_key)
    return Download(stream, name or artifact.name, artifact.media_type, artifact.size_bytes)


def png_data_uri(blobs: Blobs, key: str) -> str:
    with open_blob(blobs, key) as stream:
        return "data:image/png;base64," + base64.b64encode(stream.read()).decode("ascii")


def open_blob(blobs: Blobs, key: str) -> BinaryIO:
    try:
        return blobs.open(key)
    except BlobNotFound:
        raise NotFound(
            f"The stored file {key.rsplit('/', 1)[-1]} is gone",
            code="FILE_NOT_FOUND",
            suggestion="Run the job again",
        ) from None
