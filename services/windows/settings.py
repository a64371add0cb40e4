"""The settings that windows follow from, as they are saved: files, steps and time features of a session."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.dataset_config import session_files
from services.file_fields import plain_time
from services.storage.tables import FileRow, TimeInfoRow, ZeitschritteRow
from services.time_fields import time_info_json

STEPS = ("eingabe", "ausgabe", "zeitschrittweite", "offset")
OF_FILE = (
    *("bezeichnung", "type", "color_index", "datenform", "datenanpassung", "zeithorizont_start"),
    *("zeithorizont_end", "mittelwertbildung_uber_den_zeithorizont", "skalierung", "skalierung_min"),
    *("skalierung_max", "ausgabezeit", "zeitschrittweite", "datenpunkte", "min", "max"),
)


def saved_settings(tx: Session, session_id: UUID) -> dict[str, Any]:
    """Numbers as numbers; null where nothing was saved."""
    info, steps = tx.get(TimeInfoRow, session_id), tx.get(ZeitschritteRow, session_id)
    return {
        "files": [_file(row) for row in session_files(tx, session_id)],
        "timeInfo": None if info is None else time_info_json(info),
        "zeitschritte": None if steps is None else {name: getattr(steps, name) for name in STEPS},
    }


def _file(row: FileRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        **{name: getattr(row, name) for name in OF_FILE},
        "lags": row.lags or [],
        "utc_min": plain_time(row.utc_min),
        "utc_max": plain_time(row.utc_max),
        "has_recipe": bool(row.recipe),
    }
