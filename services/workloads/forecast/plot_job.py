"""The plot a user composes from the test samples of a finished training."""

from __future__ import annotations

from typing import Any

import numpy as np

from services.forecasting.dataset import Dataset
from services.forecasting.errors import DataError
from services.forecasting.sample_plots import Curve, custom_plot
from services.forecasting.windows import grid
from services.workloads.base import Run
from services.workloads.forecast.arrays import load_or_build, split_spec
from services.workloads.forecast.config import PlotConfig


def train(run: Run, config: PlotConfig) -> dict[str, Any]:
    """Returns the key of the PNG and its numbers."""
    dataset = load_or_build(run, config)
    with np.load(run.input(config.predictions_key), allow_pickle=False) as stored:
        rows, forecast = stored["rows"], stored["forecast"]
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(config.num_sbpl, len(rows))).astype(np.int64))
    curves = _curves(config, dataset, rows[chosen], forecast[chosen])
    if not curves:
        raise DataError(
            "INVALID_PLOT_PARAMS",
            "No variable was chosen",
            suggestion="Set at least one name to true in df_plot_in, df_plot_out or df_plot_fcst",
        )
    titles = [
        str(np.datetime_as_string(np.datetime64(int(reference), "ns"), unit="m")) + "Z"
        for reference in dataset.references[rows[chosen]]
    ]
    scaled = config.y_sbpl_fmt == "skaliert"
    png, numbers = custom_plot(
        curves,
        titles,
        by_time=config.x_sbpl == "UTC",
        shared_axis=config.y_sbpl_set == "gemeinsame Achse",
        unit="scaled" if scaled else "original",
    )
    path = run.workdir / "plot.png"
    path.write_bytes(png)
    return {"artifact": run.save_artifact("plot", path.name, path, "image/png"), "data": numbers}


def _curves(config: PlotConfig, dataset: Dataset, rows: np.ndarray, forecast: np.ndarray) -> list[Curve]:
    x, y = dataset.raw_inputs(rows), dataset.raw_outputs(rows)
    if config.y_sbpl_fmt == "skaliert":
        split = dataset.split(split_spec(config.split), config.arithmetic)
        compat = config.arithmetic == "compat"
        scalers = dataset.fit_scalers(np.arange(dataset.n) if compat else split.train)
        x, y, forecast = scalers.scale_inputs(x), scalers.scale_outputs(y), scalers.scale_outputs(forecast)
    references = dataset.references[rows]
    inputs, outputs = dataset.input_names, dataset.output_names
    before = {name: references[:, None] + _input_offsets(config, name) for name in config.inputs}
    after = {
        name: references[:, None] + dataset.histories[outputs.index(name)].window.offsets
        for name in {*config.outputs, *config.forecasts}
    }
    return [
        *(Curve(n, "input", before[n], x[:, :, inputs.index(n)]) for n in config.inputs),
        *(Curve(n, "output", after[n], y[:, :, outputs.index(n)]) for n in config.outputs),
        *(Curve(n, "forecast", after[n], forecast[:, :, outputs.index(n)]) for n in config.forecasts),
    ]


def _input_offsets(config: PlotConfig, name: str) -> np.ndarray:
    """When the steps of an input column lie, relative to the reference time (ns)."""
    for series in config.series:
        if series.role == "input" and series.name == name:
            return grid(name, series.start_hours, series.end_hours, config.steps.input_steps).offsets
    component = next(each for each in config.calendar if each.component == name[0])
    if not component.per_step:
        return np.zeros(config.steps.input_steps, dtype=np.int64)
    return grid(name, component.start_hours, component.end_hours, config.steps.input_steps).offsets
