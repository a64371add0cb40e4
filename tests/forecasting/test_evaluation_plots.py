"""Pictures of an evaluation carry the numbers they show, also for one step and for unknown values."""

from __future__ import annotations

import numpy as np
import pytest

from services.forecasting.conformal import split_conformal
from services.forecasting.error_profile import error_profile
from services.forecasting.evaluation_plots import (
    error_heatmap,
    fan_windows,
    quantile_fan,
    reliability,
    step_errors,
)
from services.forecasting.horizon_tables import horizon_tables
from services.forecasting.quantile_levels import LEVELS
from services.forecasting.quantile_scores import quantile_scores
from tests.forecasting.test_plots import AT, FORECAST, REFERENCES, TRUTH, checked


def table(steps: int, baseline: float) -> dict[str, object]:
    truth, forecast = TRUTH[:, :steps, None], FORECAST[:, :steps, None]
    lead = [[60.0 * step for step in range(1, steps + 1)]]
    return horizon_tables(truth, forecast, {"naive": truth + baseline}, ["$x$"], lead, (truth, forecast))[
        "$x$"
    ]


@pytest.mark.parametrize(("steps", "baseline"), [(1, 9.0), (24, np.nan), (24, 9.0)])
def test_errors_by_step_stand_beside_the_best_baseline(steps: int, baseline: float) -> None:
    known = table(steps, baseline)
    numbers = checked(step_errors("$x$", known))
    assert numbers["MAE"] == known["MAE"]
    assert numbers["baseline_MAE"] == (known["baseline_MAE"] if baseline == 9.0 else [None] * steps)


def test_the_heat_map_shows_the_cells_of_the_profile_and_leaves_unknown_ones_empty() -> None:
    for rows in (slice(0, 3), slice(None)):
        profile = error_profile(
            TRUTH[rows, :4],
            FORECAST[rows, :4],
            REFERENCES[rows],
            AT[0, :4] - REFERENCES[0],
            zone="Europe/Vienna",
            country=None,
        )
        numbers = checked(error_heatmap("load", profile))
        assert numbers == {"MAE": profile["weekday_hour"], "timezone": "Europe/Vienna"}


@pytest.mark.parametrize(("levels", "steps"), [(LEVELS, 1), ((0.5,), 24), ((0.1, 0.9), 24)])
def test_the_fan_draws_a_few_windows_with_every_level(levels: tuple[float, ...], steps: int) -> None:
    truth, forecast = TRUTH[:, :steps, None], FORECAST[:, :steps, None]
    found = split_conformal(truth, forecast, levels)
    rows = fan_windows(len(truth))
    drawn, lead = found.apply(forecast[rows])[..., 0], [60.0 * step for step in range(1, steps + 1)]
    numbers = checked(quantile_fan("load", levels, REFERENCES[rows], lead, TRUTH[rows, :steps], drawn))
    assert numbers["lead_minutes"] == lead
    assert len(set(numbers["reference_time"])) == len(rows)
    assert list(numbers["quantiles"]) == [str(level) for level in levels]
    assert numbers["quantiles"][str(levels[0])] == drawn[0].tolist()
    assert numbers["truth"] == TRUTH[rows, :steps].tolist()
    scores = quantile_scores(truth, forecast, found, ["load"])["load"]
    shown = checked(reliability("load", scores))
    assert shown["level"] == list(levels)
    assert shown["observed"] == [each["total"] for each in scores["below"].values()]


def test_few_samples_are_all_drawn() -> None:
    assert fan_windows(1).tolist() == [0]
    assert fan_windows(3).tolist() == [0, 1, 2]
    assert len(fan_windows(500)) == 4
