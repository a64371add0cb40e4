"""Time features and window steps as the wire names them: read, checked, and written back for rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from services.errors import BadRequest, Invalid
from services.file_fields import MAX_HOURS, choice, invalid, number, refuse_unknown, text, whole, yes_no
from services.forecasting.errors import DataError
from services.storage.tables import TimeInfoRow, ZeitschritteRow

COMPONENTS = ("jahr", "monat", "woche", "tag", "feiertag")
CATEGORY_FIELDS = (
    "datenform",
    "zeithorizontStart",
    "zeithorizontEnd",
    "skalierung",
    "skalierungMin",
    "skalierungMax",
    "detaillierteBerechnung",
    "land",
    "bruecken",
    "schulferien",
)
HOLIDAYS_ONLY = ("land", "bruecken", "schulferien")
MAX_SPANS = 500
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
STEP_FIELDS = ("eingabe", "ausgabe", "zeitschrittweite", "offset", "offsett")
MAX_STEPS = 4096
MAX_MINUTES = 366 * 24 * 60
TIME_INFO = "INVALID_TIME_INFO"
ZEITSCHRITTE = "INVALID_ZEITSCHRITTE"


def settings_json(tx: Session, session_id: UUID) -> dict[str, Any]:
    """Both rows as a session shows them; null where nothing was saved."""
    info, steps = tx.get(TimeInfoRow, session_id), tx.get(ZeitschritteRow, session_id)
    return {
        "timeInfo": None if info is None else time_info_json(info),
        "zeitschritte": None if steps is None else zeitschritte_json(steps),
    }


def time_info_json(row: TimeInfoRow) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in COMPONENTS},
        "zeitzone": row.zeitzone,
        "category_data": row.category_data,
    }


def zeitschritte_json(row: ZeitschritteRow) -> dict[str, Any]:
    """Numbers travel as text on this object, as the page has always had them."""
    return {name: _plain(getattr(row, name)) for name in ("eingabe", "ausgabe", "zeitschrittweite", "offset")}


def _plain(value: float | None) -> str:
    return "" if value is None else str(int(value)) if value == int(value) else repr(value)


def read_time_info(value: Any) -> dict[str, Any]:
    """The columns of time_info from the wire object; components not named are off."""
    fields = _object("timeInfo", value)
    refuse_unknown(fields, (*COMPONENTS, "zeitzone", "category_data"), "timeInfo")
    flags = {name: fields.get(name, False) for name in COMPONENTS}
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise invalid(f"timeInfo.{name}", "must be true or false", TIME_INFO)
    categories = _object("timeInfo.category_data", fields.get("category_data") or {})
    refuse_unknown(categories, COMPONENTS, "timeInfo.category_data")
    return {
        **flags,
        "zeitzone": _zone(fields.get("zeitzone") or "UTC"),
        "category_data": {name: _category(name, about) for name, about in categories.items()},
    }


def _zone(name: Any) -> str:
    try:
        return ZoneInfo(name).key
    except (OSError, ValueError, TypeError, AttributeError, LookupError):
        raise invalid(
            "timeInfo.zeitzone",
            f"must be an IANA name such as Europe/Vienna, not {str(name)[:60]!r}",
            TIME_INFO,
        ) from None


def _category(component: str, value: Any) -> dict[str, Any]:
    where = f"timeInfo.category_data.{component}"
    fields = _object(where, value)
    refuse_unknown(fields, CATEGORY_FIELDS, where)
    result: dict[str, Any] = {}
    for name, given in fields.items():
        if given is not None and given != "":
            result[name] = _category_field(f"{where}.{name}", name, given)
    foreign = [name for name in HOLIDAYS_ONLY if name in result and component != "feiertag"]
    if foreign:
        raise invalid(f"{where}.{foreign[0]}", "belongs to feiertag alone", TIME_INFO)
    _check_category(where, result)
    return result


def _category_field(where: str, name: str, value: Any) -> Any:
    if name == "datenform":
        return choice(where, value, ("Zeithorizont", "Aktuelle Zeit"), TIME_INFO)
    if name == "skalierung":
        return "ja" if yes_no(where, value, TIME_INFO) else "nein"
    if name == "schulferien":
        return _spans(where, value)
    if name in ("detaillierteBerechnung", "bruecken"):
        return yes_no(where, value, TIME_INFO)
    if name == "land":
        return _land(where, value)
    parsed = number(where, value, TIME_INFO)
    if name.startswith("zeithorizont") and parsed is not None and abs(parsed) > MAX_HOURS:
        raise invalid(where, f"must lie within {MAX_HOURS} hours of the reference time", TIME_INFO)
    return parsed


def _land(where: str, value: Any) -> str:
    """As it was given, if there is a calendar for it."""
    given = text(where, value, 60)
    try:
        from services.forecasting.holidays import region_of  # all countries: only when asked

        region_of(given)
    except DataError as error:
        raise Invalid(
            f"{where}: {error.message}",
            code=error.code,
            suggestion=error.suggestion,
            details={**(error.details or {}), "field": where},
        ) from None
    return given


def _spans(where: str, value: Any) -> list[dict[str, str]]:
    """School holidays: no library knows them all, so they are given, first and last day of each."""
    if not isinstance(value, list) or len(value) > MAX_SPANS:
        raise invalid(where, f"must be a list of at most {MAX_SPANS} pairs von and bis", TIME_INFO)
    return [_span(f"{where}[{place}]", each) for place, each in enumerate(value)]


def _span(where: str, value: Any) -> dict[str, str]:
    fields = _object(where, value)
    refuse_unknown(fields, ("von", "bis"), where)
    first, last = (_day(f"{where}.{name}", fields.get(name)) for name in ("von", "bis"))
    if last < first:
        raise invalid(f"{where}.bis", f"({last}) is before von ({first})", TIME_INFO)
    return {"von": first.isoformat(), "bis": last.isoformat()}


def _day(where: str, value: Any) -> date:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        raise invalid(
            where, f"must be a day such as 2026-07-04, not {str(value)[:40]!r}", TIME_INFO
        ) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise invalid(where, f"must lie from {FIRST_DAY} to {LAST_DAY}, not {day}", TIME_INFO)
    return day


def _check_category(where: str, fields: Mapping[str, Any]) -> None:
    start, end = fields.get("zeithorizontStart"), fields.get("zeithorizontEnd")
    if start is not None and end is not None and start > end:
        raise invalid(
            f"{where}.zeithorizontStart", f"({start:g}) is after zeithorizontEnd ({end:g})", TIME_INFO
        )
    low, high = fields.get("skalierungMin", 0.0), fields.get("skalierungMax", 1.0)
    if not low < high:
        raise invalid(
            f"{where}.skalierungMin", f"({low:g}) must be below skalierungMax ({high:g})", TIME_INFO
        )


def read_zeitschritte(value: Any) -> dict[str, Any]:
    """The columns of zeitschritte from the wire object; `offsett` is an old spelling of offset."""
    fields = _object("zeitschritte", value)
    refuse_unknown(fields, STEP_FIELDS, "zeitschritte")
    if "offset" in fields and "offsett" in fields and fields["offset"] != fields["offsett"]:
        raise invalid("zeitschritte.offsett", "differs from offset; send one of them", ZEITSCHRITTE)
    stride = number("zeitschritte.zeitschrittweite", fields.get("zeitschrittweite"), ZEITSCHRITTE)
    if stride is not None and not 0 < stride <= MAX_MINUTES:
        raise invalid(
            "zeitschritte.zeitschrittweite",
            f"must be above 0 and at most {MAX_MINUTES} minutes, not {stride:g}",
            ZEITSCHRITTE,
        )
    offset = number("zeitschritte.offset", fields.get("offset", fields.get("offsett")), ZEITSCHRITTE)
    if offset is not None and abs(offset) > MAX_MINUTES:
        raise invalid("zeitschritte.offset", f"must lie within {MAX_MINUTES} minutes", ZEITSCHRITTE)
    return {
        "eingabe": whole("zeitschritte.eingabe", fields.get("eingabe"), 1, MAX_STEPS, ZEITSCHRITTE),
        "ausgabe": whole("zeitschritte.ausgabe", fields.get("ausgabe"), 1, MAX_STEPS, ZEITSCHRITTE),
        "zeitschrittweite": stride,
        "offset": 0.0 if offset is None else offset,
    }


def _object(where: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadRequest(f"{where} must be a JSON object, not {type(value).__name__}")
    return value
