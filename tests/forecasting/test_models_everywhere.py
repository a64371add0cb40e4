"""Every mode on what users bring: one step, several outputs, gaps, constants, inputs known ahead."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from services.forecasting.dataset import CalendarSpec, Dataset, FeatureSpec, SplitSpec, WindowSpec, build
from services.forecasting.models import create
from services.forecasting.models.parameters import ModelParams
from tests.forecasting.learning import HOUR, SMALL, START, Reports, everything

HOURS = 24 * 12
QUICK: dict[str, dict[str, Any]] = {
    **SMALL,
    "Dense": {"N": 8, "EP": 2},
    "CNN": {"N": 4, "LAY": 2, "EP": 1},
    "LSTM": {"N": 4, "LAY": 1, "EP": 1},
    "AR LSTM": {"N": 4, "LAY": 1, "EP": 1},
    "NLinear": {"EP": 1},
    "DLinear": {"EP": 1, "K": 3},
    "SVR_dir": {"MAX_ROWS": 60},
    "SVR_MIMO": {"MAX_ROWS": 60},
    "LGBMR": {"N_ESTIMATORS": 5},
    "ENSEMBLE": {"MEMBERS": ["RIDGE", "NLinear", "LGBMR"], "EP": 1, "N_ESTIMATORS": 5},
}


def series(
    name: str, values: np.ndarray, hours: tuple[float, float], keep: slice = slice(None)
) -> FeatureSpec:
    at = START + np.arange(len(values)) * HOUR
    return FeatureSpec(name, at[keep], values[keep], *hours)


def wave(shift: float) -> np.ndarray:
    at = np.arange(HOURS)
    return np.sin(2 * np.pi * (at + shift) / 24) + np.random.default_rng(int(shift)).normal(0, 0.1, HOURS)


def one_step() -> Dataset:
    """One step in, one step out, of one series."""
    load = wave(0)
    return build(
        [series("load", load, (0.0, 0.0))], [series("load", load, (1.0, 1.0))], [], WindowSpec(1, 1, 60)
    )


def three_outputs() -> Dataset:
    """Twelve steps of two pasts, a forecast known ahead and the calendar, for five steps of three outputs.

    The third output's own past is no input.
    """
    load, heat, sun = wave(0), wave(5), wave(9)
    past, ahead = (-11.0, 0.0), (1.0, 5.0)
    inputs = [series("load", load, past), series("heat", heat, past), series("sun", sun, ahead)]
    outputs = [series("load", load, ahead), series("heat", heat, ahead), series("cold", -sun, ahead)]
    return build(inputs, outputs, [CalendarSpec("D", per_step=False)], WindowSpec(12, 5, 60))


def constant() -> Dataset:
    """An input that is constant beside one that is not, and an output that is."""
    inputs = [series("load", wave(0), (-5.0, 0.0)), series("off", np.full(HOURS, 7.0), (-5.0, 0.0))]
    return build(inputs, [series("off", np.full(HOURS, 7.0), (1.0, 3.0))], [], WindowSpec(6, 3, 60))


def with_gaps() -> Dataset:
    """Two days in the middle are missing: no sample may reach into them."""
    load = wave(0)
    known = np.r_[0:120, 168:HOURS]
    at = START + known * HOUR
    return build(
        [FeatureSpec("load", at, load[known], -5.0, 0.0)],
        [FeatureSpec("load", at, load[known], 1.0, 3.0)],
        [],
        WindowSpec(6, 3, 60, max_gap_minutes=120),
    )


CASES: dict[str, tuple[Any, list[int | None]]] = {
    "one step": (one_step, [0]),
    "three outputs": (three_outputs, [0, 1, None]),
    "constant": (constant, [1]),
    "gaps": (with_gaps, [0]),
}

RARE = ("one step", "gaps")


@cache
def dataset(case: str) -> Dataset:
    made: Dataset = CASES[case][0]()
    return made


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.slow) if case in RARE else case for case in CASES]
)
@pytest.mark.parametrize("mode", SMALL)
def test_every_mode_takes(mode: str, case: str) -> None:
    about, anchors = dataset(case), CASES[case][1]
    split = about.split(SplitSpec(), "honest")
    scalers = about.fit_scalers(split.train)
    train, validation, test = (
        about.samples(rows, scalers) for rows in (split.train, split.validation, split.test)
    )
    params = ModelParams(MODE=mode, **QUICK[mode])  # type: ignore[arg-type]
    model = create(params, "honest", anchors=anchors)
    model.fit(train, validation, Reports())
    x, y = everything(test)
    forecast = scalers.unscale_outputs(model.predict(x))
    assert forecast.shape == y.shape == (len(test), about.output_steps, len(anchors))
    assert np.isfinite(forecast).all()
    if case == "constant":
        np.testing.assert_allclose(forecast, 7.0, atol=0.35)


def test_the_case_with_gaps_has_samples_before_and_after_and_none_in_between() -> None:
    hours = (dataset("gaps").references - START) // HOUR
    assert hours.min() < 110
    assert hours.max() > 180
    assert not ((hours > 119) & (hours < 170)).any()
