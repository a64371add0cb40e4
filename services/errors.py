"""The errors of the product, in the product's words; api/errors.py gives each its HTTP status.

AppError
├── BadRequest            the request cannot be read (400)
├── Unauthenticated       no, wrong or expired token (401)
├── Forbidden             signed in, but plan or limit says no (403)
├── NotFound              unknown, or somebody else's (404)
├── Conflict              the state does not allow it now (409)
├── TooLarge              over a limit that is known up front (413)
├── Gone                  it was there, and does not come back (410)
├── VersionMismatch       another version of a protocol is spoken here (412)
├── WrongMediaType        the body is of another kind (415)
├── Invalid               readable, but the values cannot be used (422)
├── Locked                somebody else writes just now (423)
├── TooManyRequests       slower, please (429)
├── ChecksumMismatch      the bytes are not those that were announced (460, of the tus protocol)
├── OutOfSpace            the disk is full; what was stored stays (507)
└── Unavailable           a part of the platform does not answer; the way out is to try again (503)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class AppError(Exception):
    """An expected refusal: code for programs, message for people, suggestion for the way out."""

    code = "ERROR"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        suggestion: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.suggestion = suggestion
        self.details = dict(details) if details is not None else None


class BadRequest(AppError):
    code = "BAD_REQUEST"


class Unauthenticated(AppError):
    code = "INVALID_TOKEN"


class Forbidden(AppError):
    code = "FORBIDDEN"


class NotFound(AppError):
    code = "NOT_FOUND"


class Conflict(AppError):
    code = "CONFLICT"


class TooLarge(AppError):
    code = "PAYLOAD_TOO_LARGE"


class Gone(AppError):
    code = "GONE"


class VersionMismatch(AppError):
    code = "VERSION_MISMATCH"


class WrongMediaType(AppError):
    code = "WRONG_MEDIA_TYPE"


class Locked(AppError):
    code = "LOCKED"


class ChecksumMismatch(AppError):
    code = "CHECKSUM_MISMATCH"


class OutOfSpace(AppError):
    code = "OUT_OF_SPACE"


class Invalid(AppError):
    code = "INVALID"


class TooManyRequests(AppError):
    code = "TOO_MANY_REQUESTS"


class Unavailable(AppError):
    code = "UNAVAILABLE"
