"""What clients say in the headers of the tus protocol, read and checked."""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import b64decode
from dataclasses import dataclass
from typing import Any

from services.errors import BadRequest, ChecksumMismatch
from services.file_fields import refuse_unknown
from services.uploads.header import ChunkHeader, read_header

ALGORITHMS = ("sha1", "sha256", "sha512", "md5")
MAX_PARTS = 1000
MAX_LENGTH = 2**53
# What some clients add of themselves; the server measures or needs none of it.
UNREAD = ("filetype", "name", "type", "relativePath")
JSON_FIELDS = ("fileMetadata", "timeInfo", "zeitschritte")
KNOWN = ("sessionId", "fileType", "filename", "fileName", "fileHash", *JSON_FIELDS, *UNREAD)


@dataclass(frozen=True)
class Target:
    """The file that the bytes are to become."""

    header: ChunkHeader
    json: dict[str, str]  # texts of JSON, by JSON_FIELDS


class Checksum:
    """The bytes of one request against `Upload-Checksum`."""

    def __init__(self, algorithm: str, expected: bytes) -> None:
        self._algorithm = algorithm
        self._expected = expected
        self._digest = hashlib.new(algorithm, usedforsecurity=False)

    def update(self, buffer: bytes) -> None:
        self._digest.update(buffer)

    def check(self) -> None:
        if hmac.compare_digest(self._digest.digest(), self._expected):
            return
        raise ChecksumMismatch(
            f"The bytes do not have the announced {self._algorithm}; none of this request was kept",
            suggestion="Send the same bytes again",
            details={
                "algorithm": self._algorithm,
                "expected": self._expected.hex(),
                "computed": self._digest.hexdigest(),
            },
        )


def read_checksum(text: str | None) -> Checksum | None:
    if text is None:
        return None
    algorithm, _, encoded = text.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise _malformed("Upload-Checksum", f"knows {', '.join(ALGORITHMS)}, not {algorithm[:20]!r}")
    expected = _decoded("Upload-Checksum", encoded.strip())
    if len(expected) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise _malformed("Upload-Checksum", f"has not the length of a {algorithm}")
    return Checksum(algorithm, expected)


def read_number(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 16 or int(text) > MAX_LENGTH:
        raise _malformed(name, f"must be a whole number from 0 to {MAX_LENGTH}")
    return int(text)


def read_concat(text: str | None) -> tuple[bool, list[str]]:
    """Whether the upload is a part, and the ids of the parts if it is put together from some."""
    if text is None:
        return False, []
    if text.strip() == "partial":
        return True, []
    kind, _, addresses = text.strip().partition(";")
    parts = [address.rstrip("/").rpartition("/")[2] for address in addresses.split()]
    if kind != "final" or not parts:
        raise _malformed("Upload-Concat", "must be partial, or final; with the addresses of the parts")
    if len(parts) > MAX_PARTS or len(set(parts)) < len(parts):
        raise _malformed("Upload-Concat", f"names at most {MAX_PARTS} parts, and none of them twice")
    return False, parts


def read_target(metadata: str, chunks: int = 1) -> Target:
    """`Upload-Metadata` of an upload that becomes a file, in so many chunks."""
    fields = read_metadata(metadata)
    refuse_unknown(fields, KNOWN, "Upload-Metadata")
    about: dict[str, Any] = {
        "sessionId": fields.get("sessionId"),
        "fileName": fields.get("fileName") or fields.get("filename"),
        "fileType": fields.get("fileType"),
        "fileHash": fields.get("fileHash"),
    }
    header = read_header({**about, "chunkIndex": 0, "totalChunks": chunks})
    return Target(header, {name: fields[name] for name in JSON_FIELDS if fields.get(name)})


def read_metadata(text: str) -> dict[str, str]:
    """Pairs of a key and a value in Base64; a key may stand alone."""
    found: dict[str, str] = {}
    for pair in text.split(","):
        key, _, encoded = pair.strip().partition(" ")
        if not key:
            continue
        if key in found:
            raise _malformed("Upload-Metadata", f"has {key[:40]!r} twice")
        try:
            found[key] = _decoded("Upload-Metadata", encoded.strip()).decode()
        except UnicodeDecodeError:
            raise _malformed("Upload-Metadata", f"holds no UTF-8 in {key[:40]!r}") from None
    return found


def _decoded(header: str, encoded: str) -> bytes:
    try:
        return b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise _malformed(header, "holds what is no Base64") from None


def _malformed(header: str, message: str) -> BadRequest:
    return BadRequest(f"{header} {message}", details={"field": header})
