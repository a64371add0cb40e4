"""The rounds in which open connections are looked at: when, and what ends none of them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from services.errors import AppError, Forbidden, Unavailable
from services.open_connections import Heard, Held, OpenConnections
from services.wiring import Services


class Gate:
    """Connections whose sign-in is asked about, and a clock."""

    def __init__(self, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time = 100.0
        self.refusal: AppError | None = None
        self.asked: list[str] = []
        self.told: list[str] = []
        self.held: list[Held] = []
        monkeypatch.setattr(services.accounts, "still_signed_in", self._ask)
        self.open = OpenConnections(services.database, services.accounts, 15.0, lambda: self.time)
        self.open.add_source(lambda: self.held)

    def add(self, token: str, hears: tuple[Heard, ...] = ()) -> None:
        self.held.append(Held(token, uuid4(), hears, lambda why: self.told.append(f"{token}: {why.code}")))

    def _ask(self, token: str) -> None:
        self.asked.append(token)
        if self.refusal is not None:
            raise self.refusal


@pytest.fixture
def gate(services: Services, monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(services, monkeypatch)


def test_all_are_looked_at_once_in_a_while_and_a_token_is_asked_about_once(gate: Gate) -> None:
    for token in ("one", "two", "two"):
        gate.add(token)
    assert gate.open.look() == 15
    gate.time += 10
    assert gate.open.look() == 5
    assert gate.asked == []
    gate.time += 5
    assert gate.open.look() == 15
    assert sorted(gate.asked) == ["one", "two"]
    gate.held.clear()
    gate.time += 15
    assert gate.open.look() is None, "nobody is there to be looked at"


def test_accounts_that_do_not_answer_end_no_connection(gate: Gate) -> None:
    gate.add("one")
    for refusal, told in (
        (Unavailable("Nobody knows", code="ACCOUNTS_UNAVAILABLE"), []),
        (Forbidden("Blocked", code="ACCOUNT_BLOCKED"), ["one: ACCOUNT_BLOCKED"]),
    ):
        gate.refusal = refusal
        gate.open.look()
        gate.time += 15
        gate.open.look()
        assert gate.told == told


def test_what_one_may_not_read_is_stopped_and_said_to_be_absent(gate: Gate) -> None:
    stopped: list[str | None] = []
    gate.add("one", (Heard("session", uuid4(), lambda why: stopped.append(why.code)),))
    gate.add("two", (Heard("job", uuid4(), lambda why: stopped.append(why.code)),))
    gate.open.look()
    gate.time += 15
    gate.open.look()
    assert sorted(map(str, stopped)) == ["JOB_NOT_FOUND", "SESSION_NOT_FOUND"]
    assert gate.told == []
