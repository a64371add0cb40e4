"""What values of a window come from: a measured series, or the calendar."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from services.forecasting.calendar import CalendarSpec, column_names, component_values
from services.forecasting.windows import FeatureSpec, Times, Values, values_at


class Source(Protocol):
    @property
    def width(self) -> int:
        """How many columns it gives."""

    def values_at(self, at: Times) -> list[Values]:
        """Its columns at these instants; NaN where it says nothing."""

    def save(self, folder: Path, name: str) -> dict[str, Any]: ...


@dataclass(frozen=True)
class SeriesSource:
    """A series read with its method; `step` (ns) is the distance of two instants of the window."""

    series: FeatureSpec
    step: int
    limit: int | None

    @property
    def width(self) -> int:
        return 1

    def values_at(self, at: Times) -> list[Values]:
        return [values_at(self.series, at, self.step, self.limit)]

    def save(self, folder: Path, name: str) -> dict[str, Any]:
        np.save(folder / f"{name}.time.npy", self.series.time)
        np.save(folder / f"{name}.value.npy", self.series.value)
        about = {"name": self.series.name, "method": self.series.method}
        return {"kind": "series", "files": name, **about, "step": self.step, "limit": self.limit}


@dataclass(frozen=True)
class CalendarSource:
    spec: CalendarSpec
    zone: str

    @property
    def width(self) -> int:
        return len(column_names(self.spec.component))

    def values_at(self, at: Times) -> list[Values]:
        return component_values(self.spec, at, self.zone)

    def save(self, folder: Path, name: str) -> dict[str, Any]:
        return {"kind": "calendar", "spec": asdict(self.spec), "zone": self.zone}


def load_source(folder: Path, about: dict[str, Any]) -> Source:
    if about["kind"] == "calendar":
        return CalendarSource(CalendarSpec(**about["spec"]), about["zone"])
    time = np.load(folder / f"{about['files']}.time.npy", mmap_mode="r")
    value = np.load(folder / f"{about['files']}.value.npy", mmap_mode="r")
    series = FeatureSpec(about["name"], time, value, 0.0, 0.0, about["method"])
    return SeriesSource(series, about["step"], about["limit"])
