"""The plots of a job: drawn here, stored as artifacts, described for the tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from services.forecasting import evaluation_plots, plots
from services.forecasting.dataset import Dataset
from services.forecasting.importance_plots import importance_plot
from services.forecasting.plots import Picture
from services.forecasting.windows import MINUTE
from services.workloads.base import Run

if TYPE_CHECKING:
    from services.workloads.forecast.training import Trained

CALENDAR = re.compile(r"[YMWD]_(sin|cos)|H(_bruecke|_ferien)?")
MAX_WINDOWS = 2000


def of_training(run: Run, trained: Trained, details: dict[str, Any]) -> list[dict[str, Any]]:
    """Forecast, residuals and evaluation per output, and the learning curve of a network.

    `details` is what `judgement.judge` found.
    """
    dataset, test = trained.dataset, trained.split.test
    found = []
    for j, name in enumerate(dataset.output_names):
        truth, forecast = trained.truth[:, :, j], trained.forecast[:, :, j]
        references = dataset.references[test]
        offsets = dataset.histories[j].window.offsets
        at = references[:, None] + offsets
        drawn = plots.forecast_plot(name, references, at, truth, forecast)
        found.append(_store(run, f"forecast_{name}", "forecast", drawn))
        drawn = plots.residuals_plot(name, (offsets / MINUTE).tolist(), truth, forecast)
        found.append(_store(run, f"residuals_{name}", "residuals", drawn))
        found += _of_evaluation(run, trained, details, j)
    if trained.fit.history:
        drawn = plots.learning_curve(trained.fit.history)
        found.append(_store(run, "learning_curve", "learning_curve", drawn))
    return found


def of_importance(run: Run, importance: dict[str, Any] | None) -> list[dict[str, Any]]:
    """One picture of all outputs, if the importance of the inputs was asked for and there is one."""
    if importance is None or importance["outputs"] is None:
        return []
    return [_store(run, "importance", "importance", importance_plot(importance["outputs"]))]


def _of_evaluation(run: Run, trained: Trained, details: dict[str, Any], output: int) -> list[dict[str, Any]]:
    """Error by step and by weekday and hour, and the quantiles, if there are any, with their reliability."""
    name, quantiles = trained.dataset.output_names[output], trained.quantiles
    by_step = evaluation_plots.step_errors(name, details["horizon"][name])
    by_hour = evaluation_plots.error_heatmap(name, details["profile"][name])
    found = [
        _store(run, f"horizon_error_{name}", "horizon_error", by_step),
        _store(run, f"error_heatmap_{name}", "error_heatmap", by_hour),
    ]
    if not quantiles.levels:
        return found
    rows = evaluation_plots.fan_windows(len(trained.forecast))
    offsets = trained.dataset.histories[output].window.offsets
    fan = evaluation_plots.quantile_fan(
        name,
        quantiles.levels,
        np.asarray(trained.dataset.references[trained.split.test[rows]]),
        (offsets / MINUTE).tolist(),
        trained.truth[rows, :, output],
        quantiles.apply(trained.base_of_quantiles[..., rows, :, :])[..., output],
    )
    reliable = evaluation_plots.reliability(name, details["uncertainty"]["outputs"][name])
    found.append(_store(run, f"quantile_fan_{name}", "quantile_fan", fan))
    found.append(_store(run, f"reliability_{name}", "reliability", reliable))
    return found


def of_dataset(run: Run, dataset: Dataset) -> list[dict[str, Any]]:
    """A violin per variable over evenly spaced samples: input_<name>, time_<name>, output_<name>."""
    rows = np.unique(np.linspace(0, dataset.n - 1, min(dataset.n, MAX_WINDOWS)).astype(np.int64))
    inputs, outputs = dataset.raw_inputs(rows), dataset.raw_outputs(rows)
    variables = [
        *_labelled("input", "IN", dataset.input_names, inputs, calendar=False),
        *_labelled("time", "TIME", dataset.input_names, inputs, calendar=True),
        *_labelled("output", "OUT", dataset.output_names, outputs, calendar=None),
    ]
    found = []
    for number, (plot_name, name, label, values) in enumerate(variables):
        png, numbers = plots.violin(values, name, label, number)
        about = {"type": plot_name.split("_", 1)[0], "samples": len(rows), "of_samples": dataset.n}
        found.append(_store(run, plot_name, "violin_plot", (png, {**about, **numbers})))
        run.report(phase="export", current=number + 1, total=len(variables), message=f"Violin plot of {name}")
    return found


def _labelled(
    kind: str, prefix: str, names: list[str], values: np.ndarray, *, calendar: bool | None
) -> list[tuple[str, str, str, np.ndarray]]:
    """(plot name, variable, label, values); `calendar` chooses among the input columns."""
    chosen = [
        (name, values[:, :, i].ravel())
        for i, name in enumerate(names)
        if calendar is None or bool(CALENDAR.fullmatch(name)) == calendar
    ]
    return [(f"{kind}_{name}", name, f"{prefix}{i}", each) for i, (name, each) in enumerate(chosen, start=1)]


def _store(run: Run, plot_name: str, plot_type: str, drawn: Picture) -> dict[str, Any]:
    """A row of training_visualizations."""
    png, numbers = drawn
    file_name = re.sub(r"[^A-Za-z0-9_-]+", "_", plot_name)[:80]
    path = run.workdir / f"{file_name}_{len(list(run.workdir.glob('*.png')))}.png"
    path.write_bytes(png)
    key = run.save_artifact("plot", path.name, path, "image/png")
    return {"plot_name": plot_name[:300], "plot_type": plot_type, "image_path": key, "data": numbers}
