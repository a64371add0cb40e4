"""The plot a user composes: chosen inputs, outputs and forecasts over test samples (B.2, generate-plot)."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from services.forecasting.figures import PALETTE, literal, plain, png
from services.forecasting.plots import Picture

Array = NDArray[np.float64]
Range = tuple[float, float]
PANEL = (2.6, 1.8)  # inches, of many panels
LEAST = (8.0, 4.5)  # inches of a figure with few
LEGEND_COLUMNS = 4
LEGEND_ROW, TOP, GAP, LEFT, SIDE = 0.24, 0.24, 0.5, 0.35, 0.25  # inches
DRAWN_STEPS = 400
STYLES: dict[str, Literal[":", "-", "--"]] = {"input": ":", "output": "-", "forecast": "--"}


@dataclass(frozen=True)
class Curve:
    """One variable over the samples: x (k, steps) in ns, y (k, steps)."""

    name: str
    kind: str  # input | output | forecast
    at: NDArray[np.int64]
    values: Array


def custom_plot(
    curves: list[Curve], titles: list[str], *, by_time: bool, shared_axis: bool, unit: str
) -> Picture:
    """One panel per sample on a square grid; x is UTC time or the step's number.

    With separate axes every variable fills the height by its own range, which the legend names; truth and
    forecast of a variable share theirs. All panels have the same ranges, so that samples can be compared.
    """
    ranges = _ranges(curves, shared_axis)
    columns = ceil(sqrt(len(titles)))
    figure, panels = _grid(len(titles), columns, len(curves))
    for i, (panel, title) in enumerate(zip(panels, titles, strict=True)):
        panel.set_title(title, fontsize=8, pad=3)
        for number, curve in enumerate(curves):
            _draw(panel, curve, number, i, ranges[curve.name], by_time)
        _mark_x(panel, curves, i, by_time)
        _mark_y(panel, curves, ranges, named=i % columns == 0)
    _legend(figure, curves, ranges, shared_axis)
    return png(figure, dpi=80), _numbers(curves, titles, by_time, unit)


def _ranges(curves: list[Curve], shared: bool) -> dict[str, Range]:
    """Lowest and highest value of every variable, or of all together."""
    extremes: dict[str, list[float]] = {}
    for curve in curves:
        of_name = extremes.setdefault("" if shared else curve.name, [])
        of_name += [float(curve.values.min()), float(curve.values.max())]
    return {
        curve.name: (min(extremes["" if shared else curve.name]), max(extremes["" if shared else curve.name]))
        for curve in curves
    }


def _grid(count: int, columns: int, n_curves: int) -> tuple[Figure, list[Axes]]:
    """Places are computed: an automatic layout of many panels takes seconds."""
    rows = ceil(count / columns)
    legend = LEGEND_ROW * ceil(n_curves / LEGEND_COLUMNS) + 0.1
    width = max(LEAST[0], PANEL[0] * columns)
    height = max(LEAST[1], PANEL[1] * rows) + legend
    figure = Figure(figsize=(width, height))
    wide = (width - LEFT) / columns
    high = (height - legend) / rows
    panels = []
    for i in range(count):
        row, column = divmod(i, columns)
        bottom = height - (row + 1) * high + GAP - TOP
        place = (LEFT + column * wide + SIDE / 2, bottom, wide - SIDE, high - GAP)
        panel = figure.add_axes((place[0] / width, place[1] / height, place[2] / width, place[3] / height))
        plain(panel)
        panels.append(panel)
    return figure, panels


def _draw(panel: Axes, curve: Curve, number: int, sample: int, span: Range, by_time: bool) -> None:
    thin = max(1, curve.values.shape[1] // DRAWN_STEPS)
    values = curve.values[sample, ::thin]
    x = _x(curve, sample, by_time)[::thin]
    panel.plot(
        x,
        _share(values, span),
        STYLES[curve.kind],
        color=_color(number),
        linewidth=1.2,
        marker="." if len(x) == 1 else None,
    )


def _mark_x(panel: Axes, curves: list[Curve], sample: int, by_time: bool) -> None:
    ends = [_x(curve, sample, by_time)[[0, -1]] for curve in curves]
    if not ends:
        return
    low, high = float(np.min(ends)), float(np.max(ends))
    ticks = [low, high] if high > low else [low]
    if by_time:
        labels = [str(np.datetime64(round(tick * 1e9), "ns"))[5:16].replace("T", " ") for tick in ticks]
    else:
        labels = [f"{tick:g}" for tick in ticks]
    panel.set_xticks(ticks, labels, fontsize=6)
    if len(ticks) > 1:  # inwards, so that neighbours do not meet
        first, last = panel.get_xticklabels()
        first.set_horizontalalignment("left")
        last.set_horizontalalignment("right")


def _mark_y(panel: Axes, curves: list[Curve], ranges: dict[str, Range], *, named: bool) -> None:
    """The numbers, once per row of panels, are those of the first variable."""
    panel.set_ylim(-0.06, 1.06)
    shares = (0.0, 0.5, 1.0)
    labels = [""] * len(shares)
    if curves and named:
        low, high = ranges[curves[0].name]
        labels = [f"{low * (1 - share) + high * share:.4g}" for share in shares]
    panel.set_yticks(shares, labels, fontsize=6, color=_color(0))


def _legend(figure: Figure, curves: list[Curve], ranges: dict[str, Range], shared: bool) -> None:
    if not curves:
        return
    lines = [Line2D([], [], linestyle=STYLES[c.kind], color=_color(i)) for i, c in enumerate(curves)]
    labels = []
    for curve in curves:
        low, high = ranges[curve.name]
        span = "" if shared else f" ({low:.4g} … {high:.4g})"
        labels.append(f"{curve.kind} {literal(curve.name, 24)}{span}")
    figure.legend(lines, labels, loc="lower center", ncols=LEGEND_COLUMNS, frameon=False, fontsize=7)


def _x(curve: Curve, sample: int, by_time: bool) -> Array:
    """Seconds since 1970, or the number of the step."""
    return curve.at[sample] / 1e9 if by_time else np.arange(curve.values.shape[1], dtype=np.float64)


def _share(values: Array, span: Range) -> Array:
    """Where values lie between the ends of their range, 0..1; halves keep huge ranges finite."""
    half = span[1] / 2 - span[0] / 2
    return (values / 2 - span[0] / 2) / half if half > 0 else np.full(values.shape, 0.5)


def _color(number: int) -> str:
    return PALETTE[number % len(PALETTE)]


def _numbers(curves: list[Curve], titles: list[str], by_time: bool, unit: str) -> dict[str, Any]:
    return {
        "samples": titles,
        "x": "UTC" if by_time else "step",
        "unit": unit,
        "curves": [
            {
                "name": curve.name,
                "kind": curve.kind,
                "at": [[_stamp(value) for value in row] for row in curve.at] if by_time else None,
                "values": curve.values.tolist(),
            }
            for curve in curves
        ],
    }


def _stamp(time: np.int64) -> str:
    return str(np.datetime_as_string(np.datetime64(int(time), "ns"), unit="s")) + "Z"
