"""The sample arrays of a session as one .npz, written batch by batch."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from services.forecasting.dataset import Dataset
from services.forecasting.errors import DataError
from services.workloads.base import Run
from services.workloads.forecast.arrays import load_or_build
from services.workloads.forecast.config import DatasetConfig

MAX_BYTES = 8 * 1024**3
BATCH = 512


def train(run: Run, config: DatasetConfig) -> dict[str, Any]:
    """i_array_3D (n, I, F_in) and o_array_3D (n, O, F_out), float64, original units, plus references."""
    dataset = load_or_build(run, config)
    _refuse_huge(dataset)
    path = run.workdir / "arrays.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        inputs = (dataset.n, dataset.input_steps, len(dataset.input_names))
        outputs = (dataset.n, dataset.output_steps, len(dataset.output_names))
        _write(run, archive, "i_array_3D", inputs, dataset.raw_inputs)
        _write(run, archive, "o_array_3D", outputs, dataset.raw_outputs)
        with archive.open("references.npy", "w") as file:
            np.lib.format.write_array(file, np.asarray(dataset.references))
    return {"artifact": run.save_artifact("arrays", path.name, path, "application/octet-stream")}


def _write(
    run: Run,
    archive: zipfile.ZipFile,
    name: str,
    shape: tuple[int, int, int],
    read: Callable[[slice], np.ndarray],
) -> None:
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        np.lib.format.write_array_header_2_0(file, header)
        for start in range(0, shape[0], BATCH):
            file.write(np.ascontiguousarray(read(slice(start, min(start + BATCH, shape[0])))).tobytes())
            run.report(phase="export", current=start, total=shape[0], message=name)


def _refuse_huge(dataset: Dataset) -> None:
    per_sample = dataset.input_steps * len(dataset.input_names)
    per_sample += dataset.output_steps * len(dataset.output_names)
    size = dataset.n * per_sample * 8
    if size > MAX_BYTES:
        raise DataError(
            "ARRAYS_TOO_LARGE",
            f"The arrays would take {size / 1e9:.1f} GB; at most {MAX_BYTES / 1e9:.1f} GB are written",
            suggestion="Use fewer steps or a wider zeitschrittweite",
        )
