"""A dataset: aligned features, the samples they make up, and batches of windows cut on demand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from services.forecasting.alignment import align, calendar_columns, in_order, reach_of_samples
from services.forecasting.batches import Batches32, Values32
from services.forecasting.calendar import CalendarSpec, names_of
from services.forecasting.columns import Column, load_column
from services.forecasting.inspection import inspect
from services.forecasting.notes import Note
from services.forecasting.scaling import Scaler, Scalers, check_bounds
from services.forecasting.split import Split, SplitSpec, historical_split, honest_split
from services.forecasting.windows import Arithmetic, FeatureSpec, Grid, Times, WindowSpec

__all__ = ["CalendarSpec", "Dataset", "FeatureSpec", "Samples", "SplitSpec", "WindowSpec", "build"]

Array = NDArray[np.float64]
Rows = slice | NDArray[np.int64]
META = "dataset.json"


@dataclass(frozen=True)
class Scaling:
    """How a column wants to be scaled; fitted later, on training samples."""

    name: str
    scale: bool
    low: float
    high: float

    def __post_init__(self) -> None:
        if self.scale:
            check_bounds(self.name, self.low, self.high)


@dataclass(frozen=True)
class History:
    """What is measured of an output: the rows of its file, and its window."""

    time: Times
    value: Array
    window: Grid


@dataclass(frozen=True)
class Dataset:
    """n samples; `references` are their reference times (ns, UTC), `index` their places on the grid."""

    references: Times
    index: NDArray[np.int64]
    inputs: list[Column]
    outputs: list[Column]
    input_scaling: list[Scaling]
    output_scaling: list[Scaling]
    histories: list[History]
    reach: tuple[int, int]
    input_steps: int
    output_steps: int
    dropped: dict[str, int]
    notes: list[Note]

    @property
    def n(self) -> int:
        return len(self.references)

    @property
    def input_names(self) -> list[str]:
        return [each.name for each in self.input_scaling]

    @property
    def output_names(self) -> list[str]:
        return [each.name for each in self.output_scaling]

    @property
    def step_minutes(self) -> list[float]:
        """Distance of two steps of each output; 0 where there is one step."""
        return [history.window.step_minutes for history in self.histories]

    def raw_inputs(self, rows: Rows) -> Array:
        """(k, input_steps, n_inputs), original units"""
        return _stack(self.inputs, self.index[rows])

    def raw_outputs(self, rows: Rows) -> Array:
        """(k, output_steps, n_outputs), original units"""
        return _stack(self.outputs, self.index[rows])

    def split(self, spec: SplitSpec, arithmetic: Arithmetic) -> Split:
        if arithmetic == "compat":
            return historical_split(self.n, spec)
        return honest_split(self.references, self.reach, spec)

    def fit_scalers(self, rows: NDArray[np.int64]) -> Scalers:
        """Extremes over all window values of these samples, feature by feature."""
        index = self.index[rows]
        return Scalers(
            [
                _fitted(column, how, index)
                for column, how in zip(self.inputs, self.input_scaling, strict=True)
            ],
            [
                _fitted(column, how, index)
                for column, how in zip(self.outputs, self.output_scaling, strict=True)
            ],
        )

    def samples(self, rows: NDArray[np.int64], scalers: Scalers) -> Samples:
        return Samples(self, rows, scalers)

    def laid_out(self, scalers: Scalers) -> LaidOut:
        """The scaled series in float32, once for all samples that share these scalers."""
        if scalers not in self._laid_out:
            self._laid_out[scalers] = LaidOut(self, scalers)
        return self._laid_out[scalers]

    @cached_property
    def _laid_out(self) -> WeakKeyDictionary[Scalers, LaidOut]:
        return WeakKeyDictionary()

    def save(self, folder: Path) -> None:
        """Everything as .npy files to be memory-mapped, and one JSON that says what is what."""
        folder.mkdir(parents=True)
        np.save(folder / "references.npy", self.references)
        np.save(folder / "index.npy", self.index)
        about = {
            "inputs": [column.save(folder, f"input{i}") for i, column in enumerate(self.inputs)],
            "outputs": [column.save(folder, f"output{i}") for i, column in enumerate(self.outputs)],
            "input_scaling": [vars(each) for each in self.input_scaling],
            "output_scaling": [vars(each) for each in self.output_scaling],
            "histories": [_save_history(history, folder, i) for i, history in enumerate(self.histories)],
            "reach": self.reach,
            "steps": [self.input_steps, self.output_steps],
            "dropped": self.dropped,
            "notes": [note.to_json() for note in self.notes],
        }
        (folder / META).write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Dataset:
        about: dict[str, Any] = json.loads((folder / META).read_text(encoding="utf-8"))
        return cls(
            references=np.load(folder / "references.npy"),
            index=np.load(folder / "index.npy"),
            inputs=[load_column(folder, each) for each in about["inputs"]],
            outputs=[load_column(folder, each) for each in about["outputs"]],
            input_scaling=[Scaling(**each) for each in about["input_scaling"]],
            output_scaling=[Scaling(**each) for each in about["output_scaling"]],
            histories=[_load_history(folder, each, i) for i, each in enumerate(about["histories"])],
            reach=(about["reach"][0], about["reach"][1]),
            input_steps=about["steps"][0],
            output_steps=about["steps"][1],
            dropped=about["dropped"],
            notes=[Note.from_json(each) for each in about["notes"]],
        )


class LaidOut:
    """Both sides of a dataset as batches of float32; each is laid out when it is first asked for."""

    def __init__(self, dataset: Dataset, scalers: Scalers) -> None:
        self._columns = dataset.inputs, dataset.outputs
        self._steps = dataset.input_steps, dataset.output_steps
        self._scalers = scalers.input, scalers.output

    @cached_property
    def inputs(self) -> Batches32:
        return Batches32(self._columns[0], self._scalers[0], self._steps[0])

    @cached_property
    def outputs(self) -> Batches32:
        return Batches32(self._columns[1], self._scalers[1], self._steps[1])


class Samples:
    """Scaled windows of chosen samples, cut when asked for."""

    def __init__(self, dataset: Dataset, rows: NDArray[np.int64], scalers: Scalers) -> None:
        self._dataset = dataset
        self.index = dataset.index[rows]
        self.scalers = scalers
        self.input_steps = dataset.input_steps
        self.output_steps = dataset.output_steps
        self.n_inputs = len(dataset.inputs)
        self.n_outputs = len(dataset.outputs)

    def __len__(self) -> int:
        return len(self.index)

    @property
    def columns(self) -> list[Column]:
        return self._dataset.inputs

    @property
    def targets(self) -> list[Column]:
        return self._dataset.outputs

    @property
    def stride(self) -> int:
        """Distance of neighbouring places on the grid of reference times (ns); 0 for a single sample."""
        references, index = self._dataset.references, self._dataset.index
        return int((references[-1] - references[0]) // max(1, index[-1] - index[0]))

    @property
    def ahead(self) -> int:
        """How many places on the grid a sample's windows reach beyond its reference time."""
        return -(-self._dataset.reach[1] // self.stride) if self.stride else 0

    def x(self, rows: Rows) -> Array:
        return self.scalers.scale_inputs(_stack(self._dataset.inputs, self.index[rows]))

    def y(self, rows: Rows) -> Array:
        return self.scalers.scale_outputs(_stack(self._dataset.outputs, self.index[rows]))

    def x32(self, rows: Rows) -> Values32:
        """As x, in float32 and many times as fast: the series are scaled once, the windows are copies."""
        return self._dataset.laid_out(self.scalers).inputs.windows(self.index[rows])

    def y32(self, rows: Rows) -> Values32:
        return self._dataset.laid_out(self.scalers).outputs.windows(self.index[rows])


def build(
    inputs: list[FeatureSpec],
    outputs: list[FeatureSpec],
    calendar: list[CalendarSpec],
    windows: WindowSpec,
    *,
    arithmetic: Arithmetic = "honest",
    report: Callable[[float, float], None] = lambda _current, _total: None,
    inspected: bool = True,
) -> Dataset:
    """Align all features on one grid of reference times and keep the samples that are complete.

    Without `inspected` nothing is noted on them, which takes longest.
    """
    cut = align(inputs, outputs, windows, arithmetic, report)
    components = in_order(calendar)
    extra = [calendar_columns(spec, cut.references, windows, arithmetic) for spec in components]
    n_inputs, n_series = len(inputs), len(cut.series)
    sides = [(each, window, column) for (each, window), column in zip(cut.series, cut.columns, strict=True)]
    parts = sides[:n_inputs], sides[n_inputs:]
    report(n_series + 1, n_series + 1)
    return Dataset(
        references=cut.references[cut.index],
        index=cut.index,
        inputs=[*cut.columns[:n_inputs], *(column for _, _, column in cut.lagged), *chain(*extra)],
        outputs=cut.columns[n_inputs:],
        input_scaling=[
            *map(_scaling, inputs),
            *(_scaling(each, name) for each, name, _ in cut.lagged),
            *chain(*map(_calendar_scaling, components)),
        ],
        output_scaling=[_scaling(each) for each in outputs],
        histories=[History(each.time, each.value, window) for each, window in cut.series[n_inputs:]],
        reach=reach_of_samples(cut, windows, arithmetic),
        input_steps=windows.input_steps,
        output_steps=windows.output_steps,
        dropped=cut.dropped,
        notes=inspect(*parts, calendar, windows.timezone, cut.references, cut.index) if inspected else [],
    )


def _scaling(series: FeatureSpec, name: str | None = None) -> Scaling:
    return Scaling(name or series.name, series.scale, series.scale_min, series.scale_max)


def _calendar_scaling(spec: CalendarSpec) -> list[Scaling]:
    return [Scaling(name, spec.scale, spec.scale_min, spec.scale_max) for name in names_of(spec)]


def _fitted(column: Column, how: Scaling, index: NDArray[np.int64]) -> Scaler:
    if not how.scale:
        return Scaler(how.name)
    return Scaler(how.name, *column.extremes(index), how.low, how.high)


def _stack(columns: list[Column], index: NDArray[np.int64]) -> Array:
    return np.stack([column.windows(index) for column in columns], axis=2)


def _save_history(history: History, folder: Path, i: int) -> dict[str, Any]:
    np.save(folder / f"history{i}.time.npy", history.time)
    np.save(folder / f"history{i}.value.npy", history.value)
    return vars(history.window)


def _load_history(folder: Path, window: dict[str, Any], i: int) -> History:
    time = np.load(folder / f"history{i}.time.npy", mmap_mode="r")
    return History(time, np.load(folder / f"history{i}.value.npy", mmap_mode="r"), Grid(**window))
