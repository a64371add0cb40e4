"""How good quantile forecasts are: pinball loss, CRPS, coverage and width, per step of the horizon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.absolute_errors import chunks
from services.forecasting.conformal import Quantiles
from services.forecasting.metrics import covered, crps, finite, pinball_loss

Array = NDArray[np.float64]


def central_intervals(levels: Sequence[float]) -> list[tuple[int, int]]:
    """Places of two levels as far from 0 as from 1, the widest interval first."""
    places = {round(level, 9): i for i, level in enumerate(levels)}
    mirrored = [(i, places.get(round(1 - level, 9))) for i, level in enumerate(levels) if level < 0.5]
    return [(low, high) for low, high in mirrored if high is not None]


def quantile_scores(
    truth: Array, forecast: Array, quantiles: Quantiles, output_names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Truth and forecast of the test part, as `split_conformal` takes them -> scores per output.

    `pinball` {level: {total, steps}} and `CRPS` in original units; `below` {level: ...} the share of truths
    not above the quantile; `intervals` with nominal and observed coverage and mean width.
    """
    return {
        name: _scores(truth[:, :, j], forecast[..., j], quantiles.of_output(j))
        for j, name in enumerate(output_names)
    }


def crps_skill(
    truth: Array, forecast: Array, quantiles: Quantiles, baseline: Array, of_baseline: Quantiles
) -> dict[str, Any]:
    """CRPS of one output beside that of a baseline with conformal quantiles of its own, same samples.

    truth and baseline (samples, steps), forecast as `split_conformal` takes it, without the axis of outputs.
    skill = 1 - CRPS / CRPS of the baseline; null where that is 0 or there is no sample.
    """
    own = _scores(truth, forecast, quantiles)["CRPS"]
    other = _scores(truth, baseline, of_baseline)["CRPS"]
    skill = None if own["total"] is None or not other["total"] else 1 - own["total"] / other["total"]
    return {"CRPS": own["total"], "baseline_CRPS": other["total"], "skill": skill, "samples": len(truth)}


def _scores(y: Array, p: Array, quantiles: Quantiles) -> dict[str, Any]:
    intervals = central_intervals(quantiles.levels)
    losses, below = (np.zeros(quantiles.offsets.shape) for _ in range(2))
    inside, widths = (np.zeros((len(intervals), y.shape[1])) for _ in range(2))
    for rows in chunks(*y.shape):
        part, drawn = y[rows], quantiles.apply(p[..., rows, :])
        for i, (level, q) in enumerate(zip(quantiles.levels, drawn, strict=True)):
            losses[i] += pinball_loss(part, q, level).sum(axis=0)
            below[i] += (part <= q).sum(axis=0)
        for i, (low, high) in enumerate(intervals):
            inside[i] += covered(part, drawn[low], drawn[high]).sum(axis=0)
            widths[i] += (drawn[high] - drawn[low]).sum(axis=0)
    count = float(len(y)) or np.nan
    names = [str(level) for level in quantiles.levels]
    return {
        "pinball": {name: _total(each / count) for name, each in zip(names, losses, strict=True)},
        "CRPS": _total(crps(losses / count)),
        "below": {name: _total(each / count) for name, each in zip(names, below, strict=True)},
        "intervals": [
            {
                "levels": [quantiles.levels[low], quantiles.levels[high]],
                "nominal": round(quantiles.levels[high] - quantiles.levels[low], 9),
                "coverage": _total(inside[i] / count),
                "width": _total(widths[i] / count),
            }
            for i, (low, high) in enumerate(intervals)
        ],
    }


def _total(steps: Array) -> dict[str, Any]:
    """All steps count alike, so their mean is the total."""
    return {"total": finite(np.array([steps.mean()]))[0], "steps": finite(steps)}
