"""Build the dataset of a session and show what is in it."""

from __future__ import annotations

from typing import Any

from services.forecasting.dataset import Dataset
from services.forecasting.errors import DataError
from services.forecasting.ranking import rank
from services.workloads.base import Run
from services.workloads.forecast import pictures
from services.workloads.forecast.arrays import dataset_folder, load_or_build, split_spec
from services.workloads.forecast.config import RankedConfig
from services.workloads.forecast.mending import applied
from services.workloads.forecast.roles import anchors, pasts, reporter


def train(run: Run, config: RankedConfig) -> dict[str, Any]:
    """Returns what `records.record_dataset` writes: the number of samples and the violin plots."""
    dataset = load_or_build(run, config)
    run.log(f"{dataset.n} samples; left out: {dataset.dropped or 'none'}")
    for note in dataset.notes:
        run.log(note.message)
    ranking = _ranking(run, config, dataset)
    plots = pictures.of_dataset(run, dataset)
    return {
        "dataset_count": dataset.n,
        "n_dat": dataset.n,
        "dropped": dataset.dropped,
        "notes": [note.to_json() for note in dataset.notes],
        "recipes": applied(dataset_folder(run, config)),
        "fingerprint": config.fingerprint(),
        "violin_plots": [plot["plot_name"] for plot in plots],
        "ranking": ranking,
        "plots": plots,
    }


def _ranking(run: Run, config: RankedConfig, dataset: Dataset) -> dict[str, Any]:
    """Baselines and AUTO side by side; where there is no ranking only the reason."""
    if config.arithmetic == "compat":
        return {"outputs": None, "undefined": "the historical arithmetic has no honest validation part"}
    try:
        return rank(
            dataset,
            split_spec(config.split),
            anchors(config, dataset),
            pasts(config, dataset),
            reporter(run, "evaluate"),
        )
    except DataError as error:  # too few samples, or columns beyond what a linear model takes
        return {"outputs": None, "undefined": error.message}
