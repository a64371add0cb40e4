"""Errors by local hour, weekday, month and holiday of the instant that is forecast; the worst windows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.forecasting.error_profile import error_profile
from services.forecasting.worst_windows import worst_windows

MINUTE = 60 * 10**9
HOUR = 60 * MINUTE


def instant(text: str) -> int:
    return int(np.datetime64(text, "ns").astype(np.int64))


def slow_profile(
    error: np.ndarray, references: np.ndarray, offsets: np.ndarray, zone: str
) -> dict[str, dict]:
    """One value at a time, with the clock of the standard library."""
    found: dict[str, dict[int, list[float]]] = {"hour": {}, "weekday": {}, "month": {}}
    for reference, row in zip(references, error, strict=True):
        for offset, e in zip(offsets, row, strict=True):
            at = datetime.fromtimestamp((int(reference) + int(offset)) / 1e9, UTC).astimezone(ZoneInfo(zone))
            for name, key in (("hour", at.hour), ("weekday", at.isoweekday()), ("month", at.month)):
                found[name].setdefault(key, []).append(float(e))
    return found


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["Europe/Vienna", "America/St_Johns", "UTC", "Australia/Lord_Howe"]),
    st.lists(st.integers(0, 800), min_size=1, max_size=20, unique=True),
    st.sampled_from([1, 7]),
    st.sampled_from([15 * MINUTE, 47 * MINUTE]),
)
def test_groups_are_those_of_the_local_clock(zone: str, places: list[int], steps: int, step: int) -> None:
    references = instant("2024-03-15T00:00") + np.array(places) * HOUR  # with the change to summer time
    offsets = np.arange(1, steps + 1) * step
    truth = np.random.default_rng(len(places)).normal(size=(len(places), steps))
    forecast = np.zeros_like(truth)
    profile = error_profile(truth, forecast, references, offsets, zone=zone, country=None)
    for name, groups in slow_profile(forecast - truth, references, offsets, zone).items():
        table = profile[name]
        for i, key in enumerate(table["key"]):
            errors = groups.get(key, [])
            assert table["count"][i] == len(errors)
            if errors:
                assert table["MAE"][i] == pytest.approx(np.mean(np.abs(errors)))
                assert table["BIAS"][i] == pytest.approx(np.mean(errors), abs=1e-12)
            else:
                assert table["MAE"][i] is None and table["BIAS"][i] is None
    json.dumps(profile, allow_nan=False)


def test_the_heat_map_crosses_weekday_and_hour() -> None:
    references = instant("2024-01-01T00:00") + np.arange(14 * 24) * HOUR  # a Monday
    error = np.where((np.arange(14 * 24) % 168) == 2 * 24 + 5, 9.0, 1.0)[:, None]
    profile = error_profile(error * 0, error, references, np.array([0]), zone="UTC", country=None)
    cells = np.array(profile["weekday_hour"])
    assert cells.shape == (7, 24)
    assert cells[2, 5] == 9.0 and cells.sum() == 9.0 + 7 * 24 - 1


def test_holidays_are_told_apart_where_a_country_is_named() -> None:
    references = instant("2023-12-31T23:00") + np.arange(48) * HOUR  # New Year's Day begins, in Vienna
    error = np.where(np.arange(48) < 24, 5.0, 1.0)[:, None]
    profile = error_profile(error * 0, error, references, np.array([0]), zone="Europe/Vienna", country="AT")
    assert profile["holiday"]["key"] == [False, True]
    assert profile["holiday"]["count"] == [24, 24]
    assert profile["holiday"]["MAE"] == [1.0, 5.0]
    assert profile["undefined"] == {}


def test_without_a_country_holidays_are_null_with_a_reason() -> None:
    one = np.ones((1, 1))
    profile = error_profile(one, one, np.array([0]), np.array([HOUR]), zone="UTC", country=None)
    assert profile["holiday"] is None
    assert "country" in profile["undefined"]["holiday"]


def test_the_worst_windows_come_first_and_no_two_share_more_than_half() -> None:
    random = np.random.default_rng(0)
    references = np.sort(random.choice(2000, 700, replace=False)) * HOUR
    truth = random.normal(size=(700, 24))
    forecast = truth + random.normal(0, 2, truth.shape)
    found = worst_windows(truth, forecast, references, 24 * HOUR)
    errors = np.abs(truth - forecast).mean(axis=1)
    left, expected = dict(zip(references.tolist(), errors.tolist(), strict=True)), []
    while left and len(expected) < 20:
        worst = max(left, key=left.__getitem__)
        expected.append((worst, left[worst]))
        left = {at: e for at, e in left.items() if abs(at - worst) >= 12 * HOUR}
    assert [each["MAE"] for each in found] == [e for _, e in expected]
    times = [np.datetime64(each["reference_time"].removesuffix("Z"), "ns") for each in found]
    assert [int(time.astype(np.int64)) for time in times] == [at for at, _ in expected]
    place = int(np.flatnonzero(references == expected[0][0])[0])
    assert found[0]["truth"] == truth[place].tolist() and found[0]["forecast"] == forecast[place].tolist()


def test_few_or_broken_windows_give_a_short_list() -> None:
    truth = np.zeros((3, 1))
    forecast = np.array([[1.0], [np.nan], [2.0]])
    found = worst_windows(truth, forecast, np.arange(3) * HOUR, HOUR)
    assert [each["MAE"] for each in found] == [2.0, 1.0]
    json.dumps(found, allow_nan=False)
    assert worst_windows(truth[:0], forecast[:0], np.arange(0), HOUR) == []
