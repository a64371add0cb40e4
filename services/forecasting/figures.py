"""Figures that belong to nobody else: no pyplot, names drawn as they are written, small PNGs."""

from __future__ import annotations

import io

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

PALETTE = ("#4C72B0", "#DD8452", "#55A868", "#C44E52", "#8172B3", "#937860", "#DA8BC3", "#8C8C8C")
COLORS = 128
LONGEST_NAME = 60


def single(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure with one panel, in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    plain(axes)
    return figure, axes


def panels(count: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """A figure with up to two panels beside each other per row, each of this size in inches."""
    columns = min(2, count)
    rows = -(-count // columns)
    figure = Figure(figsize=(columns * width, rows * height))
    FigureCanvasAgg(figure)
    # fixed margins: to measure every label of every panel takes as long as to draw them
    inch = (1 / (columns * width), 1 / (rows * height))
    figure.subplots_adjust(
        left=0.75 * inch[0],
        right=1 - 0.15 * inch[0],
        bottom=0.5 * inch[1],
        top=1 - 0.35 * inch[1],
        wspace=0.14,
        hspace=0.25,
    )
    drawn = [figure.add_subplot(rows, columns, i + 1) for i in range(count)]
    for axes in drawn:
        plain(axes)
    return figure, drawn


def plain(axes: Axes) -> None:
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def literal(name: str, longest: int = LONGEST_NAME) -> str:
    """A user's name for a text: a dollar sign starts no formula, and a long name does not cover the plot."""
    shown = name if len(name) <= longest else name[: longest - 1] + "…"
    return shown.replace("$", r"\$")


def png(figure: Figure, dpi: int = 90) -> bytes:
    """With a palette of its own, which makes the file a third as large."""
    figure.set_dpi(dpi)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="raw", dpi=dpi)
    size = figure.canvas.get_width_height(physical=True)
    image = Image.frombytes("RGBA", size, buffer.getvalue()).convert("RGB")
    buffer = io.BytesIO()
    image.quantize(COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(buffer, format="PNG")
    return buffer.getvalue()
