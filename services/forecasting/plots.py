"""Pictures of data and forecasts, each with the numbers to draw it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from services.forecasting.distribution import distribution
from services.forecasting.errors import DataError
from services.forecasting.figures import PALETTE, literal, png, single

Array = NDArray[np.float64]
Picture = tuple[bytes, dict[str, Any]]
SHOWN_DAYS = 7
MAX_POINTS = 2000
MAX_MARKS = 100


def violin(values: Array, name: str, label: str, color: int) -> Picture:
    """The distribution of a feature: density, quartiles, extremes."""
    about = distribution(values)
    if not about["n"]:
        raise DataError("NO_VALUES", f'"{name}" holds no number to draw', details={"feature": name})
    figure, axes = single(4.0, 5.0)
    _draw_violin(axes, about, PALETTE[color % len(PALETTE)])
    axes.set_title(literal(name, 35))
    axes.set_ylabel(literal(name))
    return png(figure), {"label": label, **about}


def forecast_plot(
    name: str, references: NDArray[np.int64], at: NDArray[np.int64], truth: Array, forecast: Array
) -> Picture:
    """Truth against forecast over the newest days of the test part.

    references (k,) in ns, at (k, steps) in ns; every shown window is as long as the horizon, one after the
    other, so that each instant is drawn once.
    """
    chosen = _one_after_the_other(at)
    time, y, p = at[chosen].ravel(), truth[chosen].ravel(), forecast[chosen].ravel()
    dates = time.astype("datetime64[ns]")
    figure, axes = single(11.0, 4.0)
    marker = "." if len(dates) == 1 else None
    axes.plot(dates, y, color="#333333", linewidth=1.3, marker=marker, label="truth")
    axes.plot(dates, p, color=PALETTE[1], linewidth=1.3, marker=marker, label="forecast")
    title = f"{literal(name)}: forecast against truth"
    if len(chosen) <= MAX_MARKS:
        made = references[chosen].astype("datetime64[ns]")
        across = axes.get_xaxis_transform()
        axes.vlines(made, 0, 1, transform=across, color="#bbbbbb", linewidth=0.6)
        title += " (grey lines: when the forecasts were made)"
    axes.set_title(title)
    axes.set_ylabel(literal(name))
    axes.legend(loc="upper right", frameon=False, ncols=2)
    stamps = [str(np.datetime_as_string(date, unit="s")) + "Z" for date in dates]
    return png(figure), {"time": stamps, "truth": y.tolist(), "forecast": p.tolist()}


def residuals_plot(name: str, lead_minutes: Sequence[float], truth: Array, forecast: Array) -> Picture:
    """Error per horizon step: the middle half, nine tenths, mean; (k, steps) each."""
    error = forecast - truth
    bands = np.quantile(error, (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    bias = error.mean(axis=0)
    figure, axes = single(9.0, 4.0)
    lead = np.asarray(lead_minutes, dtype=np.float64)
    _draw_bands(axes, lead, bands)
    axes.plot(
        lead, bias, color=PALETTE[3], linewidth=1.4, marker="." if len(lead) == 1 else None, label="mean"
    )
    axes.axhline(0, color="#333333", linewidth=0.8)
    axes.set_title(f"{literal(name)}: forecast minus truth by lead time")
    axes.set_xlabel("lead [min]")
    axes.legend(frameon=False, ncols=3)
    quantiles = {q: bands[i].tolist() for i, q in enumerate(("0.05", "0.25", "0.5", "0.75", "0.95"))}
    return png(figure), {"lead_minutes": lead.tolist(), "mean": bias.tolist(), "quantiles": quantiles}


def learning_curve(history: dict[str, list[float]]) -> Picture:
    """Error of training and validation per epoch."""
    figure, axes = single(7.0, 4.0)
    drawn = {name: np.array(history[name]) for name in ("loss", "val_loss") if history.get(name)}
    for i, (name, values) in enumerate(drawn.items()):
        axes.plot(range(1, len(values) + 1), values, color=PALETTE[i], marker=".", label=name)
    if drawn:
        axes.legend(frameon=False)
    if any((values > 0).any() for values in drawn.values()):
        axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("epoch")
    axes.set_title("Squared error per epoch (scaled)")
    finite = {
        name: [value if np.isfinite(value) else None for value in values] for name, values in history.items()
    }
    return png(figure), {"history": finite}


def _draw_violin(axes: Axes, about: dict[str, Any], color: str) -> None:
    low, _, lower, middle, upper, _, high = about["quantiles"].values()
    if about["density"] is None:
        axes.plot([-1, 1], [middle, middle], color=color, linewidth=2)
    else:
        at, height = np.array(about["density"]["at"]), np.array(about["density"]["height"])
        axes.fill_betweenx(at, -height, height, facecolor=color, edgecolor="#444444", linewidth=1, alpha=0.9)
        axes.vlines(0, low, high, color="#333333", linewidth=1)
        axes.vlines(0, lower, upper, color="#333333", linewidth=6)
        axes.plot(0, middle, "o", color="white", markersize=4)
    axes.set_xlim(-1.15, 1.15)
    axes.set_xticks([])


def _draw_bands(axes: Axes, lead: Array, bands: Array) -> None:
    if len(lead) == 1:  # an area needs two steps
        axes.vlines(lead, bands[0], bands[4], color=PALETTE[0], alpha=0.3, linewidth=6, label="90 %")
        axes.vlines(lead, bands[1], bands[3], color=PALETTE[0], alpha=0.6, linewidth=6, label="50 %")
        return
    axes.fill_between(lead, bands[0], bands[4], color=PALETTE[0], alpha=0.2, linewidth=0, label="90 %")
    axes.fill_between(lead, bands[1], bands[3], color=PALETTE[0], alpha=0.45, linewidth=0, label="50 %")


def _one_after_the_other(at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Newest samples whose windows do not overlap, over the last days."""
    chosen: list[int] = []
    by_time = np.argsort(at[:, -1], kind="stable")
    newest = at[by_time[-1], -1]
    before = newest + 1
    for i in by_time[::-1]:
        if newest - at[i, 0] > SHOWN_DAYS * 86_400 * 10**9 and chosen:
            break
        if at[i, -1] < before:
            chosen.append(int(i))
            before = at[i, 0]
        if len(chosen) * at.shape[1] > MAX_POINTS:
            break
    return np.array(chosen[::-1], dtype=np.int64)
