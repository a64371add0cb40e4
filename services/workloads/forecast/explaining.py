"""Why a trained model forecasts what it does: importance of its inputs over validation samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.forecasting.importance import (
    PROBE,
    Group,
    Windows,
    affordable,
    linear_shares,
    permutation_importance,
    spaced,
)
from services.forecasting.scaling import Array
from services.workloads.base import Run

if TYPE_CHECKING:
    from services.workloads.forecast.config import DatasetConfig
    from services.workloads.forecast.training import Trained

SEED = 0
PARTS = {"Y": "year", "M": "month", "W": "week", "D": "day", "H": "holiday"}
# Families whose forecast is an intercept plus a sum over the values of the window.
LINEAR = frozenset({"AUTO", "LIN", "RIDGE", "NLinear", "DLinear"})
EXACT = "Cov(contribution of the input, forecast) / Var(forecast); adds up to 1"


def importance(run: Run, trained: Trained) -> dict[str, Any]:
    """For `results.importance`; without validation samples only the reason why there is none."""
    if len(trained.split.validation) == 0:
        return {"outputs": None, "undefined": "there are no validation samples to permute"}
    groups = input_groups(trained.config, list(trained.dataset.input_names))
    windows, repeats = _windows(trained, len(groups))

    def tick() -> None:
        run.report(phase="evaluate", message="Importance of the inputs")

    names = list(trained.dataset.output_names)
    outputs = permutation_importance(windows, groups, names, repeats=repeats, seed=SEED, tick=tick)
    linear = linear_shares(windows, groups, names) if trained.config.model.MODE in LINEAR else None
    inputs = trained.dataset.input_names
    return {
        "measure": "increase of MAE, in the units of the output, when the input is permuted among samples",
        "samples": len(windows.x),
        "of_samples": len(trained.split.validation),
        "repeats": repeats,
        "seed": SEED,
        "inputs": {group.name: [inputs[i] for i in group.columns] for group in groups},
        "outputs": outputs,
        "linear": None if linear is None else {"measure": EXACT, "outputs": linear},
    }


def input_groups(config: DatasetConfig, names: list[str]) -> list[Group]:
    """Every measured column for itself; the columns of a calendar component together."""
    measured = len(config.measured_inputs)
    groups = [Group(name, (i,)) for i, name in enumerate(names[:measured])]
    components: dict[str, list[int]] = {}
    for i, name in enumerate(names[measured:], start=measured):
        components.setdefault(name.split("_")[0], []).append(i)
    return groups + [
        Group(f"calendar: {PARTS.get(part, part)}", tuple(columns)) for part, columns in components.items()
    ]


def _windows(trained: Trained, groups: int) -> tuple[Windows, int]:
    """As many validation samples as the budget allows, evenly spaced, and the number of repeats."""
    scalers, model, rows = trained.scalers, trained.model, trained.split.validation

    def predict(x: Array) -> Array:
        return scalers.unscale_outputs(model.predict(x))

    few = trained.dataset.samples(rows[spaced(len(rows), PROBE)], scalers)
    size, repeats = affordable(predict, few.x(slice(0, len(few))), groups)
    chosen = rows[spaced(len(rows), size)]
    x = scalers.scale_inputs(trained.dataset.raw_inputs(chosen))
    return Windows(x, trained.dataset.raw_outputs(chosen), predict), repeats
