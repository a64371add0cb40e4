"""What the settings of a file must fulfil together, before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.errors import Invalid
from services.file_fields import DATENANPASSUNG, DATENFORM, invalid

MEASURED, FORECASTS, CURRENT = DATENFORM


def check_settings(values: Mapping[str, Any], of_type: str, ausgabezeit: str | None) -> None:
    """Refuse what only several fields together can get wrong; missing ones count with their defaults."""
    _check_ranges(values)
    form = values.get("datenform", MEASURED)
    _check_issue_times(form, ausgabezeit)
    if of_type == "output" and form != MEASURED:
        raise _form(f"{form!r} does not fit an output: measurements are what is to be forecast", MEASURED)
    if form == CURRENT:
        _check_current(values)
    if values.get("lags") and (of_type == "output" or form == FORECASTS):
        what = "an output" if of_type == "output" else "a file of forecasts"
        raise Invalid(
            f"lags do not fit {what}",
            code="INVALID_LAGS",
            suggestion="Upload the measurements as an input file, and give that one the lags",
            details={"field": "lags"},
        )


def _check_ranges(values: Mapping[str, Any]) -> None:
    low, high = values.get("skalierung_min", 0.0), values.get("skalierung_max", 1.0)
    if not low < high:
        raise invalid("skalierungMin", f"({low:g}) must be below skalierungMax ({high:g})")
    start, end = values.get("zeithorizont_start"), values.get("zeithorizont_end")
    if start is not None and end is not None and start > end:
        raise invalid("zeithorizontStart", f"({start:g}) must not be after zeithorizontEnd ({end:g})")


def _check_issue_times(form: str, ausgabezeit: str | None) -> None:
    if form == FORECASTS and ausgabezeit is None:
        raise Invalid(
            f"datenform {FORECASTS!r} needs the times at which the forecasts were issued; this file has none",
            code="NO_ISSUE_TIMES",
            suggestion="Upload the file with fileMetadata.ausgabezeit, the name of the column that holds "
            f"them, or use {MEASURED!r}",
            details={"field": "datenform"},
        )
    if form != FORECASTS and ausgabezeit is not None:
        raise _form(f"{form!r} does not fit a file with times of issue ({ausgabezeit})", FORECASTS)


def _check_current(values: Mapping[str, Any]) -> None:
    """The current value has neither a window nor a method to read one with."""
    for column, field in (
        ("zeithorizont_start", "zeithorizontStart"),
        ("zeithorizont_end", "zeithorizontEnd"),
    ):
        if values.get(column) not in (None, 0):
            raise _idle(field, f"({values[column]:g})", "null")
    if values.get("datenanpassung", DATENANPASSUNG[0]) != DATENANPASSUNG[0]:
        raise _idle("datenanpassung", f"({values['datenanpassung']!r})", repr(DATENANPASSUNG[0]))
    if values.get("mittelwertbildung_uber_den_zeithorizont", False):
        raise _idle("mittelwertbildungÜberDenZeithorizont", "(ja)", "'nein'")


def _idle(field: str, given: str, way_out: str) -> Invalid:
    return Invalid(
        f"{field} {given} has no effect with datenform {CURRENT!r}: it is the newest value at the "
        "reference time, repeated in every step",
        code="INVALID_DATENFORM",
        suggestion=f"Send {field} {way_out}, or use {MEASURED!r}",
        details={"field": field},
    )


def _form(message: str, way_out: str) -> Invalid:
    return Invalid(
        f"datenform {message}",
        code="INVALID_DATENFORM",
        suggestion=f"Use {way_out!r}",
        details={"field": "datenform"},
    )
