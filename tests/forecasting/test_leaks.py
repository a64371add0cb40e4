"""Ten leaks, planted one by one: the pipeline refuses each, or says that it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.forecasting.calendar import CalendarSpec, component_values
from services.forecasting.dataset import Dataset, FeatureSpec, SplitSpec, WindowSpec
from services.forecasting.repeats import repeated_across
from tests.forecasting.features import DAY, HOUR, START, dataset, feature, without
from tests.forecasting.fitted import fitted

N = 24 * 90
STEPS = WindowSpec(24, 24, 60)
PAST, AHEAD = (-23, 0), (1, 24)
RNG = np.random.default_rng(7)
LOAD = 100 + 20 * np.sin(np.arange(N) * 2 * np.pi / 24) + np.cumsum(RNG.normal(0, 1, N))
SUN = np.cumsum(RNG.normal(0, 1, N))


def pair(*inputs: FeatureSpec, load: np.ndarray = LOAD, **more: Any) -> Dataset:
    """The load of the next day from its past day and more inputs."""
    own = feature(load, PAST, name="past")
    return dataset([own, *inputs], [feature(load, AHEAD, name="load")], STEPS, **more)


def codes(samples: Dataset) -> list[tuple[str, str]]:
    return [(note.code, note.details["feature"]) for note in samples.notes]


def test_a_clean_dataset_has_nothing_to_note() -> None:
    assert codes(pair(feature(SUN, PAST, name="sun"))) == []


def test_1_scalers_of_all_rows_the_extremes_of_the_test_block_stay_unknown() -> None:
    spiked = LOAD.copy()
    spiked[-60] = 1e6
    trained, _ = fitted(pair(load=spiked))
    assert all(scaler.data_max < 1e3 for scaler in (*trained.scalers.input, *trained.scalers.output))
    assert trained.dataset.raw_outputs(trained.split.test).max() == 1e6


@pytest.mark.parametrize("shuffle", [False, True])
def test_2_and_5_no_instant_is_shared_across_a_border_shuffled_or_not(shuffle: bool) -> None:
    samples = pair(feature(SUN, (-47, 0), name="sun", lags=("P1D",)))
    split = samples.split(SplitSpec(shuffle=shuffle, seed=3), "honest")
    seen = []
    for rows in (split.train, split.validation, split.test):
        references = samples.references[rows][:, None]
        inputs, outputs = np.arange(-47, 1) * HOUR, np.arange(1, 25) * HOUR
        seen.append((set((references + inputs).ravel()), set((references + outputs).ravel())))
    for one in range(3):
        for other in range(3):
            if one != other:
                assert not seen[one][1] & (seen[other][0] | seen[other][1])
    assert split.dropped_by_embargo > 0


def test_3_an_input_whose_times_are_shifted_is_found_by_its_hours() -> None:
    shifted = feature(3 - 0.5 * LOAD[6:], PAST, name="meter")  # other units, six hours too early
    (note,) = pair(shifted).notes
    assert note.code == "INPUT_IS_FUTURE_OUTPUT"
    assert note.details["output_hours"] - note.details["input_hours"] == 6


def test_4_the_output_among_the_inputs_is_found() -> None:
    found = codes(pair(feature(LOAD, AHEAD, name="answer")))
    assert found == [("PERFECT_FORESIGHT", "answer"), ("OUTPUT_AMONG_INPUTS", "answer")]
    noisy = feature(LOAD + RNG.normal(0, 1.5, N), AHEAD, name="answer")
    assert ("NEAR_PERFECT_INPUT", "answer") in codes(pair(noisy))
    assert codes(pair(feature(LOAD + 10 * SUN, AHEAD, name="help"))) == [("PERFECT_FORESIGHT", "help")]


def test_6_a_file_that_marks_the_holidays_of_tomorrow_is_found_and_our_own_marks_the_day() -> None:
    days = START + np.arange(N) * HOUR
    spec = CalendarSpec("H", country="AT", local=True, per_step=False)
    right, wrong = (component_values(spec, days + shift, "Europe/Vienna")[0] for shift in (0, DAY))
    steps = WindowSpec(24, 24, 60, timezone="Europe/Vienna")
    for values, expected in ((right, []), (wrong, ["HOLIDAYS_SHIFTED"])):
        inputs = [feature(LOAD, PAST, name="past"), feature(values, PAST, name="holiday")]
        samples = dataset(inputs, [feature(LOAD, AHEAD, name="load")], steps, calendar=[spec])
        assert [note.code for note in samples.notes] == expected


def test_7_a_gap_is_never_filled_from_the_row_behind_it() -> None:
    jump = LOAD.copy()
    jump[1000:] += 1000
    samples = pair(load=jump)
    holed = dataset(
        [without(feature(jump, PAST, name="past"), slice(998, 1000))],
        [feature(jump, AHEAD, name="load")],
        STEPS,
    )
    for each in (samples, holed):
        before = each.references < START + 1000 * HOUR
        assert each.raw_inputs(np.flatnonzero(before)).max() < 1000
        assert (before & (each.references >= START + 998 * HOUR)).any()  # and the samples are there


@pytest.mark.parametrize("mode", ["LIN", "AUTO"])
def test_8_nothing_of_the_test_block_takes_part_in_fit_and_choice(mode: str) -> None:
    changed = LOAD.copy()
    trained, _ = fitted(pair(), mode)
    first = trained.dataset.references[trained.split.test[0]] - 23 * HOUR
    changed[(first - START) // HOUR :] = RNG.normal(0, 1, N - (first - START) // HOUR)
    again, _ = fitted(pair(load=changed), mode)
    for one, other in zip(trained.validation_scaled, again.validation_scaled, strict=True):
        np.testing.assert_array_equal(one, other)
    assert trained.scalers.to_json() == again.scalers.to_json()


def test_9_rows_that_stand_twice_are_found_and_said_to_cross_the_split() -> None:
    copied = LOAD.copy()
    copied[-150:-10] = copied[200:340]
    samples = pair(load=copied)
    (note,) = samples.notes
    assert note.code == "REPEATED_ROWS"
    assert 96 <= note.details["rows"] <= 140
    (across,) = repeated_across(samples.notes, samples.references, samples.split(SplitSpec(), "honest"))
    assert across.details["parts"] == ["test", "train"]
    _, lines = fitted(samples)
    assert any("both in the train and in the test" in line for line in lines)


def test_9_rows_that_repeat_within_a_part_do_not_cross() -> None:
    copied = LOAD.copy()
    copied[600:740] = copied[200:340]
    samples = pair(load=copied)
    assert repeated_across(samples.notes, samples.references, samples.split(SplitSpec(), "honest")) == []


def test_10_a_later_vintage_of_a_forecast_changes_nothing_that_came_before() -> None:
    pairs = [(target, issue) for issue in range(0, N, 12) for target in range(issue - 6, issue + 36)]
    time, issued = (START + np.array(column) * HOUR for column in zip(*sorted(pairs), strict=True))
    moment = START + 1000 * HOUR

    def build(value: np.ndarray) -> Dataset:
        return pair(FeatureSpec("weather", time, value, 1, 24, form="forecasts", issued=issued))

    value = RNG.normal(0, 1, len(time))
    one, other = build(value), build(np.where(issued > moment, -value, value))
    before = np.flatnonzero(one.references <= moment)
    np.testing.assert_array_equal(one.raw_inputs(before), other.raw_inputs(before))
    assert not np.array_equal(one.raw_inputs(slice(None)), other.raw_inputs(slice(None)))
    assert codes(one) == [("ISSUED_AFTERWARDS", "weather")]


def test_notes_are_stored_with_the_dataset(tmp_path: Path) -> None:
    samples = pair(feature(LOAD, AHEAD, name="answer"))
    samples.save(tmp_path / "saved")
    assert Dataset.load(tmp_path / "saved").notes == samples.notes
