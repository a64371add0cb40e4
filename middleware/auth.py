"""@require_auth: a valid access token, or 401."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g, request

from api.context import services
from middleware import rate_limits
from services.errors import Unauthenticated

View = Callable[..., Any]


def require_auth(view: View) -> View:
    """Sets g.user_id (UUID), g.user and g.access_token before the route runs."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        token = bearer(request.headers.get("Authorization", ""))
        g.user = services().accounts.authenticate(token)
        g.user_id = g.user.id
        g.access_token = token
        rate_limits.count_user(g.user_id)
        return view(*args, **kwargs)

    return checked


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
