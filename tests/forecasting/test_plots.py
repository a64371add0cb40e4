"""Pictures: small, quick to draw again from their numbers, and nobody else's."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from PIL import Image

from services.forecasting.errors import DataError
from services.forecasting.plots import forecast_plot, learning_curve, residuals_plot, violin
from services.forecasting.sample_plots import Curve, custom_plot

HOUR = 3600 * 10**9
RANDOM = np.random.default_rng(0)
AT = np.arange(300)[:, None] * HOUR + np.arange(1, 25) * HOUR  # (samples, steps)
REFERENCES = AT[:, 0] - HOUR
TRUTH = 200 + 40 * np.sin(AT / HOUR / 24 * 2 * np.pi)
FORECAST = TRUTH + RANDOM.normal(0, 8, TRUTH.shape)


def checked(picture: tuple[bytes, dict[str, Any]]) -> dict[str, Any]:
    """A PNG within the limit, and numbers that JSON can carry."""
    png, numbers = picture
    assert len(png) <= 200_000
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        assert len(image.convert("RGB").getcolors(1 << 24) or []) > 3
    json.dumps(numbers, allow_nan=False)
    return numbers


def curves(n: int, *kinds: str) -> list[Curve]:
    return [Curve("load", kind, AT[:n], FORECAST[:n] if kind == "forecast" else TRUTH[:n]) for kind in kinds]


def test_a_violin_tells_the_distribution_it_shows() -> None:
    values = np.concatenate([RANDOM.normal(10, 1, 4000), RANDOM.normal(30, 1, 8000)])
    numbers = checked(violin(values, "load", "IN1", 0))
    assert numbers["n"] == 12_000
    assert numbers["mean"] == pytest.approx(values.mean())
    assert (numbers["min"], numbers["max"]) == (values.min(), values.max())
    assert numbers["quantiles"]["0.5"] == pytest.approx(np.median(values))
    at, height = np.array(numbers["density"]["at"]), np.array(numbers["density"]["height"])
    assert height.max() == 1.0
    assert at[height.argmax()] == pytest.approx(30, abs=1)
    assert height[at < 20].max() == pytest.approx(0.5, abs=0.15)
    assert height[np.abs(at - 20).argmin()] < 0.1


@pytest.mark.parametrize(
    "values",
    [np.ones(50), np.zeros(1), np.array([np.nan, 3.0, 4.0]), RANDOM.normal(size=100) * 1e300],
    ids=["constant", "one", "gaps", "huge"],
)
def test_a_violin_of_odd_values_is_still_one_of_finite_numbers(values: np.ndarray) -> None:
    checked(violin(values, "load", "IN1", 9))


def test_a_violin_of_nothing_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        violin(np.full(3, np.nan), "load", "IN1", 0)
    assert caught.value.code == "NO_VALUES"


@pytest.mark.parametrize("name", [r"$\frac$", "price [$/MWh] in $", "x" * 300, "_hidden", "a\nb"])
def test_a_name_is_drawn_as_it_is_written(name: str) -> None:
    checked(violin(TRUTH.ravel(), name, "IN1", 0))
    checked(custom_plot([Curve(name, "output", AT, TRUTH)], ["x"], by_time=True, shared_axis=False, unit=""))


def test_the_forecast_plot_draws_each_instant_once_over_the_newest_days() -> None:
    numbers = checked(forecast_plot("load", REFERENCES, AT, TRUTH, FORECAST))
    times = numbers["time"]
    assert times == sorted(set(times))
    assert times[-1] == str(np.datetime64(int(AT[-1, -1]), "ns").astype("datetime64[s]")) + "Z"
    assert len(times) == len(numbers["truth"]) == len(numbers["forecast"]) == 7 * 24


def test_the_forecast_plot_takes_samples_in_any_order() -> None:
    mixed = RANDOM.permutation(len(AT))
    ordered = forecast_plot("load", REFERENCES, AT, TRUTH, FORECAST)[1]
    assert forecast_plot("load", REFERENCES[mixed], AT[mixed], TRUTH[mixed], FORECAST[mixed])[1] == ordered


def test_a_horizon_of_one_step_can_be_drawn() -> None:
    checked(forecast_plot("load", REFERENCES[:1], AT[:1, :1], TRUTH[:1, :1], FORECAST[:1, :1]))
    numbers = checked(residuals_plot("load", [60.0], TRUTH[:, :1], FORECAST[:, :1]))
    assert len(numbers["mean"]) == 1


def test_residuals_are_forecast_minus_truth_per_step() -> None:
    numbers = checked(residuals_plot("load", list(range(60, 1500, 60)), TRUTH, FORECAST))
    assert numbers["mean"] == pytest.approx((FORECAST - TRUTH).mean(axis=0).tolist())
    assert numbers["quantiles"]["0.5"] == pytest.approx(np.median(FORECAST - TRUTH, axis=0).tolist())


def test_a_learning_curve_says_null_where_the_error_was_no_number() -> None:
    numbers = checked(
        learning_curve({"loss": [1.0, 0.5, float("inf")], "val_loss": [float("nan"), 0.6, 0.7]})
    )
    assert numbers["history"] == {"loss": [1.0, 0.5, None], "val_loss": [None, 0.6, 0.7]}


@pytest.mark.parametrize("shared_axis", [True, False])
@pytest.mark.parametrize("by_time", [True, False])
@pytest.mark.parametrize("samples", [1, 17])
def test_a_composed_plot_has_a_panel_per_sample(samples: int, by_time: bool, shared_axis: bool) -> None:
    chosen = curves(samples, "input", "output", "forecast")
    titles = [f"sample {i}" for i in range(samples)]
    drawn = custom_plot(chosen, titles, by_time=by_time, shared_axis=shared_axis, unit="original")
    numbers = checked(drawn)
    assert numbers["samples"] == titles
    assert [curve["kind"] for curve in numbers["curves"]] == ["input", "output", "forecast"]
    assert numbers["curves"][2]["values"] == FORECAST[:samples].tolist()
    assert (numbers["curves"][0]["at"] is not None) == by_time


def test_separate_axes_draw_small_and_large_variables_alike() -> None:
    small = Curve("small", "input", AT[:1], TRUTH[:1] / 1e6)
    large = Curve("large", "output", AT[:1], FORECAST[:1] * 1e6)

    def drawn(*chosen: Curve, shared: bool = False) -> bytes:
        return custom_plot(list(chosen), ["x"], by_time=False, shared_axis=shared, unit="")[0]

    assert drawn(small, large) != drawn(small, large, shared=True)


def test_users_who_draw_at_once_get_their_own_pictures() -> None:
    alone = [violin(TRUTH.ravel() * (i + 1), f"user {i}", "IN1", i)[0] for i in range(6)]
    with ThreadPoolExecutor(6) as threads:
        together = list(
            threads.map(lambda i: violin(TRUTH.ravel() * (i + 1), f"user {i}", "IN1", i)[0], range(6))
        )
    assert together == alone
