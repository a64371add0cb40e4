"""What is kept is made once, the least used goes first, and a failure leaves nothing behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from utils.recent import Recent


def test_many_threads_that_ask_at_once_have_it_made_once() -> None:
    recent: Recent[str, int] = Recent(3)
    made: list[int] = []
    together = Barrier(8)
    slow = Event()

    def make() -> int:
        slow.wait(0.05)
        made.append(1)
        return 7

    def ask(_: int) -> int:
        together.wait()
        return recent.get("a", make)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [7] * 8
    assert len(made) == 1


def test_a_slow_one_holds_nobody_up_who_asks_for_another() -> None:
    recent: Recent[str, str] = Recent(3)
    begun, may_end = Event(), Event()

    def slow() -> str:
        begun.set()
        assert may_end.wait(10)
        return "slow"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(recent.get, "slow", slow)
        assert begun.wait(10)
        assert recent.get("quick", lambda: "quick") == "quick"
        may_end.set()
        assert first.result(10) == "slow"


def test_the_least_used_goes_first_by_size_and_the_newest_stays() -> None:
    recent: Recent[str, bytes] = Recent(10, len)
    asked: list[str] = []

    def take(key: str, size: int) -> int:
        def make() -> bytes:
            asked.append(key)
            return bytes(size)

        return len(recent.get(key, make))

    take("a", 4)
    take("b", 4)
    take("a", 4)  # used again, so that b is the oldest
    take("c", 4)
    take("a", 4)
    take("b", 4)
    assert asked == ["a", "b", "c", "b"]
    assert take("huge", 50) == 50
    take("huge", 50)
    assert asked == ["a", "b", "c", "b", "huge"]


def test_what_failed_is_tried_again() -> None:
    recent: Recent[str, int] = Recent(3)

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError):
        recent.get("a", fail)
    assert recent.get("a", lambda: 1) == 1
