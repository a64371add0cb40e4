"""Looks again and again whether those with an open connection may still hear what they hear.

A connection lives with the sign-in that it was opened with, and what it hears with the right to read that.
Whoever ends either, in another process or on another machine, need not know of connections: every server
asks the database (or Supabase Auth) about its own, all at once, every so often.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services import access
from services.accounts import Accounts
from services.errors import AppError, Forbidden, NotFound, Unauthenticated
from services.events.rounds import Rounds
from services.storage.database import Database

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Heard:
    """A session or a job whose events go to a connection; `stop` ends that, and says why."""

    what: Literal["session", "job"]
    id: UUID
    stop: Callable[[AppError], None]


@dataclass(frozen=True)
class Held:
    """One open connection: what it was opened with, and what it hears; `end` cuts it, and says why."""

    token: str
    user_id: UUID
    hears: Sequence[Heard]
    end: Callable[[AppError], None]


Source = Callable[[], Iterable[Held]]


class OpenConnections:
    """Those of this process."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._seconds = seconds
        self._clock = clock
        self._sources: list[Source] = []
        self._due: float | None = None  # nothing is open
        self._rounds = Rounds("the rights of open connections", self.look)

    def add_source(self, source: Source) -> None:
        self._sources.append(source)

    def opened(self) -> None:
        """There is one more; who comes in was looked at then, so it is its turn when it is everybody's."""
        self._rounds.wake()

    def look_now(self) -> None:
        """Something has ended here; the others learn of it in time."""
        self._due = 0.0
        self._rounds.wake()

    def look(self) -> float | None:
        """One round; returns the seconds to the next, None if nothing is open."""
        moment = self._clock()
        if self._due is None:
            self._due = moment + self._seconds
        if moment < self._due:
            return self._due - moment
        self._due = moment + self._seconds
        held = [each for source in self._sources for each in source()]
        if not held:
            self._due = None
            return None
        for user_id, theirs in _by_user(held).items():
            self._stop_foreign(user_id, theirs)
        ended = {token: self._why_ended(token) for token in {each.token for each in held}}
        for each in held:
            why = ended[each.token]
            if why is not None:
                each.end(why)
        return self._seconds

    def _stop_foreign(self, user_id: UUID, theirs: Sequence[Held]) -> None:
        heard = [each for held in theirs for each in held.hears]
        if not heard:
            return
        sessions, jobs = ({each.id for each in heard if each.what == what} for what in ("session", "job"))
        with self._database.read() as tx:
            readable = access.readable(tx, user_id, sessions=sessions, jobs=jobs)
        for each in heard:
            if each.id not in readable:
                each.stop(_gone(each))

    def _why_ended(self, token: str) -> AppError | None:
        try:
            self._accounts.still_signed_in(token)
        except (Unauthenticated, Forbidden) as error:
            return error
        except AppError as error:  # the accounts' service does not answer: that ends nothing
            log.warning("whether sign-ins go on is not known: %s", error.message)
        return None


def _by_user(held: Iterable[Held]) -> dict[UUID, list[Held]]:
    found = defaultdict(list)
    for each in held:
        found[each.user_id].append(each)
    return found


def _gone(heard: Heard) -> NotFound:
    """As absent as for every other request."""
    return NotFound(f"There is no {heard.what} {heard.id}", code=f"{heard.what.upper()}_NOT_FOUND")
