"""From the rows of a session to the config of its dataset; everything that is missing is named at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.errors import Invalid
from services.forecasting.calendar_names import column_names
from services.forecasting.care.recipe import RecipeStep
from services.forecasting.errors import DataError
from services.storage.tables import FileRow, TimeInfoRow, ZeitschritteRow
from services.workloads.forecast.config import Arithmetic, CalendarInput, DatasetConfig, SeriesInput, Steps

Method = Literal["linear", "mean", "nearest"]
Form = Literal["historical", "forecasts", "current"]
Component = Literal["Y", "M", "W", "D", "H"]
METHODS: dict[str, Method] = {
    "Lineare Interpolation": "linear",
    "Mittelwertbildung": "mean",
    "Nächster Wert": "nearest",
}
FORMS: dict[str, Form] = {
    "Historische Daten": "historical",
    "Historische Prognosen": "forecasts",
    "Aktueller Wert": "current",
}
COMPONENTS: dict[str, Component] = {"jahr": "Y", "monat": "M", "woche": "W", "tag": "D", "feiertag": "H"}
SAVE_STEPS = "POST /api/training/save-zeitschritte"
SAVE_TIME = "POST /api/training/save-time-info"
SAVE_FILE = "PUT /api/training/csv-files/<file_id>"


class Problems:
    """Collects what stands in the way of a dataset, so that a user mends it in one go."""

    def __init__(self) -> None:
        self.found: list[dict[str, str]] = []

    def add(self, field: str, message: str, way_out: str, **place: str) -> None:
        """`place` says which setting of which file it is, where it is one of a file."""
        self.found.append({"field": field, "message": message, "suggestion": way_out, **place})

    def refuse(self) -> None:
        if self.found:
            raise Invalid(
                "; ".join(f"{each['field']} {each['message']}" for each in self.found),
                code="INCOMPLETE_CONFIG",
                suggestion="; ".join(dict.fromkeys(each["suggestion"] for each in self.found)),
                details={"problems": self.found},
            )


def dataset_config(
    tx: Session,
    session_id: UUID,
    *,
    arithmetic: Arithmetic = "honest",
    max_gap_minutes: float | None = None,
) -> DatasetConfig:
    """The snapshot of a session's files and time settings that a job works from."""
    settings = SessionSettings(
        files=session_files(tx, session_id),
        info=tx.get(TimeInfoRow, session_id),
        steps=tx.get(ZeitschritteRow, session_id),
    )
    problems = Problems()
    fields = config_fields(settings, problems, max_gap_minutes)
    problems.refuse()
    return DatasetConfig.model_validate({"session_id": session_id, "arithmetic": arithmetic, **fields})


@dataclass(frozen=True)
class SessionSettings:
    """The rows that a dataset follows from."""

    files: Sequence[FileRow]
    info: TimeInfoRow | None
    steps: ZeitschritteRow | None


def config_fields(
    settings: SessionSettings, problems: Problems, max_gap_minutes: float | None
) -> dict[str, Any]:
    """What of a DatasetConfig these rows say; complete if there are no problems."""
    _check_roles(settings.files, problems)
    return {
        "series": [_series(row, problems) for row in settings.files],
        "calendar": [] if settings.info is None else _calendar(settings.info, problems),
        "steps": _steps(settings.steps, settings.info, max_gap_minutes, problems),
    }


def session_files(tx: Session, session_id: UUID) -> Sequence[FileRow]:
    """The files in the order of their features."""
    query = select(FileRow).where(FileRow.session_id == session_id)
    return tx.scalars(query.order_by(FileRow.color_index, FileRow.created_at, FileRow.bezeichnung)).all()


def calendar_columns(info: TimeInfoRow | None) -> list[str]:
    """The columns that the time components of a session become."""
    if info is None:
        return []
    extras = info.category_data.get("feiertag") or {}
    bridges, school = bool(extras.get("bruecken")), bool(extras.get("schulferien"))
    return [
        column
        for name, letter in COMPONENTS.items()
        if getattr(info, name)
        for column in column_names(letter, bridges=bridges, school=school)
    ]


def _check_roles(files: Sequence[FileRow], problems: Problems) -> None:
    for role in ("input", "output"):
        if not any(row.type == role for row in files):
            problems.add("files", f"hold no {role} file", f"Upload one with fileType {role!r} (upload-chunk)")


def _series(row: FileRow, problems: Problems) -> SeriesInput | None:
    name, about = f"{row.type} file {row.bezeichnung!r}:", {"file_id": str(row.id)}
    if row.series_path is None or row.series_hash is None:
        way_out = "Upload it, or wait until session-status says completed"
        problems.add(name, "has no data yet", way_out, **about)
        return None
    form = FORMS[row.datenform]
    start, end = (row.zeithorizont_start, row.zeithorizont_end) if form != "current" else (0.0, 0.0)
    if start is None or end is None:
        field = "zeithorizont_start" if start is None else "zeithorizont_end"
        way_out = f"Set it in hours with {SAVE_FILE}"
        problems.add(name, f"{field} is not set", way_out, **about, setting=field)
        return None
    if start > end:
        text = f"zeithorizont_start ({start:g}) is after zeithorizont_end ({end:g})"
        problems.add(name, text, SAVE_FILE, **about, setting="zeithorizont_start")
        return None
    return SeriesInput(
        file_id=row.id,
        name=row.bezeichnung,
        role="input" if row.type == "input" else "output",
        blob_key=row.series_path,
        sha256=row.series_hash,
        start_hours=start,
        end_hours=end,
        form=form,
        method=METHODS[row.datenanpassung],
        window_mean=row.mittelwertbildung_uber_den_zeithorizont,
        lags=tuple(row.lags or ()),
        scale=row.skalierung,
        scale_min=row.skalierung_min,
        scale_max=row.skalierung_max,
        recipe=[RecipeStep.model_validate(step) for step in row.recipe],
    )


def _calendar(info: TimeInfoRow, problems: Problems) -> list[CalendarInput | None]:
    return [
        _component(name, info.category_data.get(name) or {}, problems)
        for name in COMPONENTS
        if getattr(info, name)
    ]


def _component(name: str, fields: Mapping[str, Any], problems: Problems) -> CalendarInput | None:
    """Without datenform a given window means a value per step, no window the value at the reference time."""
    where = f"timeInfo.category_data.{name}"
    start, end = fields.get("zeithorizontStart"), fields.get("zeithorizontEnd")
    windowed = start is not None or end is not None
    per_step = fields.get("datenform", "Zeithorizont" if windowed else "Aktuelle Zeit") == "Zeithorizont"
    if per_step and (start is None or end is None):
        field = "zeithorizontStart" if start is None else "zeithorizontEnd"
        problems.add(f"{where}.{field}", "is not set", f"Set it in hours with {SAVE_TIME}")
        return None
    country = _country(where, fields.get("land"), problems) if name == "feiertag" else None
    return CalendarInput(
        component=COMPONENTS[name],
        local=bool(fields.get("detaillierteBerechnung", False)),
        per_step=per_step,
        start_hours=start if per_step and start is not None else 0.0,
        end_hours=end if per_step and end is not None else 0.0,
        scale=fields.get("skalierung", "nein") == "ja",
        scale_min=fields.get("skalierungMin", 0.0),
        scale_max=fields.get("skalierungMax", 1.0),
        country=country,
        bridges=fields.get("bruecken", False),
        school=tuple((span["von"], span["bis"]) for span in fields.get("schulferien", ())),
    )


def _country(where: str, land: str | None, problems: Problems) -> str | None:
    if land is None:
        problems.add(f"{where}.land", "is not set", f"Set it, e.g. to AT or DE-BY, with {SAVE_TIME}")
        return None
    try:
        from services.forecasting.holidays import region_of  # all countries: only when asked

        return region_of(land)
    except DataError as error:
        problems.add(f"{where}.land", error.message, f"{error.suggestion} ({SAVE_TIME})")
        return None


def _steps(
    row: ZeitschritteRow | None, info: TimeInfoRow | None, max_gap_minutes: float | None, problems: Problems
) -> Steps | None:
    if row is None:
        problems.add("zeitschritte", "are not set", f"Save them with {SAVE_STEPS}")
        return None
    missing = [name for name in ("eingabe", "ausgabe", "zeitschrittweite") if getattr(row, name) is None]
    for name in missing:
        problems.add(f"zeitschritte.{name}", "is not set", f"Save it with {SAVE_STEPS}")
    if missing:
        return None
    return Steps.model_validate(
        {
            "input_steps": row.eingabe,
            "output_steps": row.ausgabe,
            "stride_minutes": row.zeitschrittweite,
            "offset_minutes": row.offset,
            "timezone": "UTC" if info is None else info.zeitzone,
            "max_gap_minutes": max_gap_minutes,
        }
    )
