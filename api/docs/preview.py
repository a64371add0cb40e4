"""The route of the preview, described."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.docs.operation import Operation, Operations, answer, given, optional, query

Value = str | bool | None


class Alternative(BaseModel):
    value: Value
    example: str | None = Field(description="what it would read, where that can be said")


class Detected(BaseModel):
    value: Value
    sure: Literal["declared", "certain", "likely", "guess"]
    why: str = Field(description="a word such as declared, same_in_every_line, by_separator, nothing_tells")
    alternatives: list[Alternative]


FOUND = query(  # by the names of importOptions
    "DetectedFormat",
    encoding=given(Detected),
    **{
        name: optional(Detected, "absent where something before it must be decided first")
        for name in ("separator", "hasHeader", "timeColumn", "dateFormat", "timezone")
    },
    decimal=optional(Detected, "absent too where no number has a fraction"),
)


class PreviewColumn(BaseModel):
    name: str
    kind: Literal["time", "issued", "number", "truth", "clock", "text", "empty"] = Field(
        description="truth: TRUE and FALSE, imported as 1 and 0"
    )
    missing: int = Field(description="cells without a value, in the stretch that was sent")
    example: str | None


class PreviewRow(BaseModel):
    row: int = Field(description="line of the file, from 1")
    cells: list[str]
    time: str | None = Field(description="the time as read, in UTC")
    numbers: list[float | None] = Field(description="per column, where it is one of numbers")


class PreviewExtent(BaseModel):
    """Of the stretch that was sent."""

    rows: int
    first: str | None
    last: str | None
    step_minutes: float | None


class PreviewNote(BaseModel):
    """A question (decide `field`) or a problem of a row."""

    code: str
    field: str | None = Field(description="of the options that would settle it")
    row: int | None
    column: str | None
    message: str
    suggestion: str | None
    details: dict[str, Any] = Field(
        description="the particulars by name, with which code can be said in another language"
    )
    choices: list[Alternative]


OPERATIONS: Operations = {
    "POST /api/v1/preview": Operation(
        "What the beginning of a file seems to be, with its first rows read; nothing is stored or counted.",
        "Files",
        {
            200: answer(
                "Preview",
                detected=FOUND,
                columns=list[PreviewColumn],
                extent=PreviewExtent,
                rows=given(list[PreviewRow], "the first 50"),
                questions=given(list[PreviewNote], "what no rule can decide; an upload would be refused"),
                problems=given(list[PreviewNote], "rows that an upload would be refused for"),
                ready=given(bool, "no question and no problem in this stretch"),
            )
        },
        form=query(
            "PreviewForm",
            chunk=given(
                bytes,
                "the first bytes of the file, at most 1 MiB",
                json_schema_extra={"contentMediaType": "application/octet-stream"},
            ),
            options=optional(str, "JSON: importOptions that are decided already, and ausgabezeit"),
            complete=optional(Literal["true", "false"], "true: these bytes are the whole file"),
            session_id=optional(str, "its time zone is offered first"),
            file_size=optional(int, "bytes of the whole file: 413 where the plan allows fewer", ge=0),
        ),
        refuses=(400, 404, 413, 422),
    ),
}
