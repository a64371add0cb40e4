"""@require_auth: a valid access token or API key, or 401; what it may do is said to services.access."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g, request

from api.context import services
from middleware import rate_limits, rights
from services import access
from services.accounts import User
from services.api_keys import START
from services.errors import Forbidden, Unauthenticated

View = Callable[..., Any]


def require_auth(view: View) -> View:
    """Sets g.user_id (UUID), g.user and g.access_token before the route runs.

    With an API key the user is the one who made it, and only what the key opens is there.
    """

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        token = bearer(request.headers.get("Authorization", ""))
        g.user, key = _who(token)
        g.user_id = g.user.id
        g.access_token = token
        rate_limits.count_user(g.user_id)
        if key is not None and rights.is_for_persons():
            raise _for_persons()
        with access.asking(rights.needed(), key):
            return view(*args, **kwargs)

    return checked


def _who(token: str) -> tuple[User, access.KeyGrant | None]:
    """The account, and the API key if one was sent instead of a person's token."""
    if token.startswith(START):
        return services().api_keys.authenticate(token)
    return services().accounts.authenticate(token), None


def _for_persons() -> Forbidden:
    return Forbidden(
        "An API key does not get here",
        code="KEY_NOT_ALLOWED",
        suggestion="Sign in: accounts, lists, sharing and keys are for people",
    )


def bearer(header: str) -> str:
    """The token of an Authorization header."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated(
            "The request needs an access token",
            code="MISSING_AUTHORIZATION",
            suggestion="Sign in and send the header Authorization: Bearer <access_token>",
        )
    return token.strip()
