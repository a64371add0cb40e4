"""The fields of a file as the wire names them: read, checked, and written back for rows of `files`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from services.errors import BadRequest, Invalid
from services.forecasting.errors import DataError
from services.forecasting.lag_names import parse_lags
from services.storage.tables import FileRow

MAX_HOURS = 24 * 366 * 10
DATENFORM = ("Historische Daten", "Historische Prognosen", "Aktueller Wert")
DATENANPASSUNG = ("Lineare Interpolation", "Mittelwertbildung", "Nächster Wert")

# column of the table (and of /csv-files) -> name in camelCase
CONFIGURED = {
    "bezeichnung": "bezeichnung",
    "type": "type",
    "color_index": "colorIndex",
    "datenform": "datenform",
    "datenanpassung": "datenanpassung",
    "zeithorizont_start": "zeithorizontStart",
    "zeithorizont_end": "zeithorizontEnd",
    "mittelwertbildung_uber_den_zeithorizont": "mittelwertbildungÜberDenZeithorizont",
    "lags": "lags",
    "skalierung": "skalierung",
    "skalierung_min": "skalierungMin",
    "skalierung_max": "skalierungMax",
}
MEASURED = {
    "utc_min": "utcMin",
    "utc_max": "utcMax",
    "zeitschrittweite": "zeitschrittweite",
    "zeitschrittweite_mittelwert": "zeitschrittweiteMittelwert",
    "zeitschrittweite_min": "zeitschrittweiteMin",
    "min": "min",
    "max": "max",
    "offset": "offset",
    "datenpunkte": "datenpunkte",
    "numerische_datenpunkte": "numerischeDatenpunkte",
    "numerischer_anteil": "numerischerAnteil",
    "zeitschrittweite_transferierten_daten": "zeitschrittweiteTransferiertenDaten",
    "offset_transferierten_daten": "offsetTransferiertenDaten",
}
KEPT = {
    "id": "id",
    "session_id": "sessionId",
    "file_name": "fileName",
    "storage_path": "storagePath",
    "file_hash": "fileHash",
    "size_bytes": "size",
    "ausgabezeit": "ausgabezeit",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "profile": "profile",
    "recipe": "recipe",
}
CAMEL = {**KEPT, **CONFIGURED, **MEASURED}
COLUMN_OF = {
    **{camel: column for column, camel in CAMEL.items()},
    **{column: column for column in CAMEL},
    "mittelwertbildungUberDenZeithorizont": "mittelwertbildung_uber_den_zeithorizont",
}
_NULLABLE = {"zeithorizont_start", "zeithorizont_end", "lags"}


def refuse_unknown(fields: Iterable[str], known: Iterable[str], where: str) -> None:
    """Name every field that is not known, and those that are."""
    accepted = sorted(known)
    unknown = sorted(set(fields) - set(accepted))
    if unknown:
        raise BadRequest(
            f"Unknown field {', '.join(map(repr, unknown))} in {where}",
            code="UNKNOWN_FIELD",
            suggestion=f"Known are {', '.join(accepted)}",
            details={"unknown": unknown, "known": accepted},
        )


def invalid(field: str, message: str, code: str = "INVALID_FIELD") -> Invalid:
    return Invalid(f"{field} {message}", code=code, details={"field": field})


def text(field: str, value: Any, limit: int = 255) -> str:
    """A non-empty line of at most `limit` characters, without control characters."""
    if not isinstance(value, str) or not value.strip():
        raise invalid(field, "must be a text that is not empty")
    if len(value) > limit:
        raise invalid(field, f"is longer than {limit} characters ({len(value)})")
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) <= 0xDFFF or ord(letter) == 127 for letter in value):
        raise invalid(field, "holds control characters")
    return value.strip()


def number(field: str, value: Any, code: str = "INVALID_FIELD") -> float | None:
    """A finite number or its text; empty means not given."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise invalid(field, "must be a number", code)
    try:
        parsed = float(value.replace("_", "?") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        raise invalid(field, f"must be a number, not {str(value)[:40]!r}", code) from None
    if not math.isfinite(parsed):
        raise invalid(field, "must be finite", code)
    return parsed


def whole(field: str, value: Any, low: int, high: int, code: str = "INVALID_FIELD") -> int | None:
    parsed = number(field, value, code)
    if parsed is None:
        return None
    if parsed != int(parsed) or not low <= parsed <= high:
        raise invalid(field, f"must be a whole number from {low} to {high}, not {value!r}", code)
    return int(parsed)


def yes_no(field: str, value: Any, code: str = "INVALID_FIELD") -> bool:
    """A JSON boolean or the words of the page, ja and nein."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("ja", "nein"):
        return value.strip().lower() == "ja"
    raise invalid(field, "must be true, false, 'ja' or 'nein'", code)


def choice(field: str, value: Any, names: tuple[str, ...], code: str = "INVALID_FIELD") -> str:
    if value not in names:
        raise invalid(field, f"must be one of {', '.join(names)}, not {str(value)[:60]!r}", code)
    return str(value)


def read_configured(fields: Mapping[str, Any], *, nullable: bool = False) -> dict[str, Any]:
    """Table columns from wire fields, each checked; empty ones mean the default, or null if `nullable`."""
    values: dict[str, Any] = {}
    for name, value in fields.items():
        column = COLUMN_OF.get(name)
        if column not in CONFIGURED:
            continue
        parsed = None if value is None or value == "" else _read(column, name, value)
        if parsed is None and not nullable:
            continue
        if parsed is None and column not in _NULLABLE:
            raise invalid(name, "cannot be empty")
        if column in values and values[column] != parsed:
            raise invalid(name, "is given twice with different values")
        values[column] = parsed
    return values


def _read(column: str, name: str, value: Any) -> Any:
    if column == "bezeichnung":
        return text(name, value)
    if column == "type":
        return choice(name, value, ("input", "output"))
    if column == "datenform":
        return choice(name, value, DATENFORM)
    if column == "datenanpassung":
        return choice(name, value, DATENANPASSUNG)
    if column == "lags":
        return _lags(name, value)
    if column == "color_index":
        return whole(name, value, 0, 1_000_000)
    if column in ("skalierung", "mittelwertbildung_uber_den_zeithorizont"):
        return yes_no(name, value)
    parsed = number(name, value)
    if column in _NULLABLE and parsed is not None and abs(parsed) > MAX_HOURS:
        raise invalid(name, f"must lie within {MAX_HOURS} hours of the reference time")
    return parsed


def _lags(name: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise invalid(name, "must be a list of durations such as P1D, P7D and PT24H", "INVALID_LAGS")
    try:
        return [lag.text for lag in parse_lags(value)]
    except DataError as error:
        raise Invalid(
            f"{name}: {error.message}", code=error.code, suggestion=error.suggestion, details=error.details
        ) from None


def to_row(row: FileRow, steps: int | None, grid_offset: float) -> dict[str, Any]:
    """A row of /csv-files: snake_case, ja/nein, numbers as numbers; `steps` is the window's length."""
    spacing, phase = _transferred(row, steps, grid_offset)
    values: dict[str, Any] = {
        column: getattr(row, column) for column in CAMEL if not column.endswith("_transferierten_daten")
    }
    values["zeitschrittweite_transferierten_daten"] = spacing
    values["offset_transferierten_daten"] = phase
    values["id"], values["session_id"] = str(row.id), str(row.session_id)
    if row.offset is None and row.datenpunkte is not None:
        values["offset"] = "var"
    values["lags"] = row.lags or []
    for column in ("utc_min", "utc_max"):
        values[column] = plain_time(values[column])
    for column in ("created_at", "updated_at"):
        values[column] = iso_time(values[column])
    for column in ("skalierung", "mittelwertbildung_uber_den_zeithorizont"):
        values[column] = "ja" if values[column] else "nein"
    return values


def to_camel(row: Mapping[str, Any]) -> dict[str, Any]:
    """The same under the names of the session routes."""
    return {CAMEL[column]: value for column, value in row.items() if column != "profile"}


def plain_time(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def iso_time(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _transferred(row: FileRow, steps: int | None, grid_offset: float) -> tuple[float | None, Any]:
    """Spacing inside the window and its phase past the hour, "var" where the hour is no multiple of it."""
    start, end = row.zeithorizont_start, row.zeithorizont_end
    if steps is None or steps < 2 or start is None or end is None or not start < end:
        return None, None
    spacing = (end - start) * 60 / (steps - 1)
    if not math.isclose(60 / spacing, round(60 / spacing), abs_tol=1e-9):
        return spacing, "var"
    phase = (grid_offset - 60 * math.modf(start)[0] + 60) % spacing
    return spacing, 0.0 if math.isclose(phase, spacing, abs_tol=1e-9) else phase
