"""Routes of accounts and of this document, described."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.docs.operation import DONE, Operation, Operations, answer, body, given, query

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


class SignIn(BaseModel):
    id: str
    created_at: str
    last_used_at: str = Field(description="when tokens were last given out")
    expires_at: str
    address: str | None
    user_agent: str
    current: bool = Field(description="the one that asks")


class SecurityEvent(BaseModel):
    id: int
    kind: str = Field(description="sign_in, sign_in_failed, refresh_token_reused, password_changed, ...")
    at: str
    user: dict[str, str | None] | None = Field(description="id and email; null: no account of this server")
    address: str | None
    user_agent: str
    details: dict[str, object]


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
    "GET /api/auth/options": Operation(
        "What a page must know before anybody is signed in.",
        TAG,
        {200: answer("SignInOptions", sign_up=bool)},
        refuses=(),
        public=True,
    ),
    "POST /api/auth/password": Operation(
        "Change one's password; every other sign-in ends.",
        TAG,
        {200: DONE},
        body=body("PasswordChange", current_password=given(str, max_length=4096), new_password=PASSWORD),
        refuses=(400, 409, 422, 429),
    ),
    "GET /api/auth/sign-ins": Operation(
        "Where the account is in use.",
        TAG,
        {200: answer("SignIns", sign_ins=list[SignIn])},
        refuses=(409,),
    ),
    "DELETE /api/auth/sign-ins": Operation(
        "Sign out everywhere, here too.", TAG, {200: answer("SignInsEnded", ended=int)}, refuses=(409,)
    ),
    "DELETE /api/auth/sign-ins/<sign_in>": Operation(
        "End one sign-in; its tokens are worth nothing from then on.", TAG, {200: DONE}, refuses=(404, 409)
    ),
    "GET /api/v1/security-events": Operation(
        "What concerned the safety of one's account, newest first; of all accounts for an admin.",
        TAG,
        {200: answer("SecurityEvents", events=list[SecurityEvent])},
        query=query(
            "SecurityEventsQuery",
            limit=(int, Field(default=50, ge=1, le=200)),
            before=(int | None, Field(default=None, description="id of the last one already read")),
            all=(bool, Field(default=False, description="admins: of every account")),
        ),
        refuses=(400, 403),
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
