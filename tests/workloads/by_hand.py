"""A job without server and worker: a Run that keeps what it is told, and small series to work on."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from services.forecasting.parquet import SeriesData, write_parquet
from services.jobs.tasks import AllTasksFailed, Item
from services.workloads.base import Run

HOUR = 3600 * 10**9
START = int(np.datetime64("2024-01-01T00:00", "ns").astype(np.int64))


class ByHand(Run):
    """`listen` hears every report and may raise, as the real one does once a user cancels."""

    workdir = Path()

    def __init__(self, folder: Path, listen: Callable[[dict[str, Any]], None] = lambda _told: None) -> None:
        self.workdir = folder / uuid4().hex
        self.workdir.mkdir()
        self.cache_dir = folder / "cache"
        self.job_id = uuid4()
        self.attempt = 1
        self.device = "cpu"
        self.told: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.artifacts: dict[str, Path] = {}
        self._folder = folder
        self._listen = listen
        self._items: list[Item] = []
        self._kept: dict[str, Path] = {}
        self.wants_finish = False

    def report(self, **told: Any) -> None:
        self.told.append(told)
        self._listen(told)

    @property
    def finish_requested(self) -> bool:
        return self.wants_finish

    def finished_early(self, message: str) -> None:
        self.lines.append(message)

    def log(self, message: str, level: str = "info") -> None:
        self.lines.append(message)

    def save_artifact(self, kind: str, name: str, path: Path, media_type: str = "") -> str:
        kept = self._folder / f"{self.workdir.name}-{name}"
        shutil.copy(path, kept)
        self.artifacts[name] = kept
        return name

    def input(self, blob_key: str) -> Path:
        return self._folder / blob_key

    def tasks(self, keys: Sequence[str], **_more: Any) -> Iterator[Item]:
        for key in keys:
            self._items.append(Item(uuid4(), key, 1))
            yield self._items[-1]
            if self._items[-1].is_last:
                break
        if self.task_errors() and {each.status for each in self._items} == {"failed"}:
            raise AllTasksFailed(str(next(iter(self.task_errors().values()))))

    def task_results(self) -> dict[str, dict[str, Any]]:
        return {each.key: each.result or {} for each in self._items if each.status == "completed"}

    def task_errors(self) -> dict[str, dict[str, Any]]:
        return {each.key: each.error or {} for each in self._items if each.status == "failed"}

    def keep(self, name: str, path: Path) -> None:
        self._kept[name] = Path(shutil.copy(path, self._folder / f"{self.workdir.name}-kept-{name}"))

    def kept(self, name: str) -> Path | None:
        return self._kept.get(name)

    def events(self, name: str) -> list[dict[str, Any]]:
        """The data of the reports of this event."""
        return [told["data"] for told in self.told if told.get("event") == name]


def series(
    folder: Path, name: str, values: np.ndarray, hours: tuple[float, float], role: str
) -> dict[str, Any]:
    """An hourly series from 2024-01-01 on as the config of a job names it; its file lies in `folder`."""
    key = f"{hashlib.sha256(values.tobytes()).hexdigest()}.parquet"
    time = START + np.arange(len(values), dtype=np.int64) * HOUR
    write_parquet(SeriesData(time, np.asarray(values, dtype=np.float64)), folder / key)
    return {
        "file_id": str(UUID(int=1)),
        "name": name,
        "role": role,
        "blob_key": key,
        "sha256": hashlib.sha256((folder / key).read_bytes()).hexdigest(),
        "start_hours": hours[0],
        "end_hours": hours[1],
    }


def load_series(hours: int, seed: int = 3) -> np.ndarray:
    """A day's rhythm, slow changes and a little noise."""
    random = np.random.default_rng(seed)
    at = np.arange(hours)
    slow = np.convolve(random.normal(0, 1, hours + 47), np.ones(48) / 7, mode="valid")
    return np.asarray(200 + 60 * np.sin(2 * np.pi * at / 24) + 10 * slow + random.normal(0, 3, hours))


def dataset_config(folder: Path, *, days: int = 60, steps: tuple[int, int] = (24, 6)) -> dict[str, Any]:
    """Load of the last hours and a temperature that is known ahead; load of the next hours."""
    load = load_series(days * 24)
    temperature = 10 + np.roll(load, 2) / 50
    before, after = (1 - steps[0], 0), (1, steps[1])
    return {
        "session_id": str(UUID(int=2)),
        "series": [
            series(folder, "load", load, before, "input"),
            series(folder, "temperature", temperature, before, "input"),
            series(folder, "load", load, after, "output"),
        ],
        "calendar": [{"component": "D", "per_step": False, "start_hours": 0.0, "end_hours": 0.0}],
        "steps": {"input_steps": steps[0], "output_steps": steps[1], "stride_minutes": 60.0},
    }
