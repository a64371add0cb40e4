"""Access tokens of Supabase Auth, verified here: signature, algorithm, audience, issuer, times, role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import jwt

from services.accounts.jwks import ALGORITHMS, KeySet
from services.errors import Unauthenticated

AUDIENCE = "authenticated"
SKEW_SECONDS = 10  # by which the clocks of Supabase and of this machine may differ
LEGACY = "HS256"


@dataclass(frozen=True)
class Claims:
    user_id: UUID
    session: str  # the sign-in that the token belongs to


class Verifier:
    """The header of a token only chooses among what is pinned: no key works with another's algorithm."""

    def __init__(
        self,
        issuer: str,
        secret: str,
        keys: KeySet,
        clock: Callable[[], datetime],
        *,
        nameless: bool = False,
    ) -> None:
        """`nameless`: tokens signed by the secret may leave the issuer out."""
        self._issuer = issuer
        self._nameless = nameless
        self._secret = secret
        self._keys = keys
        self._clock = clock

    def claims(self, token: str) -> Claims:
        """Unauthenticated with code INVALID_TOKEN or EXPIRED_TOKEN."""
        try:
            claims = self._decoded(token)
            found = Claims(UUID(claims["sub"]), str(claims.get("session_id") or claims["sub"]))
            expires, issued = float(claims["exp"]), float(claims["iat"])
            begins = float(claims.get("nbf", issued))
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
            raise _invalid() from None
        now = self._clock().timestamp()
        if max(issued, begins) > now + SKEW_SECONDS:
            raise _invalid()
        if expires + SKEW_SECONDS <= now:
            raise Unauthenticated(
                "The access token has expired",
                code="EXPIRED_TOKEN",
                suggestion="POST /api/auth/refresh with the refresh token",
            )
        return found

    def _decoded(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        algorithm = header["alg"] if isinstance(header.get("alg"), str) else ""
        key = self._key(algorithm, header.get("kid"))
        if key is None:
            raise jwt.InvalidTokenError
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=AUDIENCE,
            options={
                "require": ["exp", "iat", "sub", "aud"],
                "verify_exp": False,  # with our own clock and skew, above
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        issuer = claims.get("iss") or None
        if issuer != self._issuer and not (self._nameless and algorithm == LEGACY and issuer is None):
            raise jwt.InvalidIssuerError
        if claims.get("role") != AUDIENCE or claims.get("is_anonymous"):
            raise jwt.InvalidTokenError
        return claims

    def _key(self, algorithm: str, kid: object) -> jwt.PyJWK | str | None:
        if algorithm == LEGACY:
            return self._secret or None
        if algorithm not in ALGORITHMS or not isinstance(kid, str):
            return None
        return self._keys.find(kid, algorithm)


def _invalid() -> Unauthenticated:
    return Unauthenticated("The access token is not valid", suggestion="Sign in again")
