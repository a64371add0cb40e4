"""The settings of a session with changes that are not saved: what saving would refuse, and the config."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.dataset_config import Problems, SessionSettings, config_fields, session_files
from services.errors import AppError, BadRequest, Invalid
from services.file_fields import COLUMN_OF, CONFIGURED, read_configured, refuse_unknown
from services.file_rules import check_settings
from services.storage.tables import FileRow, TimeInfoRow, ZeitschritteRow
from services.time_fields import read_time_info, read_zeitschritte
from services.training_fields import read_options
from services.workloads.forecast.config import DatasetConfig

Error = dict[str, Any]
Read = Callable[[Any], dict[str, Any]]
# What a session needs of a file row; the others stay in the database.
FILE_COLUMNS = (*CONFIGURED, "id", "series_path", "series_hash", "recipe", "ausgabezeit", "created_at")


@dataclass(frozen=True)
class Draft:
    """`config` is None as long as there are errors."""

    config: DatasetConfig | None
    errors: list[Error]


def read_draft(tx: Session, session_id: UUID, body: Mapping[str, Any]) -> Draft:
    """Every error there is, each with its field, and the file it belongs to."""
    options = read_options(body)
    errors: list[Error] = []
    info = _read("timeInfo", body.get("timeInfo"), read_time_info, errors)
    steps = _read("zeitschritte", body.get("zeitschritte"), read_zeitschritte, errors)
    settings = SessionSettings(
        files=_files(session_files(tx, session_id), body.get("files"), errors),
        info=tx.get(TimeInfoRow, session_id) if info is None else TimeInfoRow(session_id=session_id, **info),
        steps=tx.get(ZeitschritteRow, session_id)
        if steps is None
        else ZeitschritteRow(session_id=session_id, **steps),
    )
    problems = Problems()
    fields = config_fields(settings, problems, options.max_gap_minutes)
    errors += [_incomplete(each) for each in problems.found]
    if errors:
        return Draft(None, errors)
    fields |= {"session_id": session_id, "arithmetic": options.arithmetic}
    return Draft(DatasetConfig.model_validate(fields), [])


def error_of(error: AppError, field: str, file_id: str | None = None) -> Error:
    """As the route that saves would tell it."""
    told = str((error.details or {}).get("field") or field)
    return {
        "field": told,
        "file_id": file_id,
        "code": error.code,
        "message": error.message,
        "suggestion": error.suggestion,
    }


def _read(name: str, value: Any, read: Read, errors: list[Error]) -> dict[str, Any] | None:
    """The columns; of what is refused each part is asked alone, so that all errors are named at once."""
    if value is None:
        return None
    try:
        return read(value)
    except AppError as error:
        found = _each(value, read, name) if isinstance(value, dict) else []
        errors += found or [error_of(error, name)]
        return None


def _each(value: Mapping[str, Any], read: Read, name: str) -> list[Error]:
    found = []
    for part in _parts(value):
        try:
            read(part)
        except AppError as error:
            found.append(error_of(error, name))
    return found


def _parts(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    categories = value.get("category_data")
    parts = [{name: each} for name, each in value.items() if name != "category_data" or not categories]
    if isinstance(categories, dict):
        parts += [{"category_data": {name: each}} for name, each in categories.items()]
    return parts


def _files(rows: Sequence[FileRow], drafts: Any, errors: list[Error]) -> list[FileRow]:
    """The files with their unsaved fields; those of which a field is refused stay as they are."""
    changes = _checked_form(rows, drafts)
    changed = [_changed(row, changes.get(str(row.id)) or {}, errors) for row in rows]
    _refuse_twins(changed, changes, errors)
    return sorted(changed, key=lambda row: (row.color_index, row.created_at, row.bezeichnung))


def _checked_form(rows: Sequence[FileRow], drafts: Any) -> Mapping[str, Any]:
    if drafts is None:
        return {}
    if not isinstance(drafts, dict) or not all(isinstance(each, dict) for each in drafts.values()):
        raise BadRequest("files must be an object of settings by file id", details={"field": "files"})
    unknown = sorted(set(drafts) - {str(row.id) for row in rows})
    if unknown:
        raise Invalid(
            f"files.{unknown[0][:80]} is no file of this session",
            code="UNKNOWN_FILE",
            suggestion=f"Its files are {', '.join(str(row.id) for row in rows) or 'none'}",
            details={"field": f"files.{unknown[0][:80]}"},
        )
    return drafts


def _changed(row: FileRow, fields: Mapping[str, Any], errors: list[Error]) -> FileRow:
    """A copy that no session knows, so that nothing of it can be stored."""
    values = {name: getattr(row, name) for name in FILE_COLUMNS}
    try:
        refuse_unknown(fields, COLUMN_OF, f"files.{row.id}")
        given = read_configured(fields, nullable=True)
        check_settings({**values, **given}, given.get("type", row.type), row.ausgabezeit)
        values |= given
    except AppError as error:
        found = _each_field(row, fields)
        errors += found or [error_of(error, f"files.{row.id}", str(row.id))]
    return FileRow(session_id=row.session_id, **values)


def _each_field(row: FileRow, fields: Mapping[str, Any]) -> list[Error]:
    found = []
    for name, value in fields.items():
        try:
            refuse_unknown([name], COLUMN_OF, f"files.{row.id}")
            read_configured({name: value}, nullable=True)
        except AppError as error:
            found.append(error_of(error, name, str(row.id)))
    return found


def _refuse_twins(rows: Sequence[FileRow], changes: Mapping[str, Any], errors: list[Error]) -> None:
    """Names are unique among the files of a type."""
    for row in rows:
        twins = [each for each in rows if (each.type, each.bezeichnung) == (row.type, row.bezeichnung)]
        if len(twins) > 1 and str(row.id) in changes:
            message = f"bezeichnung {row.bezeichnung!r} names another {row.type} file too"
            about = {"code": "DUPLICATE_FILE", "message": message, "suggestion": "Choose another name"}
            errors.append({"field": "bezeichnung", "file_id": str(row.id), **about})


def _incomplete(problem: Mapping[str, str]) -> Error:
    return {
        "field": problem.get("setting") or problem["field"],
        "file_id": problem.get("file_id"),
        "code": "INCOMPLETE_CONFIG",
        "message": f"{problem['field']} {problem['message']}",
        "suggestion": problem["suggestion"],
    }
