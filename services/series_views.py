"""What a page draws of one file: its line at any zoom, its heat map, its figures; ready ones are kept."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.errors import BadRequest, Conflict, Invalid
from services.files import Files
from services.forecasting.errors import DataError
from services.recipes import read_recipe
from services.storage.blobs import BlobNotFound, Blobs
from services.storage.database import Database
from services.storage.tables import FileRow, TimeInfoRow
from utils.recent import Recent

if TYPE_CHECKING:
    from services.forecasting.decimation import Drawable

FEWEST_POINTS, MOST_POINTS = 10, 20_000
KEPT_BYTES = 256 * 1024 * 1024
KEPT_ANSWERS = 128
SECOND = 10**9
MILLISECOND = 10**6
Key = tuple[str, ...]


class SeriesViews:
    """Reads a series once and keeps it, the least used ones going first; nothing heavy is loaded at start."""

    def __init__(self, database: Database, blobs: Blobs, files: Files) -> None:
        self._database = database
        self._blobs = blobs
        self._files = files
        self._kept: Recent[Key, Drawable] = Recent(KEPT_BYTES, lambda series: series.size_bytes)
        self._answers: Recent[Key, dict[str, Any]] = Recent(KEPT_ANSWERS)

    def line(
        self, user_id: UUID, file_id: str, start: str | None, end: str | None, points: int, *, mended: bool
    ) -> dict[str, Any]:
        """The stretch between two instants (both included; without them, all) as columns."""
        if not FEWEST_POINTS <= points <= MOST_POINTS:
            raise _wrong("points", f"must be from {FEWEST_POINTS} to {MOST_POINTS}, not {points}")
        row = self._files.row(user_id, file_id)
        series = self._drawable(row, mended)
        first, last = int(series.time[0]), int(series.time[-1])
        begin = first if start is None else _instant("from", start)
        finish = last if end is None else _instant("to", end)
        if begin > finish:
            raise _wrong("to", "must not be before from")
        return {
            **_columns(series, begin, finish, points),
            "first_ms": first // MILLISECOND,
            "last_ms": last // MILLISECOND,
            "rows": len(series.time),
            "step_ms": series.step / MILLISECOND,
            "recipe": mended and bool(row.recipe),
        }

    def heat(self, user_id: UUID, file_id: str, *, mended: bool) -> dict[str, Any]:
        """Means by day and hour, and by weekday and hour, on the clock of the session's time zone."""
        from services.forecasting.series_summary import heat

        row = self._files.row(user_id, file_id)
        zone = self._zone(row.session_id)
        key = ("heat", zone, *_identity(row, mended))
        return self._answers.get(key, lambda: heat(self._drawable(row, mended), zone))

    def summary(self, user_id: UUID, file_id: str, *, mended: bool) -> dict[str, Any]:
        from services.forecasting.series_summary import summary

        row = self._files.row(user_id, file_id)
        key = ("summary", *_identity(row, mended))
        return self._answers.get(key, lambda: summary(self._drawable(row, mended)))

    def _zone(self, session_id: UUID) -> str:
        with self._database.read() as tx:
            info = tx.get(TimeInfoRow, session_id)
            return "UTC" if info is None else info.zeitzone

    def _drawable(self, row: FileRow, mended: bool) -> Drawable:
        if row.series_path is None:
            raise Conflict(
                f"The file {row.bezeichnung!r} has no data yet",
                code="NO_DATA",
                suggestion="Upload its data; the series is there when it has been imported",
            )
        return self._kept.get(_identity(row, mended), lambda: self._read(row, row.recipe if mended else []))

    def _read(self, row: FileRow, recipe: list[Any]) -> Drawable:
        from services.forecasting.care.applying import apply
        from services.forecasting.decimation import Drawable
        from services.forecasting.parquet import read_parquet

        try:
            with tempfile.TemporaryDirectory() as folder:
                series = read_parquet(self._blobs.local_path(row.series_path or "", Path(folder)))
        except BlobNotFound:
            raise Conflict(
                f"The data of the file {row.bezeichnung!r} are gone",
                code="NO_DATA",
                suggestion="Delete the file and upload it again",
            ) from None
        if recipe:
            try:
                series, _ = apply(read_recipe(recipe).recipe, series)
            except DataError as error:
                raise Invalid(
                    error.message, code=error.code, suggestion=error.suggestion, details=error.details
                ) from None
        return Drawable.of(series)


def _identity(row: FileRow, mended: bool) -> Key:
    """Changes with all that what is drawn depends on."""
    recipe = row.recipe if mended else []
    return str(row.series_path), str(row.series_hash), json.dumps(recipe, sort_keys=True)


def _columns(series: Drawable, begin: int, finish: int, points: int) -> dict[str, Any]:
    from services.forecasting.series_summary import plain

    line = series.line(begin, finish, points)
    return {
        "time_ms": (line.time // MILLISECOND).tolist(),
        "value": plain(line.value),
        "bucket_ms": line.bucket / MILLISECOND,
        "found": line.found,
    }


def _instant(field: str, text: str) -> int:
    """ISO 8601 (UTC where it names no zone) or milliseconds since 1970."""
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 15:
        return int(text) * MILLISECOND
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        message = f"is {text[:40]!r}; it must be an instant such as 2024-03-31T02:00:00Z"
        raise _wrong(field, message) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1000


def _wrong(field: str, message: str) -> BadRequest:
    return BadRequest(f"{field} {message}", details={"field": field})
