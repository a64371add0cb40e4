"""Routes of sharing and of API keys, described."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api.docs.operation import DONE, Operation, Operations, answer, body, given, optional, query

TAG = "Sharing and API keys"
SESSION = "/api/v1/sessions/<session_id>"


class SessionShare(BaseModel):
    """The same whether or not there is an account of the address."""

    id: str
    email: str
    role: Literal["reader", "editor"]
    created_at: str


class ApiKey(BaseModel):
    id: str
    session_id: str
    name: str
    prefix: str = Field(description="how the key begins, to know it again")
    scopes: list[Literal["predict", "read", "train"]]
    created_at: str
    expires_at: str | None
    expired: bool
    last_used_at: str | None = Field(description="to the hour")
    calls: int


ROLE = given(Literal["reader", "editor"], "a reader looks at the session, an editor also works in it")
SHARED = answer("SessionShared", share=SessionShare)
KEY_FIELDS = {
    "name": given(str, "letters, digits, spaces and _ - ( ) .; one of a session", max_length=100),
    "scopes": optional(list[Literal["predict", "read", "train"]], "predict where it is left out"),
    "expires_in_days": optional(int | None, "null: it does not expire", ge=1, le=3650),
}
NEW_KEY = answer(
    "NewApiKey", api_key=ApiKey, key=(str, Field(description="shown this once; send it as Bearer token"))
)
KEYS = answer("ApiKeys", keys=list[ApiKey])

OPERATIONS: Operations = {
    f"GET {SESSION}/shares": Operation(
        "With whom a session is shared.",
        TAG,
        {200: answer("SessionShares", shares=list[SessionShare])},
        refuses=(400, 403, 404),
    ),
    f"POST {SESSION}/shares": Operation(
        "Share a session with the account of an address, or change as what.",
        TAG,
        {201: SHARED},
        body=body("ShareBody", email=given(str, max_length=320), role=ROLE),
        refuses=(400, 403, 404, 409, 422),
    ),
    f"PATCH {SESSION}/shares/<share_id>": Operation(
        "Another role for somebody with whom a session is shared.",
        TAG,
        {200: SHARED},
        body=body("ShareChange", role=ROLE),
        refuses=(400, 403, 404, 422),
    ),
    f"DELETE {SESSION}/shares/<share_id>": Operation(
        "Share a session with somebody no longer.", TAG, {200: DONE}, refuses=(400, 403, 404)
    ),
    "GET /api/v1/api-keys": Operation(
        "Your API keys.",
        TAG,
        {200: KEYS},
        query=query("ApiKeysQuery", session_id=optional(str, "those of one session")),
        refuses=(400, 403, 404),
    ),
    "POST /api/v1/api-keys": Operation(
        "Make an API key for a session.",
        TAG,
        {201: NEW_KEY},
        body=body("NewKeyBody", session_id=given(str, "the session that it opens"), **KEY_FIELDS),
        refuses=(400, 403, 404, 409, 422),
    ),
    "GET /api/training/api-keys/<session_id>": Operation(
        "The API keys of a session.", TAG, {200: KEYS}, refuses=(400, 403, 404)
    ),
    "POST /api/training/api-keys/<session_id>": Operation(
        "Make an API key for the session.",
        TAG,
        {201: NEW_KEY},
        body=body("NewSessionKeyBody", **KEY_FIELDS),
        refuses=(400, 403, 404, 409, 422),
    ),
    "DELETE /api/training/api-keys/<key_id>": Operation(
        "Delete an API key.", TAG, {200: DONE}, refuses=(400, 403, 404)
    ),
    "DELETE /api/v1/api-keys/<key_id>": Operation(
        "Delete an API key; it opens nothing any more.", TAG, {200: DONE}, refuses=(400, 403, 404)
    ),
}
