"""The months of a subscription: each begins on the day of its start, at 00:00 UTC."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Period:
    """From `start` until, and without, `end`."""

    start: datetime
    end: datetime

    def contains(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


def period_of(subscribed: datetime, moment: datetime) -> Period:
    """The month that contains the moment; one before the start belongs to the first."""
    first, moment = subscribed.astimezone(UTC), moment.astimezone(UTC)
    number = (moment.year - first.year) * 12 + moment.month - first.month
    if moment < anniversary(first, number):
        number -= 1
    return _numbered(first, max(number, 0))


def earlier(subscribed: datetime, period: Period, count: int) -> list[Period]:
    """Up to `count` periods before this one, the newest first; none from before the start."""
    first = subscribed.astimezone(UTC)
    number = (period.start.year - first.year) * 12 + period.start.month - first.month
    return [_numbered(first, each) for each in range(number - 1, max(number - 1 - count, -1), -1)]


def anniversary(first: datetime, months: int) -> datetime:
    """The day so many months later; where a month is too short, its last day (31 Jan, 28 Feb, 31 Mar)."""
    years, month = divmod(first.month - 1 + months, 12)
    year = first.year + years
    day = min(first.day, monthrange(year, month + 1)[1])
    return datetime(year, month + 1, day, tzinfo=UTC)


def _numbered(first: datetime, number: int) -> Period:
    return Period(anniversary(first, number), anniversary(first, number + 1))
