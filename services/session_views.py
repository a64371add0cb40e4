"""Sessions as the page sees them: the whole of one, and the list of all in one query."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.access import listed_sessions
from services.file_fields import iso_time, to_camel, to_row
from services.storage.tables import FileRow, SessionRow, TimeInfoRow, ZeitschritteRow
from services.time_fields import settings_json


def file_rows(tx: Session, session_id: UUID, file_type: str | None = None) -> list[dict[str, Any]]:
    """The files of a session in the order of their features, as rows of /csv-files."""
    query = select(FileRow).where(FileRow.session_id == session_id)
    if file_type is not None:
        query = query.where(FileRow.type == file_type)
    rows = tx.scalars(query.order_by(FileRow.color_index, FileRow.created_at, FileRow.bezeichnung)).all()
    return [one_file_row(tx, row) for row in rows]


def one_file_row(tx: Session, row: FileRow) -> dict[str, Any]:
    steps = tx.get(ZeitschritteRow, row.session_id)  # from the identity map after the first
    if steps is None:
        return to_row(row, None, 0.0)
    return to_row(row, steps.eingabe if row.type == "input" else steps.ausgabe, steps.offset)


def session_json(tx: Session, session_id: UUID) -> dict[str, Any]:
    row = tx.get_one(SessionRow, session_id)
    files = [to_camel(file) for file in file_rows(tx, session_id)]
    return {
        "sessionId": row.alias or str(row.id),
        "databaseSessionId": str(row.id),
        "sessionName": row.session_name,
        "n_dat": row.n_dat,
        "finalized": row.finalized,
        "file_count": len(files),
        "files": files,
        **settings_json(tx, session_id),
        "createdAt": iso_time(row.created_at),
        "updatedAt": iso_time(row.updated_at),
        "lastUpdated": iso_time(row.updated_at),
    }


def sessions_json(tx: Session, user_id: UUID, limit: int) -> tuple[list[dict[str, Any]], int]:
    newest = (
        select(SessionRow, func.count().over().label("total"))
        .where(listed_sessions(tx, user_id), SessionRow.deleted_at.is_(None))
        .order_by(SessionRow.created_at.desc(), SessionRow.id)
        .limit(limit)
        .subquery()
    )
    query = (
        select(
            newest,
            TimeInfoRow.session_id.label("info"),
            ZeitschritteRow.session_id.label("steps"),
            FileRow.id.label("file_id"),
            FileRow.type,
            FileRow.file_name,
            FileRow.bezeichnung,
        )
        .outerjoin(TimeInfoRow, TimeInfoRow.session_id == newest.c.id)
        .outerjoin(ZeitschritteRow, ZeitschritteRow.session_id == newest.c.id)
        .outerjoin(FileRow, FileRow.session_id == newest.c.id)
        .order_by(newest.c.created_at.desc(), newest.c.id, FileRow.color_index, FileRow.created_at)
    )
    sessions: dict[UUID, dict[str, Any]] = {}
    total = 0
    for row in tx.execute(query):
        total = row.total
        entry = sessions.setdefault(row.id, _entry(row))
        if row.file_id is not None:
            entry["filesInfo"].append(
                {
                    "id": str(row.file_id),
                    "type": row.type,
                    "file_name": row.file_name,
                    "bezeichnung": row.bezeichnung,
                }
            )
            entry["fileCount"] += 1
    return list(sessions.values()), total


def _entry(row: Any) -> dict[str, Any]:
    return {
        "sessionId": row.alias or str(row.id),
        "sessionUuid": str(row.id),
        "sessionName": row.session_name,
        "createdAt": iso_time(row.created_at),
        "lastUpdated": iso_time(row.updated_at),
        "fileCount": 0,
        "finalized": row.finalized,
        "nDat": row.n_dat,
        "zeitschritteCount": int(row.steps is not None),
        "timeInfoCount": int(row.info is not None),
        "filesInfo": [],
    }
