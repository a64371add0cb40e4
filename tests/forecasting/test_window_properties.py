"""Whatever the series, its gaps and its clock: a dataset holds what the slow, obvious loops hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from services.forecasting.dataset import FeatureSpec, WindowSpec
from services.forecasting.errors import DataError
from tests.forecasting import slow_windows
from tests.forecasting.features import HOUR, MINUTE, dataset

STARTS = ["2024-03-30T00:00", "2024-10-26T00:00", "2024-06-01T07:10"]
METHODS = st.sampled_from(["linear", "nearest", "mean"])
WINDOWS = st.sampled_from(
    [(-3.0, 0.0), (-2.0, -0.5), (0.0, 2.0), (-1.0, 1.0), (-2.9, 0.0), (-6.0, -6.0 + 1.25)]
)
VALUES = st.one_of(st.integers(-5, 20).map(float), st.just(float("nan")))


@st.composite
def measured(draw: Any, start: int, name: str, hours: tuple[float, float], **more: Any) -> FeatureSpec:
    """A day or two with absent rows, missing numbers, and now and then a time off the grid."""
    every = draw(st.sampled_from([15, 30, 60]))
    count = 40 * 60 // every
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    time = start + np.arange(count, dtype=np.int64) * every * MINUTE
    if draw(st.booleans()):
        time = time + random.integers(0, every * MINUTE, count)
    kept = np.ones(count, dtype=bool)
    for _ in range(draw(st.integers(0, 2))):
        first = int(random.integers(1, count - 1))
        kept[first : first + int(random.integers(1, 8))] = False
    kept[[0, -1]] = True
    value = random.integers(-9, 50, count) / 4
    value[random.random(count) < draw(st.sampled_from([0, 0, 0.02]))] = np.nan
    return FeatureSpec(name, time[kept], value[kept], *hours, **more)


@st.composite
def forecasts(draw: Any, start: int, hours: tuple[float, float], **more: Any) -> FeatureSpec:
    every, ahead = draw(st.sampled_from([3, 6])), draw(st.sampled_from([4, 9, 12]))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pairs = sorted((issue + k, issue) for issue in range(0, 40, every) for k in range(ahead))
    pairs = [pair for pair in pairs if random.random() > 0.05]
    time, issued = (start + np.array(column, dtype=np.int64) * HOUR for column in zip(*pairs, strict=True))
    value = random.integers(0, 99, len(pairs)) / 4
    value[random.random(len(pairs)) < 0.03] = np.nan
    return FeatureSpec("weather", time, value, *hours, form="forecasts", issued=issued, **more)


@st.composite
def settings_of(draw: Any) -> tuple[list[FeatureSpec], list[FeatureSpec], WindowSpec]:
    start = int(np.datetime64(draw(st.sampled_from(STARTS)), "ns").astype(np.int64))
    hours, method = draw(WINDOWS), draw(METHODS)
    kind = draw(
        st.sampled_from(["window", "window", "mean", "current", "forecasts", "forecast mean", "lags"])
    )
    if kind in ("forecasts", "forecast mean"):
        window = draw(st.sampled_from([(0.0, 3.0), (1.0, 2.5), (-2.0, 2.0)]))
        first = draw(forecasts(start, window, method=method, window_mean=kind == "forecast mean"))
    else:
        about: dict[str, Any] = {"method": method, "window_mean": kind == "mean"}
        if kind == "current":
            about, hours = {"form": "current"}, (0.0, 0.0)
        if kind == "lags":
            about["lags"] = tuple(draw(st.lists(st.sampled_from(["P1D", "PT24H", "PT90M"]), unique=True)))
        first = draw(measured(start, "first", hours, **about))
    target = draw(
        measured(start, "target", draw(st.sampled_from([(0.0, 2.0), (0.5, 4.0)])), method=draw(METHODS))
    )
    steps = WindowSpec(
        input_steps=draw(st.sampled_from([1, 2, 5])),
        output_steps=draw(st.sampled_from([1, 3, 4])),
        stride_minutes=draw(st.sampled_from([15, 30, 60, 70])),
        offset_minutes=draw(st.sampled_from([0, 10])),
        timezone="Europe/Vienna",
        max_gap_minutes=draw(st.sampled_from([None, 45, 200])),
    )
    return [first], [target], steps


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(settings_of())
def test_a_dataset_is_what_the_loops_make_of_it(
    case: tuple[list[FeatureSpec], list[FeatureSpec], WindowSpec],
) -> None:
    inputs, outputs, steps = case
    expected = slow_windows.samples(inputs, outputs, steps)
    try:
        found = dataset(inputs, outputs, steps)
    except DataError as refused:
        assert refused.code == "NO_SAMPLES"
        assert expected == {}
        return
    assert found.references.tolist() == list(expected)
    x, y = found.raw_inputs(slice(None)), found.raw_outputs(slice(None))
    for row, (slow_x, slow_y) in enumerate(expected.values()):
        np.testing.assert_allclose(x[row].T, slow_x, rtol=0, atol=1e-6)
        np.testing.assert_allclose(y[row].T, slow_y, rtol=0, atol=1e-6)
    for column, values in ((found.inputs[0], x[:, :, 0]), (found.outputs[0], y[:, :, 0])):
        assert column.extremes(found.index) == pytest.approx((values.min(), values.max()), abs=1e-6)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(settings_of(), st.integers(0, 2**32 - 1))
def test_what_happens_after_the_reference_time_changes_no_input_of_the_past(
    case: tuple[list[FeatureSpec], list[FeatureSpec], WindowSpec], seed: int
) -> None:
    inputs, outputs, steps = case
    (first,) = inputs
    assume(first.form != "historical" or first.end_hours <= 0)
    try:
        one = dataset(inputs, outputs, steps)
    except DataError:
        return
    reference = one.references[seed % one.n]
    later = first.time > reference if first.issued is None else first.issued > reference
    value = np.where(later, first.value + 1000, first.value)
    other = dataset([FeatureSpec(**{**vars(first), "value": value})], outputs, steps)
    rows = [np.flatnonzero(each.references <= reference) for each in (one, other)]
    np.testing.assert_allclose(one.raw_inputs(rows[0]), other.raw_inputs(rows[1]), rtol=0, atol=1e-6)
