"""The plot a user composes: chosen inputs, outputs and forecasts over test samples (B.2, generate-plot)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from services.forecasting.plots import PALETTE, Picture

Array = NDArray[np.float64]


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
    """One panel per sample on a square grid; x is UTC time or the step's number."""
    count = len(titles)
    columns = ceil(sqrt(count))
    rows = ceil(count / columns)
    figure = Figure(figsize=(max(6, 4.2 * columns), max(4, 2.8 * rows)), layout="constrained")
    FigureCanvasAgg(figure)
    for i, title in enumerate(titles):
        panel = figure.add_subplot(rows, columns, i + 1)
        panel.set_title(title, fontsize=9)
        _draw(panel, curves, i, by_time, shared_axis)
    lines, labels = _legend(figure)
    if lines:
        figure.legend(lines, labels, loc="outside lower center", ncols=min(4, len(lines)), frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80)
    return buffer.getvalue(), _numbers(curves, titles, by_time, unit)


def _draw(panel: Axes, curves: list[Curve], sample: int, by_time: bool, shared_axis: bool) -> None:
    axes = panel
    for number, curve in enumerate(curves):
        if number and not shared_axis:
            axes = panel.twinx()
            axes.tick_params(labelsize=6)
        x = curve.at[sample].astype("datetime64[ns]") if by_time else np.arange(curve.values.shape[1])
        style = "--" if curve.kind == "forecast" else "-"
        color = PALETTE[number % len(PALETTE)]
        axes.plot(
            x, curve.values[sample], style, color=color, linewidth=1.2, label=f"{curve.kind} {curve.name}"
        )
    panel.tick_params(labelsize=7)
    if by_time:
        panel.tick_params(axis="x", rotation=30)


def _legend(figure: Figure) -> tuple[list[Any], list[str]]:
    found: dict[str, Any] = {}
    for axes in figure.axes:
        for line, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(label, line)
    return list(found.values()), list(found)


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
