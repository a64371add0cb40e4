"""Stored files of finished jobs, as they leave the server: streams for downloads, data URIs for pictures."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import BinaryIO

from services.errors import NotFound
from services.storage.blobs import BlobNotFound, Blobs
from services.storage.tables import ArtifactRow

NO_VERSIONS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Download:
    """On its way to a client: an open file, which the client closes, or the address of one elsewhere."""

    stream: BinaryIO | None
    name: str
    media_type: str
    size_bytes: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)  # packages the content was made with
    link: str | None = None


def download(
    blobs: Blobs,
    artifact: ArtifactRow,
    name: str | None = None,
    versions: Mapping[str, str] = NO_VERSIONS,
) -> Download:
    name = name or artifact.name
    found = download_blob(blobs, artifact.blob_key, name, artifact.media_type)
    return replace(found, size_bytes=artifact.size_bytes, versions=versions)


def download_blob(blobs: Blobs, key: str, name: str, media_type: str) -> Download:
    """By a link of the store where it gives one, so that the bytes need not pass through this server."""
    with _told_as_gone(key):
        link = blobs.link(key, name)
        return Download(None if link else blobs.open(key), name, media_type, link=link)


def png_data_uri(blobs: Blobs, key: str) -> str:
    with open_blob(blobs, key) as stream:
        return "data:image/png;base64," + base64.b64encode(stream.read()).decode("ascii")


def open_blob(blobs: Blobs, key: str) -> BinaryIO:
    with _told_as_gone(key):
        return blobs.open(key)


@contextmanager
def _told_as_gone(key: str) -> Iterator[None]:
    try:
        yield
    except BlobNotFound:
        raise NotFound(
            f"The stored file {key.rsplit('/', 1)[-1]} is gone",
            code="FILE_NOT_FOUND",
            suggestion="Run the job again",
        ) from None
