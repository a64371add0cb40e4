"""Lags: the same clock yesterday or last week is not the same as 24 hours before, and nothing is unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.forecasting.dataset import Dataset, WindowSpec
from services.forecasting.errors import DataError
from services.forecasting.lags import read_lag, read_lags
from services.forecasting.local_time import from_clock, to_clock
from tests.forecasting.features import HOUR, MINUTE, dataset, feature

DAYS = {"P1D": 1, "P7D": 7, "P1W": 7}
LENGTHS = {"PT24H": timedelta(hours=24), "PT90M": timedelta(minutes=90)}
ZONES = ("Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "UTC", "Africa/Casablanca")


def ns(at: datetime) -> int:
    return round(at.timestamp()) * 10**9


def slow(at: datetime, seen_from: datetime, lag: str, zone: str) -> datetime:
    """The rule in the words of the standard library, period by period."""
    periods = 1
    while True:
        if lag in LENGTHS:
            found = at - periods * LENGTHS[lag]
        else:
            clock = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            earlier = clock - timedelta(days=periods * DAYS[lag])
            found = earlier.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
        if found <= seen_from:
            return found
        periods += 1


@settings(max_examples=300, deadline=None)
@given(
    st.datetimes(datetime(2015, 1, 1), datetime(2029, 1, 1)),
    st.integers(-600, 20_000),
    st.sampled_from([*DAYS, *LENGTHS]),
    st.sampled_from(ZONES),
)
def test_a_lag_goes_back_whole_periods_until_the_value_is_known(
    start: datetime, ahead: int, lag: str, zone: str
) -> None:
    seen_from = start.replace(microsecond=0, tzinfo=UTC)
    at = seen_from + timedelta(minutes=ahead)
    found = read_lag(lag).instants(np.array([ns(at)]), np.array([ns(seen_from)]), zone)
    assert found.tolist() == [ns(slow(at, seen_from, lag, zone))]


@settings(max_examples=200, deadline=None)
@given(st.datetimes(datetime(2015, 1, 1), datetime(2029, 1, 1)), st.sampled_from(ZONES))
def test_the_clock_and_back_is_the_same_time_unless_it_is_the_second_of_two(at: datetime, zone: str) -> None:
    time = at.replace(microsecond=0, tzinfo=UTC)
    clock = to_clock(np.array([ns(time)]), zone)
    local = time.astimezone(ZoneInfo(zone))
    assert clock.tolist() == [ns(local.replace(tzinfo=UTC))]
    assert from_clock(clock, zone).tolist() == [ns(local.replace(fold=0).astimezone(UTC))]


def hourly(lags: tuple[str, ...], begin: str, days: int = 20, **more: Any) -> Dataset:
    """A series that tells the hours since 1970, in Vienna, one step a day at midnight UTC."""
    start = int(np.datetime64(begin, "ns").astype(np.int64))
    time = start + np.arange(24 * days, dtype=np.int64) * HOUR
    load = feature(time / HOUR, (-3, 0), time=time, lags=lags, **more)
    steps = WindowSpec(24, 24, 1440, timezone="Europe/Vienna")
    return dataset([load], [feature(time / HOUR, (1, 24), time=time, name="target")], steps)


@pytest.mark.parametrize(
    ("begin", "changed", "hours"), [("2024-03-20", "2024-03-31", 23), ("2024-10-16", "2024-10-27", 25)]
)
def test_yesterday_on_the_clock_is_23_or_25_hours_ago_where_the_clock_was_changed(
    begin: str, changed: str, hours: int
) -> None:
    samples = hourly(("P1D", "PT24H"), begin)
    assert samples.input_names == ["load", "load P1D", "load PT24H"]
    day = int(np.flatnonzero(samples.references == np.datetime64(changed, "ns").astype(np.int64))[0])
    x, y = samples.raw_inputs(slice(day, day + 1))[0], samples.raw_outputs(slice(day, day + 1))[0, :, 0]
    distance = y - x[:, 1]
    assert (distance[:-1] == hours).all()
    assert distance[-1] in (25, 47)  # 02:00 of the day that skips it: not known yet, the day before counts
    assert (y - x[:, 2] == 24).all()
    quiet = samples.raw_inputs(slice(day - 3, day - 2))[0]
    assert (quiet[:, 1] == quiet[:, 2]).all()


@pytest.mark.parametrize("lag", ["P1D", "P7D", "PT24H", "PT90M"])
@pytest.mark.parametrize("begin", ["2024-03-20", "2024-10-16"])
def test_every_window_holds_the_values_of_its_instants(begin: str, lag: str) -> None:
    start = int(np.datetime64(begin, "ns").astype(np.int64))
    time = start + np.arange(24 * 4 * 18, dtype=np.int64) * 15 * MINUTE
    load = feature(time / HOUR, (-3, 0), time=time, lags=(lag,))
    target = feature(time / HOUR, (1, 49), time=time, name="target")
    samples = dataset([load], [target], WindowSpec(17, 5, 45, timezone="Europe/Vienna"))
    x = samples.raw_inputs(slice(None))[:, :, 1]
    for row in range(0, samples.n, 3):
        reference = datetime.fromtimestamp(int(samples.references[row]) // 10**9, UTC)
        ahead = [timedelta(hours=1 + 3 * k) for k in range(17)]
        expected = [ns(slow(reference + each, reference, lag, "Europe/Vienna")) / HOUR for each in ahead]
        assert x[row].tolist() == expected


def test_no_lag_reaches_past_the_reference_time() -> None:
    samples = hourly(("P1D", "PT15M", "PT1H"), "2024-03-20")
    x = samples.raw_inputs(slice(None))
    reference = (samples.references / HOUR)[:, None]
    assert (x[:, :, 1:] <= reference[:, :, None]).all()
    assert (x[:, :, 3] == reference).all()  # an hour before each step, again and again: the newest value
    first = samples.reach[0] / HOUR
    assert first <= -24 and (x >= reference[:, :, None] + first).all()


def test_samples_whose_lag_lies_before_the_file_are_counted() -> None:
    samples = hourly(("P7D",), "2024-01-01")
    assert samples.dropped == {"load P7D": 7 - 1}
    assert samples.n == hourly((), "2024-01-01").n - 6


def test_lags_of_a_current_value_and_with_another_scaling(tmp_path: Path) -> None:
    samples = hourly(("P1D",), "2024-03-20", form="current", scale_min=-1.0)
    assert [(each.name, each.low) for each in samples.input_scaling] == [("load", -1), ("load P1D", -1)]
    samples.save(tmp_path / "saved")
    loaded = Dataset.load(tmp_path / "saved")
    np.testing.assert_array_equal(loaded.raw_inputs(slice(None)), samples.raw_inputs(slice(None)))


@pytest.mark.parametrize("lags", [["P1M"], ["P1Y"], ["1D"], ["P0D"], ["PT1H30M"], ["P9999D"], ["P7D", "P1W"]])
def test_what_is_no_lag_is_refused(lags: list[str]) -> None:
    with pytest.raises(DataError) as refused:
        read_lags(lags)
    assert (refused.value.code, refused.value.details["field"]) == ("INVALID_LAGS", "lags")


def test_a_day_on_the_clock_is_not_24_hours_and_both_may_stand_side_by_side() -> None:
    assert [lag.by_clock for lag in read_lags(["P1D", "PT24H"])] == [True, False]
    assert read_lag("PT15M").length == 15 * MINUTE


def test_outputs_and_forecasts_have_no_lags() -> None:
    with pytest.raises(DataError) as refused:
        load = feature(np.arange(99.0), (-3, 0))
        dataset([load], [feature(np.arange(99.0), (0, 2), lags=("P1D",))], WindowSpec(4, 3, 60))
    assert refused.value.code == "INVALID_LAGS"
