"""Pictures of an evaluation, each with its numbers: error by step and hour, quantiles, their reliability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from services.forecasting.figures import PALETTE, literal, panels, png, single
from services.forecasting.plots import Picture
from services.forecasting.worst_windows import utc_text

Array = NDArray[np.float64]
Times = NDArray[np.int64]
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
FANS = 4


def step_errors(name: str, table: Mapping[str, Any]) -> Picture:
    """MAE of every horizon step beside the best baseline of that step, from a horizon table."""
    lead, model, floor = (_numbers(table[column]) for column in ("lead_minutes", "MAE", "baseline_MAE"))
    marker = "." if len(lead) == 1 else None
    figure, axes = single(9.0, 4.0)
    axes.plot(lead, model, color=PALETTE[1], linewidth=1.6, marker=marker, label="model")
    if np.isfinite(floor).any():
        axes.plot(lead, floor, color="#666666", linewidth=1.3, marker=marker, label="best baseline")
    axes.set_ylim(bottom=0)
    axes.set_title(f"{literal(name)}: mean absolute error by lead time")
    axes.set_xlabel("lead [min]")
    axes.set_ylabel(f"MAE of {literal(name, 35)}")
    axes.legend(frameon=False, ncols=2)
    shown = ("lead_minutes", "MAE", "best_baseline", "baseline_MAE", "skill")
    return png(figure), {column: table[column] for column in shown}


def error_heatmap(name: str, profile: Mapping[str, Any]) -> Picture:
    """MAE by weekday and local hour, from an error profile; cells that no forecast falls into stay empty."""
    import seaborn  # a second of import that only this picture needs

    cells = np.array([_numbers(row) for row in profile["weekday_hour"]])
    figure, axes = single(10.0, 3.6)
    figure.set_layout_engine("none")  # seaborn draws once to see whether labels overlap
    seaborn.heatmap(
        cells,
        ax=axes,
        cmap="rocket_r",
        vmin=0.0,
        yticklabels=WEEKDAYS,
        linewidths=0.4,
        cbar_kws={"label": "MAE"},
    )
    figure.set_layout_engine("constrained")
    axes.grid(visible=False)
    axes.tick_params(axis="y", rotation=0)
    axes.set_title(f"{literal(name)}: mean absolute error by weekday and hour ({profile['timezone']})")
    axes.set_xlabel("hour")
    return png(figure), {"MAE": profile["weekday_hour"], "timezone": profile["timezone"]}


def quantile_fan(
    name: str,
    levels: Sequence[float],
    references: Times,
    lead_minutes: Sequence[float],
    truth: Array,
    quantiles: Array,
) -> Picture:
    """Truth (k, steps) over the quantiles (levels, k, steps) of a few windows and their reference times."""
    made = [utc_text(int(reference)) for reference in references]
    lead = np.asarray(lead_minutes, dtype=np.float64)
    figure, drawn = panels(len(made), 5.5, 3.0)
    for i, axes in enumerate(drawn):
        _draw_fan(axes, levels, lead, quantiles[:, i])
        marker = "." if len(lead) == 1 else None
        axes.plot(lead, truth[i], color="#222222", linewidth=1.2, marker=marker, label="truth")
        axes.set_title(f"forecast of {made[i]}", fontsize=9)
    drawn[0].set_ylabel(literal(name, 35))
    drawn[-1].set_xlabel("lead [min]")
    drawn[0].legend(frameon=False, ncols=2, fontsize=8)
    numbers = {
        "reference_time": made,
        "lead_minutes": lead.tolist(),
        "truth": truth.tolist(),
        "quantiles": {str(level): each.tolist() for level, each in zip(levels, quantiles, strict=True)},
    }
    return png(figure), numbers


def reliability(name: str, scores: Mapping[str, Any]) -> Picture:
    """How often the truth lay below each quantile against how often it should, from quantile scores."""
    nominal = [float(level) for level in scores["below"]]
    observed = [each["total"] for each in scores["below"].values()]
    figure, axes = single(4.6, 4.6)
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1, label="ideal")
    axes.plot(nominal, _numbers(observed), color=PALETTE[0], marker="o", label="test samples")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_title(f"{literal(name, 35)}: reliability of the quantiles")
    axes.set_xlabel("level")
    axes.set_ylabel("share of truths not above the quantile")
    axes.legend(frameon=False)
    return png(figure), {"level": nominal, "observed": observed}


def fan_windows(n: int) -> NDArray[np.int64]:
    """Which of n test samples are drawn: a few, evenly spaced."""
    return np.unique(np.linspace(0, n - 1, min(n, FANS)).astype(np.int64))


def _draw_fan(axes: Axes, levels: Sequence[float], lead: Array, quantiles: Array) -> None:
    """Areas between levels from the outside in, and the middle level if there is one."""
    pairs = len(levels) // 2
    for i in range(pairs):
        outer = (quantiles[i], quantiles[-1 - i])
        if len(lead) == 1:  # an area needs two steps
            axes.vlines(lead, *outer, color=PALETTE[0], alpha=0.3, linewidth=4 + 4 * i)
        else:
            share = 0.12 + 0.5 * i / max(1, pairs)
            axes.fill_between(lead, *outer, color=PALETTE[0], alpha=share, linewidth=0)
    if len(levels) % 2:
        marker = "." if len(lead) == 1 else None
        label = f"level {levels[pairs]}"
        axes.plot(lead, quantiles[pairs], color=PALETTE[0], linewidth=1.2, marker=marker, label=label)


def _numbers(values: Sequence[float | None]) -> Array:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
