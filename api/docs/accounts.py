"""Routes of accounts and of this document, described."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.docs.operation import DONE, Operation, Operations, answer, body, given

TAG = "Accounts"
EMAIL, PASSWORD = given(str, max_length=4096), given(str, "at least ten characters", max_length=4096)
CREDENTIALS = body("Credentials", email=EMAIL, password=PASSWORD)
REFRESH = body("RefreshToken", refresh_token=given(str, max_length=4096))


class User(BaseModel):
    id: str
    email: str


class Counted(BaseModel):
    """What the plan allows in a month, and what was used of it."""

    limit: int | None = Field(description="null: as many as one likes")
    used: int


class Usage(BaseModel):
    processing: Counted
    training: Counted
    period_start: str
    resets_at: str


TOKENS = answer("Tokens", access_token=str, refresh_token=str, token_type=str, expires_at=str, user=User)

OPERATIONS: Operations = {
    "POST /api/auth/sign-up": Operation(
        "Make an account.", TAG, {201: TOKENS}, body=CREDENTIALS, refuses=(400, 409, 422, 429), public=True
    ),
    "POST /api/auth/sign-in": Operation(
        "Get tokens for an account.",
        TAG,
        {200: TOKENS},
        body=CREDENTIALS,
        refuses=(400, 401, 429),
        public=True,
    ),
    "POST /api/auth/refresh": Operation(
        "Exchange a refresh token for new tokens.",
        TAG,
        {200: TOKENS},
        body=REFRESH,
        refuses=(400, 401),
        public=True,
    ),
    "POST /api/auth/sign-out": Operation(
        "Make a refresh token worthless.", TAG, {200: DONE}, body=REFRESH, refuses=(400, 401), public=True
    ),
    "GET /api/auth/me": Operation(
        "The caller, the plan, and what is used of it.",
        TAG,
        {200: answer("Me", user=User, admin=bool, plan=(str | None, ...), usage=(Usage | None, ...))},
        refuses=(),
    ),
    "GET /api/docs/openapi.json": Operation(
        "This document.", "Documentation", {200: None}, file="application/json", refuses=(400,), public=True
    ),
    "GET /api/docs": Operation(
        "This document as a page.",
        "Documentation",
        {200: None},
        file="text/html",
        refuses=(400,),
        public=True,
    ),
}
