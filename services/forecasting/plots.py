"""Pictures of data and forecasts, each with the numbers to draw it again; no global figure is involved."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import seaborn
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

Array = NDArray[np.float64]
Picture = tuple[bytes, dict[str, Any]]
PALETTE = ("#4C72B0", "#DD8452", "#55A868", "#C44E52", "#8172B3", "#937860", "#DA8BC3", "#8C8C8C")
DENSITY_POINTS = 100
MAX_KDE_VALUES = 5000
MAX_DRAWN_VALUES = 20_000
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
SHOWN_DAYS = 7
MAX_POINTS = 2000


def violin(values: Array, name: str, label: str, color: int) -> Picture:
    """The distribution of a feature: density, quartiles, extremes."""
    finite = values[np.isfinite(values)]
    density = _density(finite)
    figure, axes = _figure(4.0, 5.0)
    sample = finite[:: max(1, finite.size // MAX_DRAWN_VALUES)]
    seaborn.violinplot(y=sample, ax=axes, color=PALETTE[color % len(PALETTE)], inner="box", cut=0)
    axes.set_xticks([])
    axes.set_title(name)
    axes.set_ylabel(name)
    numbers = {
        "label": label,
        "n": int(finite.size),
        "mean": float(finite.mean()),
        "std": float(finite.std()),
        "quantiles": {
            str(q): float(v) for q, v in zip(QUANTILES, np.quantile(finite, QUANTILES), strict=True)
        },
        "density": None if density is None else {"at": density[0].tolist(), "height": density[1].tolist()},
    }
    return _png(figure), numbers


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
    figure, axes = _figure(11.0, 4.0)
    axes.plot(dates, y, color="#333333", linewidth=1.3, label="truth")
    axes.plot(dates, p, color=PALETTE[1], linewidth=1.3, label="forecast")
    for reference in references[chosen]:
        axes.axvline(np.datetime64(int(reference), "ns"), color="#bbbbbb", linewidth=0.6)  # type: ignore[arg-type]
    axes.set_title(f"{name}: forecast against truth (grey lines: when the forecasts were made)")
    axes.set_ylabel(name)
    axes.legend(loc="upper right", frameon=False, ncols=2)
    figure.autofmt_xdate()
    stamps = [str(np.datetime_as_string(date, unit="s")) + "Z" for date in dates]
    numbers = {"time": stamps, "truth": y.tolist(), "forecast": p.tolist()}
    return _png(figure), numbers


def residuals_plot(name: str, lead_minutes: Sequence[float], truth: Array, forecast: Array) -> Picture:
    """Error per horizon step: the middle half, nine tenths, mean; (k, steps) each."""
    error = forecast - truth
    bands = np.quantile(error, (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    bias = error.mean(axis=0)
    figure, axes = _figure(9.0, 4.0)
    lead = np.asarray(lead_minutes)
    axes.fill_between(lead, bands[0], bands[4], color=PALETTE[0], alpha=0.2, linewidth=0, label="90 %")
    axes.fill_between(lead, bands[1], bands[3], color=PALETTE[0], alpha=0.45, linewidth=0, label="50 %")
    axes.plot(lead, bias, color=PALETTE[3], linewidth=1.4, label="mean")
    axes.axhline(0, color="#333333", linewidth=0.8)
    axes.set_title(f"{name}: forecast minus truth by lead time")
    axes.set_xlabel("lead [min]")
    axes.legend(frameon=False, ncols=3)
    quantiles = {q: bands[i].tolist() for i, q in enumerate(("0.05", "0.25", "0.5", "0.75", "0.95"))}
    return _png(figure), {"lead_minutes": lead.tolist(), "mean": bias.tolist(), "quantiles": quantiles}


def learning_curve(history: dict[str, list[float]]) -> Picture:
    """Error of training and validation per epoch."""
    figure, axes = _figure(7.0, 4.0)
    for i, name in enumerate(("loss", "val_loss")):
        if name in history:
            values = history[name]
            axes.plot(range(1, len(values) + 1), values, color=PALETTE[i], marker=".", label=name)
    axes.set_yscale("log")
    axes.set_xlabel("epoch")
    axes.set_title("Squared error per epoch (scaled)")
    axes.legend(frameon=False)
    finite = {
        name: [value if np.isfinite(value) else None for value in values] for name, values in history.items()
    }
    return _png(figure), {"history": finite}


def _one_after_the_other(at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Newest samples whose windows do not overlap, over the last days."""
    chosen: list[int] = []
    newest = at[-1, -1]
    before = newest + 1
    for i in range(len(at) - 1, -1, -1):
        if newest - at[i, 0] > SHOWN_DAYS * 86_400 * 10**9 and chosen:
            break
        if at[i, -1] < before:
            chosen.append(i)
            before = at[i, 0]
        if len(chosen) * at.shape[1] > MAX_POINTS:
            break
    return np.array(chosen[::-1], dtype=np.int64)


def _density(values: Array) -> tuple[Array, Array] | None:
    """Gaussian kernel density (Scott's rule), at most 1 wide; None for a constant."""
    if values.size < 2 or values.min() == values.max():
        return None
    sample = values[:: max(1, values.size // MAX_KDE_VALUES)]
    width = 1.06 * sample.std() * sample.size ** (-0.2) or 1e-12
    at = np.linspace(values.min(), values.max(), DENSITY_POINTS)
    height = np.exp(-0.5 * ((at[:, None] - sample) / width) ** 2).sum(axis=1)
    return at, height / height.max() if height.max() > 0 else height


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _plain(axes)
    return figure, axes


def _plain(axes: Axes) -> None:
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=90)
    return buffer.getvalue()
