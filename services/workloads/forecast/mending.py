"""The recipes of a dataset's files: applied when it is built, kept beside it, told in the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from services.forecasting.care.applying import apply, sentence
from services.forecasting.parquet import SeriesData
from services.workloads.base import Run
from services.workloads.forecast.config import SeriesInput

KEPT = "recipes.json"


class Mending:
    """Collects what the steps did while a dataset is built."""

    def __init__(self) -> None:
        self._done: list[dict[str, Any]] = []

    def apply(self, series: SeriesInput, data: SeriesData) -> SeriesData:
        if not series.recipe:
            return data
        mended, steps = apply(series.recipe, data)
        self._done.append({"name": series.name, "type": series.role, "steps": steps})
        return mended

    def save(self, folder: Path) -> None:
        (folder / KEPT).write_text(json.dumps(self._done, ensure_ascii=False), encoding="utf-8")


def applied(folder: Path) -> list[dict[str, Any]]:
    """Per file with a recipe: its name, its type and its steps with the rows that each touched."""
    found: list[dict[str, Any]] = json.loads((folder / KEPT).read_text(encoding="utf-8"))
    return found


def tell(run: Run, folder: Path) -> None:
    """A line per step in the log of the job, whether this job built the dataset or found it."""
    for file in applied(folder):
        for step in file["steps"]:
            run.log(f"{file['name']}: {sentence(step)}")
