"""The public keys by which a project signs its tokens: fetched, kept, asked for again when one is new."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from services.errors import Unavailable
from services.supabase.project import Project, failure

if TYPE_CHECKING:
    from jwt import PyJWK

KEPT = timedelta(minutes=10)  # a key that was withdrawn counts no longer than this
PAUSE = timedelta(seconds=30)  # between two questions, however many tokens name keys that nobody knows
ALGORITHMS = {"ES256": ("EC", "P-256"), "RS256": ("RSA", None)}  # each for one kind of key only
log = logging.getLogger(__name__)


class KeySet:
    """Keys by their id; one that is not known is looked for, but not at every token."""

    def __init__(self, project: Project, clock: Callable[[], datetime]) -> None:
        self._project = project
        self._clock = clock
        self._lock = Lock()
        self._keys: dict[str, PyJWK] = {}
        self._fetched: datetime | None = None
        self._asked: datetime | None = None

    def find(self, kid: str, algorithm: str) -> PyJWK | None:
        """The key of this id, if it is one for this algorithm."""
        with self._lock:
            if self._fetched is None or self._clock() - self._fetched >= KEPT or kid not in self._keys:
                self._ask()
            key = self._keys.get(kid)
        return key if key is not None and key.algorithm_name == algorithm else None

    def _ask(self) -> None:
        now = self._clock()
        if self._asked is not None and now - self._asked < PAUSE:
            return
        self._asked = now
        try:
            found = self._project.ask(self._fetch, attempts=2)
        except Unavailable:
            if self._fetched is None:
                self._asked = None  # nothing to go on with: the next token asks again
                raise
            log.warning("the keys of Supabase cannot be fetched; those of %s go on counting", self._fetched)
            return
        self._keys = {jwk["kid"]: key for jwk in found if (key := _usable(jwk)) is not None}
        self._fetched = now

    def _fetch(self) -> list[Mapping[str, Any]]:
        address = f"{self._project.url}/auth/v1/.well-known/jwks.json"
        response = self._project.http.get(address, headers={"apikey": self._project.key})
        if response.status_code != 200:
            raise failure(response.status_code, response.text)
        keys: list[Mapping[str, Any]] = response.json()["keys"]
        return keys


def _usable(jwk: Mapping[str, Any]) -> PyJWK | None:
    """A public key of a kind that we take, bound to its one algorithm; None for all others."""
    from jwt import PyJWK, PyJWKError

    for algorithm, (kind, curve) in ALGORITHMS.items():
        right = jwk.get("kty") == kind and (curve is None or jwk.get("crv") == curve)
        if (
            right
            and jwk.get("kid")
            and jwk.get("alg", algorithm) == algorithm
            and jwk.get("use", "sig") == "sig"
        ):
            try:
                return PyJWK(dict(jwk), algorithm)
            except PyJWKError as error:
                log.warning("a key of Supabase cannot be read: %s", error)
    return None
