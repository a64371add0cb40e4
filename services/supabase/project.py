"""The connection to a project: the official client, loaded when first needed, and repeated requests.

What is tried again: no answer, a broken line, 429 and every 5xx. What fails in the end is told in our own
words; the vendor's text goes to the log.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from services.errors import Unavailable

if TYPE_CHECKING:
    import httpx

    from supabase import Client

ATTEMPTS = 6
FIRST_PAUSE = 0.2  # doubled after every attempt: 0.2 to 3.2 s, 6 s in all
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 20.0  # between two bytes
GIVE_UP_SECONDS = 30.0  # a project that hangs is not tried six times
Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


class Busy(Exception):
    """The project cannot answer now; asked again it may."""


class Refused(Exception):
    """The project will not do it; asking again does not help."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text[:500]}")
        self.status = status
        self.text = text


class Unreadable(Unavailable):
    """The answer is none that the official client can read."""

    def __init__(self, what: str) -> None:
        log.error("Supabase gave an answer that its client cannot read: %s", what[:500])
        super().__init__(
            "Supabase answers in a way that this server does not know",
            code="SUPABASE_UNKNOWN_ANSWER",
            suggestion="Tell the operator: client and project may be of different times",
        )


class Project:
    """One key's view of a project; threads may share it."""

    def __init__(self, url: str, key: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.url = url.rstrip("/")
        self.key = key
        self._sleep = sleep
        self._lock = Lock()

    @cached_property
    def http(self) -> httpx.Client:
        """For what the official client has no call for; with keep-alive, and never beyond this project."""
        import httpx

        return httpx.Client(
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
        )

    @cached_property
    def client(self) -> Client:
        """The official client; nobody is ever signed in with this one, since that would change its key."""
        return self.new_client()

    def new_client(self) -> Client:
        from supabase import ClientOptions, create_client

        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=self.http)
        return create_client(self.url, self.key, options)

    def close(self) -> None:
        self.http.close()

    def headers(self, **more: str) -> dict[str, str]:
        return {"apikey": self.key, "Authorization": f"Bearer {self.key}", **more}

    def ask(self, request: Callable[[], Answer], attempts: int | None = None) -> Answer:
        """The answer of a request that may be sent twice; Unavailable when it never comes."""
        import httpx

        attempts = attempts or ATTEMPTS
        until = time.monotonic() + GIVE_UP_SECONDS
        for attempt in range(attempts):
            try:
                return request()
            except (httpx.TransportError, Busy) as error:
                log.warning("Supabase, attempt %d of %d: %r", attempt + 1, attempts, error)
            if time.monotonic() > until:
                break
            if attempt + 1 < attempts:
                self._sleep(FIRST_PAUSE * 2**attempt * random.uniform(0.7, 1.3))  # nosec B311 - no secret
        raise Unavailable(
            f"{urlsplit(self.url).hostname} does not answer",
            code="SUPABASE_UNAVAILABLE",
            suggestion="Try again in a minute; `flask doctor` tells the operator what is wrong",
        )


def failure(status: int, text: str) -> Busy | Refused:
    """What an answer other than success means."""
    if status == 429 or status >= 500:
        return Busy(f"{status}: {text[:200]}")
    return Refused(status, text)
