"""Routes of a file's series, described."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from api.docs.operation import Operation, Operations, answer, given, optional, query

FILES = "Files"
FILE = "/api/v1/files/<file_id>"
RECIPE = (bool, Field(default=False, description="with the recipe of the file applied"))
Cell = float | None


class Quantile(BaseModel):
    level: float
    value: float


class Stretch(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    from_: str = Field(alias="from")
    to: str
    minutes: float


HEAT = query("RecipeQuery", recipe=RECIPE)
OPERATIONS: Operations = {
    f"GET {FILE}/series": Operation(
        "A stretch of the series in so many points: whole ones where they are few, else the least and the "
        "greatest per bucket of time.",
        FILES,
        {
            200: answer(
                "SeriesLine",
                time_ms=given(list[int], "milliseconds since 1970 (UTC), ascending"),
                value=given(list[Cell], "null where the line breaks: a gap, or a missing value"),
                bucket_ms=given(float, "width of a bucket; 0: every row is there"),
                found=given(int, "rows that the points stand for"),
                first_ms=given(int, "of the whole series"),
                last_ms=given(int, "of the whole series"),
                rows=given(int, "of the whole series"),
                step_ms=given(float, "the most frequent distance of two rows"),
                recipe=given(bool, "whether a recipe was applied"),
            )
        },
        query=query(
            "SeriesQuery",
            **{
                "from": optional(str, "instant in ISO 8601 or milliseconds since 1970; without, the first"),
                "to": optional(str, "included; without, the last"),
            },
            points=(int, Field(default=2000, ge=10, le=20_000)),
            recipe=RECIPE,
        ),
        refuses=(400, 404, 409, 422),
    ),
    f"GET {FILE}/heatmap": Operation(
        "Means by day and hour, and by weekday and hour, on the clock of the session's time zone.",
        FILES,
        {
            200: answer(
                "SeriesHeat",
                zone=str,
                first_day=str,
                last_day=str,
                days_per_row=given(int, "more than 1 where the series has very many days"),
                day_hour=given(list[list[Cell]], "a row of 24 per day, from first_day on"),
                weekday_hour=given(list[list[Cell]], "seven rows of 24, from Monday on"),
            )
        },
        query=HEAT,
        refuses=(400, 404, 409, 422),
    ),
    f"GET {FILE}/summary": Operation(
        "The figures of a series.",
        FILES,
        {
            200: answer(
                "SeriesSummary",
                rows=int,
                values=given(int, "rows that hold a number"),
                missing=int,
                first=str,
                last=str,
                days=float,
                step_minutes=given(float, "the most frequent distance of two rows"),
                longest_step=Stretch,
                min=(Cell, Field()),
                max=(Cell, Field()),
                mean=(Cell, Field()),
                std=(Cell, Field()),
                zeros=(int | None, Field()),
                negatives=(int | None, Field()),
                quantiles=list[Quantile],
            )
        },
        query=HEAT,
        refuses=(400, 404, 409, 422),
    ),
}
