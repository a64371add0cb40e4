"""Recipes: what they accept, and that every step does its work inside its interval and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.forecasting.care.applying import apply
from services.forecasting.care.finding import stamp
from services.forecasting.care.recipe import Recipe, RecipeStep
from services.forecasting.care.report import care_report
from services.forecasting.errors import DataError
from services.forecasting.parquet import SeriesData
from tests.forecasting.care_series import QUARTER, found, town


def series(*values: float | None, absent: tuple[int, ...] = ()) -> SeriesData:
    """A value per quarter of an hour; None is missing, places in `absent` have no row."""
    kept = [i for i in range(len(values)) if i not in absent]
    value = [np.nan if values[i] is None else values[i] for i in kept]
    return SeriesData(np.array(kept, dtype=np.int64) * QUARTER, np.array(value, dtype=float))


def step(action: str, first: float, last: float, **more: Any) -> RecipeStep:
    """An interval in quarters of an hour."""
    start, end = stamp(int(first * QUARTER)), stamp(int(last * QUARTER))
    return RecipeStep.model_validate({"action": action, "from": start, "to": end, **more})


def after(given_series: SeriesData, *steps: RecipeStep) -> dict[int, float | None]:
    mended, _ = apply(steps, given_series)
    places = (mended.time // QUARTER).tolist()
    return dict(zip(places, [None if np.isnan(v) else v for v in mended.value.tolist()], strict=True))


def test_drop_removes_the_rows_of_a_closed_interval() -> None:
    assert after(series(0, 1, 2, 3, 4), step("drop", 1, 3)) == {0: 0, 4: 4}


def test_clip_bounds_values_and_leaves_missing_ones() -> None:
    assert after(series(0, 9, None, -9, 9), step("clip", 1, 3, low=-2, high=5)) == {
        0: 0,
        1: 5,
        2: None,
        3: -2,
        4: 9,
    }
    assert after(series(-7, 9), step("clip", 0, 1, low=0)) == {0: 0, 1: 9}


def test_mark_missing_takes_values_and_puts_absent_rows_so_that_nothing_bridges_them() -> None:
    assert after(series(0, 1, 2, 3, 4, 5, absent=(3,)), step("mark_missing", 2, 4)) == {
        0: 0,
        1: 1,
        2: None,
        3: None,
        4: None,
        5: 5,
    }


def test_interpolate_fills_holes_up_to_its_length_by_a_line() -> None:
    holes = series(0, None, 20, None, None, 50, 60, 70, 80, 90, absent=(7, 8))
    assert after(holes, step("interpolate", 0, 9, max_rows=2)) == {i: 10 * i for i in range(10)}
    assert after(holes, step("interpolate", 0, 9, max_rows=1)) == {
        0: 0,
        1: 10,
        2: 20,
        3: None,
        4: None,
        5: 50,
        6: 60,
        9: 90,
    }
    ends = series(None, 1, 2, None)
    assert after(ends, step("interpolate", 0, 3, max_rows=5)) == {0: None, 1: 1, 2: 2, 3: None}


def test_steps_work_on_what_those_before_have_left() -> None:
    spike = series(0, 10, 999, 30, 40)
    mended, done = apply([step("mark_missing", 2, 2), step("interpolate", 0, 4, max_rows=1)], spike)
    assert mended.value.tolist() == [0, 10, 20, 30, 40]
    assert [(each["action"], each["rows"], each["added"], each["removed"]) for each in done] == [
        ("mark_missing", 1, 0, 0),
        ("interpolate", 1, 0, 0),
    ]
    turned, _ = apply([step("interpolate", 0, 4, max_rows=1), step("mark_missing", 2, 2)], spike)
    assert np.isnan(turned.value[2])


def test_a_recipe_that_leaves_no_series_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        apply([step("drop", 0, 3)], series(0, 1, 2, 3, 4))
    assert caught.value.code == "RECIPE_LEAVES_NOTHING"
    assert caught.value.suggestion


def test_a_gap_of_a_thousand_years_is_not_filled_row_by_row() -> None:
    seconds = np.append(np.arange(100, dtype=np.int64), 10**9) * 10**9
    sparse = SeriesData(seconds, np.arange(101.0))
    whole = {"from": stamp(0), "to": stamp(10**18)}
    with pytest.raises(DataError) as caught:
        apply([RecipeStep.model_validate({"action": "mark_missing", **whole})], sparse)
    assert (caught.value.code, caught.value.details and caught.value.details["rows"]) == (
        "RECIPE_TOO_LARGE",
        10**9 - 100,
    )
    mended, _ = apply([RecipeStep.model_validate({"action": "interpolate", "max_rows": 9, **whole})], sparse)
    assert len(mended.time) == 101


WHOLE = st.lists(
    st.one_of(st.none(), st.floats(-1e6, 1e6), st.just("absent")), min_size=4, max_size=30
).filter(lambda cells: sum(cell != "absent" for cell in cells) >= 4)
STEPS = st.one_of(
    st.tuples(st.just("drop"), st.just({})),
    st.tuples(st.just("mark_missing"), st.just({})),
    st.tuples(st.just("interpolate"), st.builds(lambda n: {"max_rows": n}, st.integers(1, 6))),
    st.tuples(st.just("clip"), st.just({"low": -5.0, "high": 5.0})),
)


@settings(max_examples=150, deadline=None)
@given(WHOLE, STEPS, st.integers(0, 30), st.integers(0, 30))
def test_a_step_touches_its_interval_only(
    cells: list[Any], chosen: tuple[str, dict[str, Any]], one: int, other: int
) -> None:
    absent = tuple(i for i, cell in enumerate(cells) if cell == "absent")
    before = series(*(None if cell == "absent" else cell for cell in cells), absent=absent)
    first, last = min(one, other), max(one, other)
    action, more = chosen
    try:
        mended, (done,) = apply([step(action, first, last, **more)], before)
    except DataError:
        return
    assert (np.diff(mended.time) > 0).all()
    for part in (lambda time: time < first * QUARTER, lambda time: time > last * QUARTER):
        np.testing.assert_array_equal(mended.time[part(mended.time)], before.time[part(before.time)])
        np.testing.assert_array_equal(mended.value[part(mended.time)], before.value[part(before.time)])
    if action in ("drop", "clip"):
        inside = before.value[(before.time >= first * QUARTER) & (before.time <= last * QUARTER)]
        wanted = len(inside) if action == "drop" else int((np.abs(inside) > 5).sum())
        assert done["rows"] == wanted


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"to": "2023-12-31T23:00:00Z"}, "to"),
        ({"from": "2024-01-01T00:00:00"}, "from"),
        ({"from": 5}, "from"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "from"),
        ({"to": "9999-12-31T23:59:59-14:00"}, "to"),
        ({"action": "mend"}, "action"),
        ({"low": 5, "high": 5}, "high"),
        ({"low": None, "high": None}, "high"),
        ({"low": float("inf")}, "low"),
        ({"max_rows": 5}, "max_rows"),
        ({"action": "interpolate", "low": None, "high": None}, "max_rows"),
        ({"action": "interpolate", "low": None, "high": None, "max_rows": 0}, "max_rows"),
        ({"action": "drop", "high": None}, "low"),
        ({"mood": "good"}, "mood"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused_by_its_field(change: dict[str, Any], field: str) -> None:
    sound = {
        "action": "clip",
        "from": "2024-01-01T00:00:00Z",
        "to": "2024-01-02T00:00:00Z",
        "low": 0,
        "high": 9,
    }
    RecipeStep.model_validate(sound)
    with pytest.raises(ValidationError) as caught:
        RecipeStep.model_validate({**sound, **change})
    assert {str(error["loc"][-1]) for error in caught.value.errors()} == {field}


def test_equal_instants_are_equal_steps_and_come_back_as_utc() -> None:
    local = {"action": "drop", "from": "2024-07-01T02:00:00+02:00", "to": "2024-07-01T03:00:00+02:00"}
    (wire,) = Recipe.model_validate({"recipe": [local]}).to_json()
    assert wire == {"action": "drop", "from": "2024-07-01T00:00:00Z", "to": "2024-07-01T01:00:00Z"}
    stored = RecipeStep.model_validate(local).model_dump(mode="json")
    assert RecipeStep.model_validate(stored) == RecipeStep.model_validate(wire)


def test_the_suggested_fixes_leave_nothing_to_find() -> None:
    load, _ = town()
    value = load.value.copy()
    value[12_345] += 300
    value[20_000:20_030] = value[20_000]
    value[50_000:50_008] = -999
    damaged = SeriesData(load.time, value)
    report = care_report(damaged)
    fixes = [RecipeStep.model_validate(each["fix"]) for each in report["findings"]]
    mended, done = apply(fixes, damaged)
    assert found(mended) == [
        ("gap", 12_345, 12_345),  # the row of the spike: short enough for the dataset to bridge it
        ("missing", 19_999, 20_028),
        ("missing", 39_999, 40_018),
        ("missing", 50_019, 50_026),
    ]
    assert sorted(each["rows"] for each in done) == [1, 8, 20, 30]


def test_forecasts_keep_their_issues_and_are_not_drawn_through() -> None:
    time = np.repeat(np.arange(4, dtype=np.int64) * QUARTER, 2)
    issued = np.tile(np.array([-2, -1], dtype=np.int64) * QUARTER, 4)
    forecasts = SeriesData(time, np.arange(8.0), issued)
    mended, done = apply(
        [step("drop", 0, 0), step("mark_missing", 1, 1), step("clip", 2, 3, high=5)], forecasts
    )
    assert mended.issued is not None
    assert mended.issued.tolist() == issued[2:].tolist()
    np.testing.assert_array_equal(mended.value, [np.nan, np.nan, 4, 5, 5, 5])
    assert [each["rows"] for each in done] == [2, 2, 2]
    with pytest.raises(DataError) as caught:
        apply([step("interpolate", 0, 3, max_rows=2)], forecasts)
    assert caught.value.code == "INVALID_RECIPE"
    assert care_report(forecasts)["rows"] == 8
