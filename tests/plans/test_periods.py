"""Months of a subscription: without gaps, clamped where a month is too short, and never without today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.plans.periods import earlier, period_of

moments = st.datetimes(
    datetime(2000, 1, 1),
    datetime(2099, 12, 31),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))]),
)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2027-01-31T16:00", "2027-01-31", "2027-02-28"),
        ("2027-02-28T00:00", "2027-02-28", "2027-03-31"),
        ("2027-03-30T23:59:59", "2027-02-28", "2027-03-31"),
        ("2027-03-31T00:00", "2027-03-31", "2027-04-30"),
        ("2028-02-29T12:00", "2028-02-29", "2028-03-31"),
        ("2028-01-05T12:00", "2027-12-31", "2028-01-31"),
    ],
)
def test_one_who_came_on_the_last_day_of_january(now: str, start: str, end: str) -> None:
    period = period_of(day("2027-01-31T15:30"), day(now))
    assert (period.start, period.end) == (day(start), day(end))


@given(moments, st.timedeltas(timedelta(0), timedelta(days=9000)))
def test_every_period_contains_its_moment_and_begins_where_the_last_ended(
    start: datetime, later: timedelta
) -> None:
    moment = start + later
    period = period_of(start, moment)
    assert period.contains(moment)
    following = period_of(start, period.end)
    assert following.start == period.end
    assert period_of(start, period.end - timedelta(microseconds=1)) == period
    first_day = start.astimezone(UTC).day
    assert period.start.day == first_day or (period.start + timedelta(days=1)).day == 1
    assert (period.start.hour, period.start.minute, period.start.tzinfo) == (0, 0, UTC)
    assert 28 <= (period.end - period.start).days <= 31


@given(moments, st.timedeltas(timedelta(0), timedelta(days=9000)), st.integers(1, 12))
def test_the_periods_before_join_on_and_do_not_reach_before_the_start(
    start: datetime, later: timedelta, count: int
) -> None:
    period = period_of(start, start + later)
    chain = [period, *earlier(start, period, count)]
    assert all(older.end == newer.start for newer, older in pairwise(chain))
    assert len(chain) == count + 1 or chain[-1].contains(start)
