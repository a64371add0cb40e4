"""Build the dataset of a session and show what is in it."""

from __future__ import annotations

from typing import Any

from services.workloads.base import Run
from services.workloads.forecast import pictures
from services.workloads.forecast.arrays import dataset_folder, load_or_build
from services.workloads.forecast.config import DatasetConfig
from services.workloads.forecast.mending import applied


def train(run: Run, config: DatasetConfig) -> dict[str, Any]:
    """Returns what `records.record_dataset` writes: the number of samples and the violin plots."""
    dataset = load_or_build(run, config)
    run.log(f"{dataset.n} samples; left out: {dataset.dropped or 'none'}")
    for note in dataset.notes:
        run.log(note.message)
    plots = pictures.of_dataset(run, dataset)
    return {
        "dataset_count": dataset.n,
        "n_dat": dataset.n,
        "dropped": dataset.dropped,
        "notes": [note.to_json() for note in dataset.notes],
        "recipes": applied(dataset_folder(run, config)),
        "fingerprint": config.fingerprint(),
        "violin_plots": [plot["plot_name"] for plot in plots],
        "plots": plots,
    }
