"""Native routes of sessions, described."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api.docs.operation import Operation, Operations, answer, body, optional, query

SESSIONS = "Sessions"
S = "/api/v1/sessions"
SESSION = f"{S}/<session_id>"


class FileCounts(BaseModel):
    input: int
    output: int


class TrainingCounts(BaseModel):
    """Of the trainings, backtests and searches of a session; `active`: not yet ended."""

    active: int
    completed: int
    failed: int


class BestResult(BaseModel):
    job_id: str
    mode: str | None
    skill: float | None = Field(description="against the best baseline, the mean over the outputs")


class SessionSummary(BaseModel):
    id: str
    alias: str | None = Field(description="the id that the client gave it, where it did")
    name: str | None
    tags: list[str]
    finalized: bool
    samples: int | None = Field(description="of the newest dataset")
    created_at: str
    updated_at: str
    deleted_at: str | None
    restorable_until: str | None = Field(description="of a deleted one; then it is removed for good")
    access: Literal["owner", "editor", "reader"] = Field(description="what you are in it")
    owner: str | None = Field(description="the address of who shares it with you; null where it is yours")
    files: FileCounts
    jobs: TrainingCounts
    best: BestResult | None = Field(description="the one with the most skill of its newest five results")


class TagCount(BaseModel):
    tag: str
    sessions: int


ONE = answer("SessionAnswer", session=SessionSummary)
NAME = optional(str | None, "for people, 1 to 255 characters; null: none")
TAGS = optional(list[str] | None, "at most 20 of 1 to 60 characters")
LOCATION = {201: {"Location": "the path of the session"}}
OPERATIONS: Operations = {
    f"GET {S}": Operation(
        "A page of the caller's sessions.",
        SESSIONS,
        {
            200: answer(
                "SessionPage",
                sessions=list[SessionSummary],
                total=(int, Field(description="of all pages together")),
                next_cursor=(str | None, Field(description="null on the last page")),
            )
        },
        query=query(
            "SessionsQuery",
            search=optional(str, "any part of the name or of a tag, whatever the case"),
            tag=optional(str, "exactly this tag"),
            order=(
                Literal["updated", "created", "name"],
                Field(default="updated", description="the newest first, or by name"),
            ),
            limit=(int, Field(default=50, ge=1, le=200)),
            cursor=optional(str, "`next_cursor` of the page before"),
            deleted=(
                bool,
                Field(default=False, description="those that can be restored, in place of the others"),
            ),
        ),
        refuses=(400,),
    ),
    f"GET {S}/tags": Operation(
        "The tags in use, the most used first.",
        SESSIONS,
        {200: answer("SessionTags", tags=list[TagCount])},
        refuses=(400,),
    ),
    f"POST {S}": Operation(
        "Open a session.",
        SESSIONS,
        {201: ONE},
        body=body("NewSession", name=NAME, tags=TAGS),
        answer_headers=LOCATION,
        refuses=(400, 422),
    ),
    f"GET {SESSION}": Operation("A session as in the list.", SESSIONS, {200: ONE}),
    f"PATCH {SESSION}": Operation(
        "Rename a session, or give it other tags.",
        SESSIONS,
        {200: ONE},
        body=body("SessionChange", name=NAME, tags=TAGS),
        refuses=(400, 404, 422),
    ),
    f"POST {SESSION}/duplicate": Operation(
        "A second session with the same files (by reference) and settings, without jobs.",
        SESSIONS,
        {201: ONE},
        body=body("SessionCopy", name=NAME),
        optional_body=True,
        answer_headers=LOCATION,
        refuses=(400, 404, 422),
    ),
    f"DELETE {SESSION}": Operation(
        "Hide a session from every route and cancel its jobs; it can be restored for some days.",
        SESSIONS,
        {200: ONE},
    ),
    f"POST {SESSION}/restore": Operation(
        "Take the deletion of a session back; its jobs stay cancelled.", SESSIONS, {200: ONE}
    ),
}
