"""The picture of what a forecast rests on: a bar per input, and a heat map over the steps of the horizon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from services.forecasting.figures import PALETTE, literal, plain, png
from services.forecasting.plots import Picture

MOST_OUTPUTS, MOST_GROUPS = 6, 25
ROW_INCHES = 0.32


def importance_plot(outputs: Mapping[str, Mapping[str, Any]]) -> Picture:
    """One row per output of `permutation_importance`; the most important inputs first."""
    shown = dict(list(outputs.items())[:MOST_OUTPUTS])
    orders = {name: _order(each["increase"]) for name, each in shown.items()}
    height = 1.3 + ROW_INCHES * max(len(order) for order in orders.values())
    figure = Figure(figsize=(11.0, height * len(shown)), layout="constrained")
    FigureCanvasAgg(figure)
    for i, (name, each) in enumerate(shown.items()):
        bars = figure.add_subplot(len(shown), 2, 2 * i + 1)
        _draw_bars(bars, name, each, orders[name])
        _draw_map(figure, figure.add_subplot(len(shown), 2, 2 * i + 2), each, orders[name])
    return png(figure), {"outputs": {name: orders[name] for name in shown}}


def _order(increase: Mapping[str, float]) -> list[str]:
    return sorted(increase, key=lambda name: -increase[name])[:MOST_GROUPS]


def _draw_bars(axes: Axes, name: str, found: Mapping[str, Any], order: list[str]) -> None:
    values = [found["increase"][each] for each in order]
    plain(axes)
    axes.grid(axis="x", color="#e6e6e6", linewidth=0.8)
    axes.barh(range(len(order)), values, color=PALETTE[0])
    axes.axvline(0, color="#666666", linewidth=0.8)
    axes.set_yticks(range(len(order)), [literal(each, 30) for each in order])
    axes.invert_yaxis()
    axes.set_xlabel(f"increase of MAE when permuted (MAE is {found['MAE']:.4g})")
    axes.set_title(literal(name, 35))


def _draw_map(figure: Figure, axes: Axes, found: Mapping[str, Any], order: list[str]) -> None:
    table = np.array([found["per_step"][each] for each in order], dtype=np.float64)
    limit = float(np.nanmax(np.abs(table))) or 1.0
    image = axes.imshow(table, aspect="auto", cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
    axes.set_yticks(range(len(order)), [literal(each, 18) for each in order])
    axes.set_xlabel("step of the horizon")
    steps = table.shape[1]
    marks = np.unique(np.linspace(0, steps - 1, min(steps, 8)).astype(int))
    axes.set_xticks(marks, [str(mark + 1) for mark in marks])
    figure.colorbar(image, ax=axes)
