"""How many requests a minute one user and one address may make; counted here, or in Redis for all servers.

Windows slide (the counter of the last window counts by the share of it that is still within a minute), so
that nobody gets two limits around a full minute. An IPv6 client owns a whole /64 network: that is counted.
"""

from __future__ import annotations

import ipaddress
import math
from threading import Lock
from typing import TYPE_CHECKING
from uuid import UUID

from flask import Flask, Response, current_app, request

from services.errors import TooManyRequests
from services.settings import Settings

if TYPE_CHECKING:
    from middleware.request_counts import RequestCounts

KEY = "trainyard-rate-limits"
UNCOUNTED = ("/health/", "/assets/")
CREDENTIALS = ("/api/auth/sign-in", "/api/auth/sign-up", "/api/auth/refresh")


class RateLimits:
    """Limits of zero do not count."""

    def __init__(self, settings: Settings) -> None:
        self._redis_url = settings.redis_url
        self._user = settings.requests_per_minute
        self._address = settings.address_requests_per_minute
        self._credentials = settings.sign_ins_per_minute
        self._made: RequestCounts | None = None
        self._making = Lock()

    def count_request(self, path: str, address: str | None) -> None:
        """TooManyRequests where the address has had its share of requests, or of attempts to get in."""
        if path.startswith(UNCOUNTED):
            return
        network = _network(address)
        if path in CREDENTIALS:
            self._count(self._credentials, "credentials", network, "attempts to sign in from this address")
        self._count(self._address, "address", network, "requests from this address")

    def count_user(self, user_id: UUID) -> None:
        self._count(self._user, "user", str(user_id), "requests of this account")

    def _count(self, limit: int, kind: str, who: str, what: str) -> None:
        if not limit:
            return
        seconds_to_wait = self._counts().hit(limit, kind, who)
        if seconds_to_wait:
            seconds = min(60, max(1, math.ceil(seconds_to_wait)))
            raise TooManyRequests(
                f"More than {limit} {what} within a minute",
                code="RATE_LIMITED",
                suggestion=f"Try again in {seconds} s",
                details={"limit": limit, "window_seconds": 60, "retry_after_seconds": seconds},
            )

    def _counts(self) -> RequestCounts:
        """Made with the first request: a server that starts need not load what counts."""
        with self._making:
            if self._made is None:
                from middleware.request_counts import RequestCounts

                self._made = RequestCounts(self._redis_url)
            return self._made


def init_app(app: Flask, settings: Settings) -> None:
    limits = app.extensions[KEY] = RateLimits(settings)

    @app.before_request
    def count() -> None:
        if request.method != "OPTIONS":
            limits.count_request(request.path, request.remote_addr)

    @app.after_request
    def say_when(response: Response) -> Response:
        """429 says in a header too when to come back."""
        if response.status_code == 429:
            details = (response.get_json(silent=True) or {}).get("details") or {}
            response.headers["Retry-After"] = str(details.get("retry_after_seconds", 60))
        return response


def count_user(user_id: UUID) -> None:
    """To be called as soon as a request's user is known."""
    limits: RateLimits = current_app.extensions[KEY]
    limits.count_user(user_id)


def _network(address: str | None) -> str:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)
