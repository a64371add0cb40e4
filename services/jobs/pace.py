"""How quickly a phase goes: smoothed over finished units, and silent until that can be known."""

from __future__ import annotations

import math

ENOUGH_UNITS = 4  # measured ones; with the first, which also warms up, that is the fifth of a phase
ENOUGH_SECONDS = 5.0  # with one measured unit
WINDOW_UNITS, WINDOW_SECONDS = 10.0, 10.0  # what is older than both fades
ROUNDING = 1e-9  # ten tenths of a unit are a unit


class Pace:
    """Takes in where the phase stands; knows units per second and the seconds that are left.

    The rate counts whole units only, since what happens at the end of one (validation, say) belongs to it.
    Until two of them are known the time left is guessed from the parts of a unit that were reported.
    """

    def __init__(self) -> None:
        self._at: tuple[float, float] | None = None  # position, moment
        self._units = _Track()
        self._parts = _Track()

    def note(self, position: float, moment: float) -> None:
        """The phase stands at `position` units; a lower one than before: it counts something else now."""
        if self._at is None or position < self._at[0]:
            self._at, self._units, self._parts = (position, moment), _Track(), _Track()
            self._parts.mark(position, moment, 1)
            if position == _whole(position):
                self._units.mark(position, moment, 1)
        elif position > self._at[0]:
            self._parts.mark(position, moment, 1)
            self._finish(*self._at, position, moment)
            self._at = (position, moment)

    def rate(self, moment: float) -> float | None:
        """Finished units per second."""
        return self._units.rate(moment)

    def remaining(self, total: float, moment: float) -> float | None:
        """Seconds until `total` units are done."""
        rate = self._units.rate(moment) or self._parts.rate(moment)
        if rate is None or self._at is None:
            return None
        return max(0.0, total - self._at[0]) / rate

    def _finish(self, before: float, since: float, position: float, moment: float) -> None:
        """Mark the last whole unit passed, at the moment at which it was passed at even speed."""
        whole, passed = _whole(position), _whole(before)
        if whole > passed:
            share = min(1.0, (whole - before) / (position - before))
            self._units.mark(whole, since + share * (moment - since), int(whole - passed))


class _Track:
    """Decaying sums of work and time between marks; the mark at nought opens with a warm-up."""

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None
        self._began = 0.0
        self._warming = False
        self._work = self._seconds = 0.0
        self._count = 0

    def mark(self, position: float, moment: float, count: int) -> None:
        """`count` pieces were finished since the mark before."""
        if self._last is None:
            self._last, self._began, self._warming = (position, moment), moment, position == 0
            return
        work, seconds = position - self._last[0], moment - self._last[1]
        self._last = (position, moment)
        if self._warming:
            self._warming, share = False, (count - 1) / count
            work, seconds, count = work * share, seconds * share, count - 1
        if count:
            self._add(work, max(0.0, seconds), count)

    def rate(self, moment: float) -> float | None:
        is_known = self._count >= ENOUGH_UNITS or (self._count and moment - self._began >= ENOUGH_SECONDS)
        if not is_known or self._seconds <= 0 or self._work <= 0:
            return None
        rate = self._work / self._seconds
        return rate if 0 < rate < math.inf else None

    def _add(self, work: float, seconds: float, count: int) -> None:
        age = min(count / WINDOW_UNITS, seconds / WINDOW_SECONDS)
        weight, fade = (-math.expm1(-age) / age if age else 1.0), math.exp(-age)
        self._work = self._work * fade + weight * work
        self._seconds = self._seconds * fade + weight * seconds
        self._count += count


def _whole(position: float) -> float:
    return float(math.floor(position + ROUNDING))
