"""Reads the recipe of a file from a request, and holds it against the data that the file has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.errors import Invalid
from services.file_fields import iso_time
from services.forecasting.care.recipe import Recipe, no_line_through_forecasts
from services.storage.tables import FileRow
from services.validation import checked

WIRE = {"start": "from", "end": "to"}
CODE = "INVALID_RECIPE"


def read_recipe(value: Any) -> Recipe:
    """The steps, each checked by itself."""
    return checked(Recipe, {"recipe": value}, where="body", code=CODE, names=WIRE)


def refuse_unfitting(recipe: Recipe, row: FileRow) -> None:
    """Every step must meet the data; utc_max is kept in seconds, so its whole second belongs to them."""
    if not recipe.recipe:
        return
    if row.utc_min is None or row.utc_max is None:
        raise Invalid(
            "The file has no data yet, so there is nothing a recipe could mend",
            code=CODE,
            suggestion="Upload its file first",
            details={"field": "body.recipe"},
        )
    first, last = row.utc_min, row.utc_max + timedelta(seconds=1)
    for place, step in enumerate(recipe.recipe):
        if row.ausgabezeit is not None and step.action == "interpolate":
            raise no_line_through_forecasts(f"body.recipe.{place}.action")
        field = "to" if step.end < first else "from" if step.start >= last else None
        if field is not None:
            name = f"body.recipe.{place}.{field}"
            begin, end = iso_time(row.utc_min), iso_time(row.utc_max)
            raise Invalid(
                f"{name}: the interval lies outside the data, which go from {begin} to {end}",
                code=CODE,
                suggestion=f"Correct {name}",
                details={"field": name, "bounds": {"first": begin, "last": end}},
            )
