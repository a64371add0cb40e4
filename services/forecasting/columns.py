"""A feature of all samples without its windows: values on a lattice, one per sample, or by calculation."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from services.forecasting.resident import release
from services.forecasting.sources import LagSource, Source, load_source
from services.forecasting.windows import FeatureSpec, Grid, Times, Values, lattice_step

Indices = NDArray[np.int64]
# Above this a lattice would be finer than the data deserve (steps that hardly ever meet).
MAX_POINTS_PER_REFERENCE = 1440
MAX_POINTS = 2**24
BATCH = 1024
PART = 2**18  # references at once where only their places are counted
POINTS = 2**15  # of a lattice at once


class Column(Protocol):
    """`index` counts reference times of the grid, complete or not."""

    def windows(self, index: Indices) -> Values:
        """(k, steps)"""

    def complete(self, count: int) -> NDArray[np.bool_]:
        """Whether the window of every reference is free of NaN."""

    def extremes(self, index: Indices) -> tuple[float, float]:
        """Smallest and largest value in the windows of these references."""

    def save(self, folder: Path, name: str) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Lattice:
    """Equally spaced values; window i starts at i·per_reference and takes every per_step-th value."""

    values: Values
    per_reference: int
    per_step: int
    steps: int

    def windows(self, index: Indices) -> Values:
        start = index[:, None] * self.per_reference
        return np.asarray(self.values[start + self.per_step * np.arange(self.steps)])

    def complete(self, count: int) -> NDArray[np.bool_]:
        """By counting: a window is complete if no more numbers are missing at its end than at its start."""
        missing = ~np.isfinite(self.values)
        if not missing.any():
            return np.ones(count, dtype=bool)
        before = np.concatenate([[0], np.cumsum(self._by_phase(missing), dtype=np.int32)])
        result = np.empty(count, dtype=bool)
        for part in _parts(np.arange(count, dtype=np.int64)):
            first = self._first(part)
            result[part] = before[first] == before[first + self.steps]
        return result

    def extremes(self, index: Indices) -> tuple[float, float]:
        """Over stretches of overlapping windows, so that no value is looked at twice."""
        laid, first = self._by_phase(self.values), self._first(index)
        if (np.diff(first) < 0).any():
            first = np.sort(first)
        cuts = np.flatnonzero(np.diff(first) > self.steps)
        begin = first[np.concatenate([[0], cuts + 1])]
        end = first[np.append(cuts, len(first) - 1)] + self.steps
        bounds = np.stack([begin, end], axis=1).ravel()[: -1 if end[-1] == len(laid) else None]
        low, high = (of.reduceat(laid, bounds)[::2] for of in (np.minimum, np.maximum))
        release(self.values)
        return float(low.min()), float(high.max())

    def _by_phase(self, values: NDArray[Any]) -> NDArray[Any]:
        """The points 0, s, 2s, … then 1, s+1, … for windows of every s-th: each is one piece then."""
        if self.per_step <= 1:
            return values
        padded = np.zeros(self._phase_length * self.per_step, dtype=values.dtype)
        padded[: len(values)] = values
        return np.asarray(padded.reshape(-1, self.per_step).T.ravel())

    def _first(self, index: Indices) -> Indices:
        """Where the windows of these references begin among the points by phase."""
        start = index * self.per_reference
        if self.per_step <= 1:
            return start
        return np.asarray(start % self.per_step * self._phase_length + start // self.per_step)

    @property
    def _phase_length(self) -> int:
        return -(-len(self.values) // self.per_step)

    def save(self, folder: Path, name: str) -> dict[str, Any]:
        np.save(folder / f"{name}.npy", self.values)
        shape = {"per_reference": self.per_reference, "per_step": self.per_step, "steps": self.steps}
        return {"kind": "lattice", "file": f"{name}.npy", **shape}


@dataclass(frozen=True)
class Constant:
    """One value per reference, the same in every step of its window."""

    values: Values
    steps: int

    def windows(self, index: Indices) -> Values:
        return np.repeat(self.values[index][:, None], self.steps, axis=1)

    def complete(self, count: int) -> NDArray[np.bool_]:
        return np.isfinite(self.values[:count])

    def extremes(self, index: Indices) -> tuple[float, float]:
        return _extremes(self.values[index])

    def save(self, folder: Path, name: str) -> dict[str, Any]:
        np.save(folder / f"{name}.npy", self.values)
        return {"kind": "constant", "file": f"{name}.npy", "steps": self.steps}


@dataclass(frozen=True)
class Computed:
    """Steps that no common lattice meets: calculated from the source whenever a window is asked for."""

    source: Source
    part: int  # which of the source's columns
    references: Times
    window: Grid

    def windows(self, index: Indices) -> Values:
        references = self.references[index]
        at = references[:, None] + self.window.offsets
        seen_from = np.repeat(references, self.window.steps)
        return self.source.values_at(at.ravel(), seen_from)[self.part].reshape(at.shape)

    def instants(self, index: Indices) -> Times:
        """Of which time the values of the windows are, (k, steps)."""
        references = self.references[index]
        at = references[:, None] + self.window.offsets
        seen_from = np.repeat(references, self.window.steps)
        return self.source.instants(at.ravel(), seen_from).reshape(at.shape)

    def complete(self, count: int) -> NDArray[np.bool_]:
        return _complete(self, np.arange(count, dtype=np.int64))

    def extremes(self, index: Indices) -> tuple[float, float]:
        return _extremes_of(self, index)

    def save(self, folder: Path, name: str) -> dict[str, Any]:
        np.save(folder / f"{name}.npy", self.references)
        window = {"start": self.window.start, "step": self.window.step, "steps": self.window.steps}
        source = self.source.save(folder, name)
        return {"kind": "computed", "file": f"{name}.npy", "part": self.part, **window, "source": source}


@dataclass(frozen=True)
class Gathered:
    """Equally spaced values; window i takes those at i·per_reference + places, in any order.

    Where `differs` (a change of the clock lies within the window) they are calculated instead.
    """

    values: Values
    per_reference: int
    places: Indices
    differs: NDArray[np.bool_]
    exact: Computed

    def windows(self, index: Indices) -> Values:
        result = np.asarray(self.values[index[:, None] * self.per_reference + self.places])
        other = self.differs[index]
        if other.any():
            result[other] = self.exact.windows(index[other])
        return result

    def complete(self, count: int) -> NDArray[np.bool_]:
        known = np.isfinite(self.values)
        start = np.arange(count, dtype=np.int64) * self.per_reference
        result = np.ones(count, dtype=bool)
        for place in np.unique(self.places):
            result &= known[start + place]
        other = np.flatnonzero(self.differs[:count])
        result[other] = _complete(self.exact, other)
        return result

    def extremes(self, index: Indices) -> tuple[float, float]:
        other = self.differs[index]
        used = np.zeros(len(self.values), dtype=bool)
        for place in np.unique(self.places):
            used[index[~other] * self.per_reference + place] = True
        found = [_extremes(self.values[used])] if used.any() else []
        found += [self.exact.extremes(index[other])] if other.any() else []
        return min(low for low, _ in found), max(high for _, high in found)

    def save(self, folder: Path, name: str) -> dict[str, Any]:
        np.save(folder / f"{name}.npy", self.values)
        np.save(folder / f"{name}.places.npy", self.places)
        np.save(folder / f"{name}.differs.npy", self.differs)
        exact = self.exact.save(folder, f"{name}.exact")
        about = {"file": f"{name}.npy", "name": name, "per_reference": self.per_reference}
        return {"kind": "gathered", **about, "exact": exact}


@dataclass(frozen=True)
class Held:
    """A column of measurements that knows no row after the reference time.

    Between the newest row and the reference time the straight line of `drawn` would use the row after:
    instants in there (`width` ns behind the newest row or more) hold the newest row's value instead, as
    long as it is not older than the limit.
    """

    drawn: Column
    at: Computed  # the instants of the windows
    newest: Times  # per reference the time and the value of its newest row
    value: Values
    width: int
    limit: int | None

    def windows(self, index: Indices) -> Values:
        result = self.drawn.windows(index)
        age, held = self._age(index), self.held_steps(index)
        value = np.broadcast_to(self.value[index][:, None], age.shape)
        if self.limit is not None:
            value = np.where(age > self.limit, np.nan, value)
        return np.asarray(np.where(held, value, result))

    def held_steps(self, index: Indices) -> NDArray[np.bool_]:
        """Which steps of these windows hold the value of the newest row, (k, steps)."""
        age = self._age(index)
        return np.asarray((age > 0) & (age >= self.width))

    def _age(self, index: Indices) -> Times:
        """How far each instant lies behind the newest row (ns)."""
        return np.asarray(self.at.instants(index) - self.newest[index][:, None])

    def holds(self, index: Indices) -> NDArray[np.bool_]:
        """Whether the window of these references holds a value, so that it is not that of `drawn`."""
        last = self.at.references[index] + self.at.window.end
        return np.asarray(last - self.newest[index] >= max(1, self.width))

    def complete(self, count: int) -> NDArray[np.bool_]:
        return _complete(self, np.arange(count, dtype=np.int64))

    def extremes(self, index: Indices) -> tuple[float, float]:
        return _extremes_of(self, index)

    def save(self, folder: Path, name: str) -> dict[str, Any]:
        np.save(folder / f"{name}.newest.npy", self.newest)
        np.save(folder / f"{name}.held.npy", self.value)
        about = {"file": f"{name}.newest.npy", "name": name, "width": self.width, "limit": self.limit}
        drawn, at = self.drawn.save(folder, f"{name}.drawn"), self.at.save(folder, f"{name}.at")
        return {"kind": "held", **about, "drawn": drawn, "at": at}


def held(
    drawn: Column, at: Computed, series: FeatureSpec, last_offset: int, width: int, limit: int | None
) -> Column:
    """`drawn` itself where every window ends with a row; `last_offset` (ns) is the newest instant of one."""
    newest = np.maximum(np.searchsorted(series.time, at.references, side="right") - 1, 0)
    if (series.time[newest] >= at.references + last_offset).all():
        return drawn
    return Held(drawn, at, series.time[newest], series.value[newest], width, limit)


def _parts(index: Indices) -> list[Indices]:
    return [index[i : i + PART] for i in range(0, len(index), PART)]


def _extremes_of(column: Column, index: Indices) -> tuple[float, float]:
    parts = [index[i : i + BATCH] for i in range(0, len(index), BATCH)]
    found = np.array([_extremes(column.windows(part)) for part in parts])
    return float(found[:, 0].min()), float(found[:, 1].max())


def _complete(column: Column, index: Indices) -> NDArray[np.bool_]:
    """Whether the windows of these references are free of NaN, in small parts."""
    parts = [index[i : i + BATCH] for i in range(0, len(index), BATCH)]
    found = [np.isfinite(column.windows(part)).all(axis=1) for part in parts]
    return np.concatenate(found) if found else np.empty(0, dtype=bool)


def _extremes(values: Values) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def columns_of(source: Source, references: Times, window: Grid, stride: int) -> list[Column]:
    """The columns of a source, in the smallest form that holds all windows."""
    step = lattice_step(window, stride)
    per_reference, per_step = stride // step, window.step // step
    points = (len(references) - 1) * per_reference + (window.steps - 1) * per_step + 1
    if not source.timeless or per_reference > MAX_POINTS_PER_REFERENCE or points > MAX_POINTS:
        return [Computed(source, part, references, window) for part in range(source.width)]
    first = int(references[0]) + window.start
    found = source.rows(first, step, points) or _on_lattice(source, first, step, points)
    return [Lattice(values, per_reference, per_step, window.steps) for values in found]


def _on_lattice(source: Source, first: int, step: int, points: int) -> list[Values]:
    """The columns at first, first + step, …; in parts, for what is in between takes several times as much."""
    found = [np.empty(points) for _ in range(source.width)]
    part = points if source.sums else POINTS
    for start in range(0, points, part):
        at = first + step * np.arange(start, min(start + part, points), dtype=np.int64)
        for column, values in zip(found, source.values_at(at, at), strict=True):
            column[start : start + len(at)] = values
    return found


def lag_column_of(source: LagSource, references: Times, window: Grid, stride: int) -> Column:
    """A lag as places on a lattice: as far back as without changes of the clock, calculated around those."""
    exact = Computed(source, 0, references, window)
    offsets = source.lag.offsets(window.offsets)
    first = int(offsets.min())
    step = gcd(stride, *(int(each) for each in np.unique(offsets - first)))
    per_reference = stride // step
    points = (len(references) - 1) * per_reference + (int(offsets.max()) - first) // step + 1
    if per_reference > MAX_POINTS_PER_REFERENCE or points > MAX_POINTS:
        return exact
    (values,) = _on_lattice(source.measured, int(references[0]) + first, step, points)
    differs = source.lag.is_changed(window.offsets, references, source.zone)
    return Gathered(values, per_reference, (offsets - first) // step, differs, exact)


def load_column(folder: Path, about: dict[str, Any]) -> Column:
    values = np.load(folder / about["file"], mmap_mode="r")
    if about["kind"] == "lattice":
        return Lattice(values, about["per_reference"], about["per_step"], about["steps"])
    if about["kind"] == "constant":
        return Constant(values, about["steps"])
    if about["kind"] == "gathered":
        places, differs = (np.load(folder / f"{about['name']}.{part}.npy") for part in ("places", "differs"))
        exact = load_column(folder, about["exact"])
        assert isinstance(exact, Computed)
        return Gathered(values, about["per_reference"], places, differs, exact)
    if about["kind"] == "held":
        at = load_column(folder, about["at"])
        assert isinstance(at, Computed)
        value = np.load(folder / f"{about['name']}.held.npy", mmap_mode="r")
        drawn = load_column(folder, about["drawn"])
        return Held(drawn, at, values, value, about["width"], about["limit"])
    window = Grid(about["start"], about["step"], about["steps"])
    return Computed(load_source(folder, about["source"]), about["part"], values, window)
