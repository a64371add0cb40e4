"""The rows that follow from an import, written in the transaction that completes its job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from services.forecasting.errors import DataError
from services.storage.tables import FileRow, JobRow, SessionRow, now
from services.workloads.series_import.config import SeriesImportConfig


def record(tx: Session, job: JobRow, outcome: Mapping[str, Any]) -> None:
    """One row per series, in the order of the columns."""
    config = SeriesImportConfig.model_validate(job.config)
    _refuse_taken(tx, config)
    highest = tx.scalar(select(func.max(FileRow.color_index)).where(FileRow.session_id == config.session_id))
    first = 0 if highest is None else highest + 1
    for place, (series, found) in enumerate(zip(config.series, outcome["series"], strict=True)):
        values = {"color_index": first + place, **series.settings, **found["measured"]}
        values["utc_min"] = _time(values["utc_min"])
        values["utc_max"] = _time(values["utc_max"])
        tx.add(
            FileRow(
                id=series.file_id,
                session_id=config.session_id,
                file_name=config.file_name,
                type=config.file_type,
                bezeichnung=series.bezeichnung,
                storage_path=config.blob_key,
                file_hash=config.file_hash,
                ausgabezeit=config.issued_column,
                size_bytes=config.size_bytes,
                series_path=found["series_path"],
                series_hash=found["series_hash"],
                profile=found["profile"],
                care=found["care"],
                **values,
            )
        )
    tx.execute(update(SessionRow).where(SessionRow.id == config.session_id).values(updated_at=now()))


def _refuse_taken(tx: Session, config: SeriesImportConfig) -> None:
    names = [series.bezeichnung for series in config.series]
    query = select(FileRow).where(FileRow.session_id == config.session_id, FileRow.type == config.file_type)
    taken = tx.scalars(query.where(FileRow.bezeichnung.in_(names))).all()
    if taken:
        raise DataError(
            "DUPLICATE_FILE",
            f"The session has an {config.file_type} file named "
            f"{', '.join(row.bezeichnung for row in taken)} already",
            suggestion="Choose another bezeichnung, or delete the file first",
            details={
                "bezeichnung": [row.bezeichnung for row in taken],
                "fileIds": [str(row.id) for row in taken],
            },
        )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
