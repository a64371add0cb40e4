"""What a client says about a chunk and about the file it belongs to, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from services.errors import BadRequest, Invalid
from services.file_fields import (
    CONFIGURED,
    MEASURED,
    invalid,
    read_configured,
    refuse_unknown,
    text,
    whole,
)
from services.file_rules import FORECASTS, check_settings
from services.uploads.chunks import UploadName

MAX_CHUNKS = 100_000
MAX_COLUMNS = 1000
MAX_BYTES = 2**53
HEADER_FIELDS = (
    "chunkIndex",
    "totalChunks",
    "fileName",
    "sessionId",
    "fileType",
    "chunkHash",
    "fileHash",
    "fileSize",
)
_WIRE_FIELDS = (
    *CONFIGURED,
    *CONFIGURED.values(),
    "mittelwertbildungUberDenZeithorizont",
    *MEASURED,
    *MEASURED.values(),
)
METADATA_FIELDS = (*_WIRE_FIELDS, "fileName", "columns", "valueColumn", "ausgabezeit", "importOptions")
COLUMN_FIELDS = ("column", *_WIRE_FIELDS)
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,10}")


@dataclass(frozen=True)
class ChunkHeader:
    session_ref: str
    file_name: str
    file_type: str
    index: int
    total: int
    chunk_hash: str | None
    file_hash: str | None
    file_size: int | None = None

    def upload_name(self, bezeichnung: str | None) -> UploadName:
        return UploadName(self.file_type, self.file_name, self.total, bezeichnung)


@dataclass(frozen=True)
class SeriesPlan:
    """One column of the file and the row of `files` it becomes."""

    column: str | None  # None: the only value column
    bezeichnung: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class FilePlan:
    bezeichnung: str | None
    series: list[SeriesPlan]
    issued_column: str | None = None  # the file holds forecasts, and this column their times of issue
    import_options: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return [series.bezeichnung for series in self.series]


def read_header(fields: Mapping[str, Any]) -> ChunkHeader:
    """The `metadata` of a chunk."""
    refuse_unknown(fields, HEADER_FIELDS, "metadata")
    session_ref = fields.get("sessionId")
    if not isinstance(session_ref, str) or not session_ref:
        raise BadRequest("metadata.sessionId is missing", suggestion="Send the id of a session as sessionId")
    total = _required("totalChunks", fields, 1, MAX_CHUNKS)
    index = _required("chunkIndex", fields, 0, MAX_CHUNKS - 1)
    if index >= total:
        raise _malformed("chunkIndex", f"({index}) must be below totalChunks ({total})")
    return ChunkHeader(
        session_ref=session_ref,
        file_name=safe_file_name(fields.get("fileName")),
        file_type=file_type(fields.get("fileType")),
        index=index,
        total=total,
        chunk_hash=_hash("chunkHash", fields.get("chunkHash")),
        file_hash=_hash("fileHash", fields.get("fileHash")),
        file_size=_size(fields.get("fileSize")),
    )


def _required(name: str, fields: Mapping[str, Any], low: int, high: int) -> int:
    try:
        value = whole(name, fields.get(name), low, high)
    except Invalid as error:
        raise _malformed(name, error.message.removeprefix(f"{name} ")) from None
    if value is None:
        raise _malformed(name, "is missing")
    return value


def _size(value: Any) -> int | None:
    return None if value in (None, "") else _required("fileSize", {"fileSize": value}, 0, MAX_BYTES)


def _malformed(name: str, message: str) -> BadRequest:
    return BadRequest(f"metadata.{name} {message}", details={"field": name})


def file_type(value: Any) -> str:
    if value not in ("input", "output"):
        raise BadRequest(f"fileType must be input or output, not {str(value)[:40]!r}")
    return str(value)


def safe_file_name(value: Any) -> str:
    """A plain name. It is only ever shown: no path on this machine is made of it."""
    if not isinstance(value, str) or not value.strip():
        raise BadRequest("fileName is missing", code="INVALID_FILE_NAME")
    if len(value) > 255 or not value.isprintable() or value in (".", "..") or set(value) & set("/\\"):
        raise BadRequest(
            f"{value[:80]!r} is no file name",
            code="INVALID_FILE_NAME",
            suggestion="Send a name of at most 255 characters, without folders and control characters",
        )
    return value


def suffix(file_name: str) -> str:
    """The ending of the stored file, or none if it is not a plain one."""
    ending = PurePosixPath(file_name).suffix.lower()
    return ending if _SUFFIX.fullmatch(ending) else ""


def _hash(name: str, value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise _malformed(name, "must be a SHA-256 of 64 hexadecimal digits")
    return value.lower()


def read_plan(fields: Any, file_name: str, of_type: str) -> FilePlan:
    """`fileMetadata`: which columns become series, under which names and settings.

    Fields that the server measures itself (utcMin, datenpunkte, ...) may be sent; the measured ones count.
    """
    if not isinstance(fields, dict):
        raise BadRequest("fileMetadata must be a JSON object")
    refuse_unknown(fields, METADATA_FIELDS, "fileMetadata")
    if fields.get("fileName") not in (None, "", file_name):
        raise invalid("fileMetadata.fileName", f"differs from the file's name {file_name!r}")
    base = _settings(fields, of_type)
    issued = fields.get("ausgabezeit") or None
    if issued is not None:
        issued = text("fileMetadata.ausgabezeit", issued, 500)
        base.setdefault("datenform", FORECASTS)
    options = fields.get("importOptions")
    if options is not None and not isinstance(options, dict):
        raise invalid("fileMetadata.importOptions", "must be an object")
    name = base.pop("bezeichnung", None)
    columns = fields.get("columns")
    if columns:
        series = _columns(columns, base, name, fields.get("valueColumn"), of_type)
    else:
        series = [_single(fields.get("valueColumn"), base, name, file_name)]
    for plan in series:
        check_settings(plan.settings, of_type, issued)
    return FilePlan(name, series, issued, options or {})


def _settings(fields: Mapping[str, Any], of_type: str) -> dict[str, Any]:
    values = read_configured(fields)
    if "bezeichnung" in fields and "bezeichnung" not in values:
        raise invalid("bezeichnung", "must not be empty; leave it out to take the column's name")
    if values.pop("type", of_type) != of_type:
        raise invalid("fileMetadata.type", f"differs from fileType {of_type!r}")
    return values


def _single(column: Any, base: dict[str, Any], name: str | None, file_name: str) -> SeriesPlan:
    value_column = text("fileMetadata.valueColumn", column) if column not in (None, "") else None
    return SeriesPlan(value_column, name or value_column or PurePosixPath(file_name).stem, base)


def _columns(
    columns: Any, base: dict[str, Any], name: str | None, value_column: Any, of_type: str
) -> list[SeriesPlan]:
    where = "fileMetadata.columns"
    if not isinstance(columns, list) or len(columns) > MAX_COLUMNS:
        raise invalid(where, f"must be a list of at most {MAX_COLUMNS} columns")
    if value_column or name is not None:
        raise invalid(where, "takes the place of valueColumn and bezeichnung: name each column in its entry")
    series = [_column(entry, base, of_type) for entry in columns]
    names = [plan.bezeichnung for plan in series]
    if len(set(names)) < len(names):
        raise invalid(where, "holds a bezeichnung twice")
    return series


def _column(entry: Any, base: dict[str, Any], of_type: str) -> SeriesPlan:
    about = {"column": entry} if isinstance(entry, str) else entry
    if not isinstance(about, dict):
        raise invalid("fileMetadata.columns", "must hold objects {column, bezeichnung} or column names")
    refuse_unknown(about, COLUMN_FIELDS, "an entry of fileMetadata.columns")
    column = text("fileMetadata.columns.column", about.get("column"))
    values = {**base, **_settings(about, of_type)}
    return SeriesPlan(column, values.pop("bezeichnung", column), values)
