"""From the bytes of an uploaded file to UTF-8 text with lines of a bearable length."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from pathlib import Path

from services.forecasting.errors import DataError

MAX_LINE_BYTES = 1 << 20
BUFFER = MAX_LINE_BYTES  # a line that lies within one block is then short enough by itself
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
BYTE_BY_BYTE = ("cp1252", "latin-1")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "cp1252", "latin-1")


def as_utf8(path: Path, folder: Path, encoding: str | None = None) -> tuple[Path, str]:
    """A UTF-8 file without BOM and NUL (the file itself where it is one), and the encoding it had."""
    if path.stat().st_size == 0:
        raise DataError("EMPTY_FILE", "The file has 0 bytes", suggestion="Upload a file with data")
    found = encoding or detect_encoding(path)
    if found == "utf-8" and not _needs_rewriting(path):
        _check_lines(path)
        return path, found
    target = folder / "utf8.csv"
    _transcode(path, target, found)
    _check_lines(target)
    return target, found


def detect_encoding(path: Path) -> str:
    """BOM, else UTF-16 by its NULs, else UTF-8 if the whole file is valid, else cp1252, else latin-1."""
    head = _head(path)
    for mark, name in BOMS:
        if head.startswith(mark):
            return name
    if b"\0" in head:
        return _utf16_by_nuls(head)
    for name in ("utf-8", "cp1252"):
        if _is_valid(path, name):
            return name
    return "latin-1"


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)


def _utf16_by_nuls(head: bytes) -> str:
    """Plain text in UTF-16 has a NUL in every second byte, and only there."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    if odd > 0.7 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.1 * half:
        return "utf-16-be"
    raise _not_text()


def _is_valid(path: Path, encoding: str) -> bool:
    """A block of ASCII is valid in all encodings that are tried; most blocks of most files are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in _blocks(path):
            if decoder.getstate()[0] or not block.isascii():
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _needs_rewriting(path: Path) -> bool:
    """A BOM, lines that end in CR alone, or bytes that a declared UTF-8 does not allow."""
    bom = _head(path).startswith(codecs.BOM_UTF8)
    return bom or _ends_in_cr_alone(path) or not _is_valid(path, "utf-8")


def _ends_in_cr_alone(path: Path) -> bool:
    head = _head(path)
    return b"\r" in head and b"\n" not in head


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BUFFER):
            yield block


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    for block in _blocks(path):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _transcode(path: Path, target: Path, encoding: str) -> None:
    try:
        if encoding in BYTE_BY_BYTE and not _ends_in_cr_alone(path):
            _recode(path, target, encoding)
        else:
            _rewrite(path, target, encoding)
    except UnicodeDecodeError:
        raise DataError(
            "NOT_TEXT",
            f"The file is not written in {encoding}",
            suggestion=f"Leave importOptions.encoding out, or use one of {', '.join(ENCODINGS)}",
            details={"field": "importOptions.encoding"},
        ) from None


def _recode(path: Path, target: Path, encoding: str) -> None:
    """Where every byte is a letter, blocks of ASCII stay as they are."""
    with target.open("wb") as out:
        for block in _blocks(path):
            out.write(block if block.isascii() else block.decode(encoding).encode())


def _rewrite(path: Path, target: Path, encoding: str) -> None:
    """Line ends become LF, so that CR alone (old Mac) ends a line too."""
    newline = io.IncrementalNewlineDecoder(None, translate=True)
    with target.open("w", encoding="utf-8", newline="") as out:
        for number, text in enumerate(_decoded(path, encoding)):
            out.write(newline.decode(text.removeprefix("\ufeff") if number == 0 else text))
        out.write(newline.decode("", final=True))


def _check_lines(path: Path) -> None:
    """No NUL and no line above the limit."""
    line, begun = 1, 0
    for block in _blocks(path):
        if b"\0" in block:
            raise _not_text()
        end = block.find(b"\n")
        if begun + (len(block) if end < 0 else end) > MAX_LINE_BYTES:
            raise _too_long(line)
        line += block.count(b"\n")
        begun = begun + len(block) if end < 0 else len(block) - block.rfind(b"\n") - 1


def _too_long(line: int) -> DataError:
    return DataError(
        "LINE_TOO_LONG",
        f"Line {line} is longer than {MAX_LINE_BYTES} bytes",
        suggestion="Is it a CSV file with one time per line?",
        details={"row": line, "limit_bytes": MAX_LINE_BYTES},
    )


def _not_text() -> DataError:
    return DataError(
        "NOT_TEXT",
        "The file holds NUL bytes: it is no text",
        suggestion="Export the data as CSV (a spreadsheet or archive cannot be read)",
    )
