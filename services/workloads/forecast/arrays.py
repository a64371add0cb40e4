"""From the config of a job to its dataset: built once per content, found again by its fingerprint."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from services.forecasting.dataset import CalendarSpec, Dataset, FeatureSpec, SplitSpec, WindowSpec, build
from services.forecasting.parquet import SeriesData
from services.workloads.base import Run
from services.workloads.forecast.config import Arithmetic, DatasetConfig, SeriesInput, SplitConfig
from services.workloads.forecast.mending import Mending, tell
from services.workloads.forecast.reading import Reading


def load_or_build(run: Run, config: DatasetConfig) -> Dataset:
    """The dataset of this config, memory-mapped; two jobs that build it at once both succeed."""
    folder = dataset_folder(run, config)
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = folder.parent / f".draft-{uuid4().hex}"
        try:
            mending = Mending()
            _build(run, config, mending).save(draft)
            mending.save(draft)
            draft.rename(folder)
        except OSError:
            if not folder.exists():  # otherwise another job was first, with the same content
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    folder.touch()  # the clean-up removes what was not used for long
    tell(run, folder)
    return Dataset.load(folder)


def dataset_folder(run: Run, config: DatasetConfig) -> Path:
    return run.cache_dir / "datasets" / config.fingerprint()


def split_spec(split: SplitConfig) -> SplitSpec:
    return SplitSpec(
        train=split.train / 100,
        validation=split.validation / 100,
        test=split.test / 100,
        shuffle=split.shuffle,
        seed=split.seed,
    )


@dataclass(frozen=True)
class Specs:
    """What the arithmetic of datasets takes, made from a config."""

    inputs: list[FeatureSpec]
    outputs: list[FeatureSpec]
    calendar: list[CalendarSpec]
    windows: WindowSpec
    arithmetic: Arithmetic


def specs_of(config: DatasetConfig, read: Callable[[SeriesInput], SeriesData]) -> Specs:
    """`read` gives the rows of a series, with its recipe applied."""
    return Specs(
        [_feature(series, read(series)) for series in config.series if series.role == "input"],
        [_feature(series, read(series)) for series in config.series if series.role == "output"],
        [CalendarSpec(**component.model_dump(mode="json")) for component in config.calendar],
        WindowSpec(**config.steps.model_dump()),
        config.arithmetic,
    )


def _build(run: Run, config: DatasetConfig, mending: Mending) -> Dataset:
    def report(current: float, total: float) -> None:
        run.report(phase="prepare", current=current, total=total)

    specs = specs_of(config, Reading(run, mending).series)
    return build(
        specs.inputs,
        specs.outputs,
        specs.calendar,
        specs.windows,
        arithmetic=specs.arithmetic,
        report=report,
    )


def _feature(series: SeriesInput, data: SeriesData) -> FeatureSpec:
    return FeatureSpec(
        name=series.name,
        time=data.time,
        value=data.value,
        start_hours=series.start_hours,
        end_hours=series.end_hours,
        form=series.form,
        issued=data.issued,
        method=series.method,
        lags=series.lags,
        window_mean=series.window_mean,
        scale=series.scale,
        scale_min=series.scale_min,
        scale_max=series.scale_max,
    )
