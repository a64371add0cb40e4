"""Where the request that is being served comes from; nowhere in a command or in a worker."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

LONGEST_AGENT = 300


@dataclass(frozen=True)
class Client:
    address: str | None = None
    user_agent: str = ""


_current: ContextVar[Client] = ContextVar("client", default=Client())  # noqa: B039 - it is frozen


def bind(address: str | None, user_agent: str) -> None:
    """For all that happens from here on in this thread's context."""
    plain = "".join(letter if letter.isprintable() else " " for letter in user_agent[:LONGEST_AGENT])
    _current.set(Client(address, plain))


def current() -> Client:
    return _current.get()
