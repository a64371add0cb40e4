"""What values of a window come from: a measured series, a series of forecasts, or the calendar."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from services.forecasting.calendar import CalendarSpec, component_values, names_of
from services.forecasting.lags import Lag, read_lag
from services.forecasting.vintages import Vintages
from services.forecasting.windows import Arithmetic, FeatureSpec, Method, Times, Values, is_regular, values_at


class Source(Protocol):
    @property
    def width(self) -> int:
        """How many columns it gives."""

    @property
    def timeless(self) -> bool:
        """Whether an instant has one value, whatever the reference time from which one looks at it."""

    @property
    def sums(self) -> bool:
        """Whether every look-up sums the whole series first, so that one is better than many."""

    def values_at(self, at: Times, seen_from: Times) -> list[Values]:
        """Its columns at these instants, each seen from a reference time; NaN where it says nothing."""

    def instants(self, at: Times, seen_from: Times) -> Times:
        """Of which time those values are: of these very instants, if it is no lag."""

    def rows(self, first: int, step: int, points: int) -> list[Values] | None:
        """Views of its columns where these instants are rows one after the other; otherwise None."""

    def save(self, folder: Path, name: str) -> dict[str, Any]: ...


@dataclass(frozen=True)
class SeriesSource:
    """A series read with its method; `step` (ns) is the distance of two instants of the window."""

    series: FeatureSpec
    step: int
    limit: int | None
    width = 1
    timeless = True

    @property
    def sums(self) -> bool:
        return self.series.method == "mean" and self.step > 0

    def rows(self, first: int, step: int, points: int) -> list[Values] | None:
        time, begin = self.series.time, int(np.searchsorted(self.series.time, first))
        if self.series.method == "mean" and step < self.step:
            return None  # a mean of several rows
        if not is_regular(time[begin : begin + points], first, step, points):
            return None
        return [self.series.value[begin : begin + points]]

    def values_at(self, at: Times, seen_from: Times) -> list[Values]:
        return [values_at(self.series, at, self.step, self.limit)]

    def instants(self, at: Times, seen_from: Times) -> Times:
        return at

    def save(self, folder: Path, name: str) -> dict[str, Any]:
        np.save(folder / f"{name}.time.npy", self.series.time)
        np.save(folder / f"{name}.value.npy", self.series.value)
        about = {"name": self.series.name, "method": self.series.method}
        return {"kind": "series", "files": name, **about, "step": self.step, "limit": self.limit}


@dataclass(frozen=True)
class ForecastSource:
    """At each instant the newest forecast that had been issued by the reference time."""

    vintages: Vintages
    method: Method
    step: int
    limit: int | None
    width = 1
    timeless = False
    sums = False

    def values_at(self, at: Times, seen_from: Times) -> list[Values]:
        return [self.vintages.values_at(at, seen_from, self.method, self.step, self.limit)]

    def instants(self, at: Times, seen_from: Times) -> Times:
        return at

    def rows(self, first: int, step: int, points: int) -> list[Values] | None:
        return None

    def save(self, folder: Path, name: str) -> dict[str, Any]:
        for part, array in vars(self.vintages).items():
            np.save(folder / f"{name}.{part}.npy", array)
        about = {"method": self.method, "step": self.step, "limit": self.limit}
        return {"kind": "forecasts", "files": name, **about}


@dataclass(frozen=True)
class LagSource:
    """A series whole periods before each instant, as far back as it takes to be known."""

    measured: SeriesSource
    lag: Lag
    zone: str
    width = 1
    timeless = False
    sums = False

    def values_at(self, at: Times, seen_from: Times) -> list[Values]:
        return self.measured.values_at(self.instants(at, seen_from), seen_from)

    def instants(self, at: Times, seen_from: Times) -> Times:
        return self.lag.instants(at, seen_from, self.zone)

    def rows(self, first: int, step: int, points: int) -> list[Values] | None:
        return None

    def save(self, folder: Path, name: str) -> dict[str, Any]:
        about = {"lag": self.lag.text, "zone": self.zone}
        return {"kind": "lag", "measured": self.measured.save(folder, name), **about}


@dataclass(frozen=True)
class CalendarSource:
    spec: CalendarSpec
    zone: str
    arithmetic: Arithmetic = "honest"
    timeless = True
    sums = False

    @property
    def width(self) -> int:
        return len(names_of(self.spec))

    def values_at(self, at: Times, seen_from: Times) -> list[Values]:
        return component_values(self.spec, at, self.zone, self.arithmetic)

    def instants(self, at: Times, seen_from: Times) -> Times:
        return at

    def rows(self, first: int, step: int, points: int) -> list[Values] | None:
        return None

    def save(self, folder: Path, name: str) -> dict[str, Any]:
        about = {"zone": self.zone, "arithmetic": self.arithmetic}
        return {"kind": "calendar", "spec": asdict(self.spec), **about}


def load_source(folder: Path, about: dict[str, Any]) -> Source:
    if about["kind"] == "calendar":
        return CalendarSource(CalendarSpec(**about["spec"]), about["zone"], about["arithmetic"])

    if about["kind"] == "lag":
        measured = load_source(folder, about["measured"])
        assert isinstance(measured, SeriesSource)
        return LagSource(measured, read_lag(about["lag"]), about["zone"])

    def array(part: str) -> Any:
        return np.load(folder / f"{about['files']}.{part}.npy", mmap_mode="r")

    if about["kind"] == "forecasts":
        vintages = Vintages(array("time"), array("issued"), array("key"), array("value"))
        return ForecastSource(vintages, about["method"], about["step"], about["limit"])
    series = FeatureSpec(about["name"], array("time"), array("value"), 0.0, 0.0, about["method"])
    return SeriesSource(series, about["step"], about["limit"])
