"""Every field of a config acts: changing it changes what a model receives; a new one without effect fails."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from services.forecasting.models.base import Report, Samples
from services.forecasting.parquet import SeriesData, write_parquet
from services.workloads.forecast import training
from services.workloads.forecast.arrays import load_or_build
from services.workloads.forecast.config import (
    CalendarInput,
    DatasetConfig,
    ForecastConfig,
    SeriesInput,
    SplitConfig,
    Steps,
)
from tests.workloads.by_hand import HOUR, START, ByHand

DAYS = 40
Change = dict[str, Any]

# What a field is changed to, and what else has to stand in the config for it to have something to act on.
SERIES: dict[str, tuple[Change, Change]] = {
    "name": ({"name": "meter"}, {}),
    "role": ({"role": "output"}, {}),
    "blob_key": ({"blob_key": "other.parquet", "sha256": "1" * 64}, {}),
    "sha256": ({"sha256": "1" * 64}, {}),
    "start_hours": ({"start_hours": -7.0}, {}),
    "end_hours": ({"end_hours": -1.0}, {}),
    "form": ({"form": "current"}, {}),
    "method": ({"method": "nearest"}, {}),
    "window_mean": ({"window_mean": True}, {}),
    "lags": ({"lags": ["P1D"]}, {}),
    "scale": ({"scale": False}, {}),
    "scale_min": ({"scale_min": -1.0}, {}),
    "scale_max": ({"scale_max": 2.0}, {}),
    "recipe": (
        {
            "recipe": [
                {"action": "clip", "from": "2024-01-02T00:00:00Z", "to": "2024-02-01T00:00:00Z", "high": 0.5}
            ]
        },
        {},
    ),
}
HOLIDAYS = {"component": "H", "country": "AT"}
CALENDAR: dict[str, tuple[Change, Change]] = {
    "component": ({"component": "W"}, {}),
    "local": ({"local": True}, {}),
    "per_step": ({"per_step": False}, {}),
    "start_hours": ({"start_hours": -4.5}, {}),
    "end_hours": ({"end_hours": 2.0}, {}),
    "scale": ({"scale": True}, {}),
    "scale_min": ({"scale_min": 0.5}, {"scale": True}),
    "scale_max": ({"scale_max": 3.0}, {"scale": True}),
    "country": ({"country": "US-CA"}, HOLIDAYS),
    "bridges": ({"bridges": True}, HOLIDAYS),
    "school": ({"school": [["2024-01-08", "2024-01-12"]]}, HOLIDAYS),
}
STEPS: dict[str, tuple[Change, Change]] = {
    "input_steps": ({"input_steps": 5}, {}),
    "output_steps": ({"output_steps": 2}, {}),
    "stride_minutes": ({"stride_minutes": 120.0}, {}),
    "offset_minutes": ({"offset_minutes": 10.0}, {}),
    "timezone": ({"timezone": "America/New_York"}, {}),
    "max_gap_minutes": ({"max_gap_minutes": 600.0}, {}),
}
SPLIT: dict[str, tuple[Change, Change]] = {
    "train": ({"train": 60.0, "validation": 30.0}, {}),
    "validation": ({"validation": 10.0, "test": 20.0}, {}),
    "test": ({"test": 20.0, "train": 60.0}, {}),
    "shuffle": ({"shuffle": True}, {}),
    "seed": ({"seed": 5}, {"shuffle": True}),
}
DATASET = {
    "series": lambda config: config["series"].reverse(),
    "calendar": lambda config: config["calendar"].clear(),
    "steps": lambda config: config["steps"].update(output_steps=2),
    "arithmetic": lambda config: config.update(arithmetic="compat"),
}
KNOWN: dict[str, dict[str, Any]] = {}  # config -> what it gave
IDENTITY = {"session_id", "file_id"}  # whose it is; no part of what is learned


class Caught(Exception):
    """Ends a job once the model has its samples."""


class Spy:
    """A model that looks at what it is given."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told

    def fit(self, train: Samples, validation: Samples, report: Report) -> None:
        for name, samples in (("train", train), ("validation", validation)):
            part = slice(0, len(samples))
            arrays = [samples.x(part), samples.y(part), samples.x32(part), samples.y32(part)]
            self._told[name] = [
                (array.shape, hashlib.sha256(array.tobytes()).hexdigest()) for array in arrays
            ]
        raise Caught


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Series of 50 minutes with gaps, so that methods and limits matter."""
    path = tmp_path_factory.mktemp("series")
    random = np.random.default_rng(1)
    time = START + np.arange(DAYS * 28, dtype=np.int64) * (HOUR * 5 // 6)
    kept = np.ones(len(time), dtype=bool)
    kept[[*range(300, 306), *range(600, 604)]] = False
    for name in ("load", "other"):
        value = np.cumsum(random.normal(0, 1, len(time)))
        write_parquet(SeriesData(time[kept], value[kept]), path / f"{name}.parquet")
    return path


def received(folder: Path, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Samples, names and anchors that the workload hands to a model."""
    key = json.dumps(config, sort_keys=True)
    if key not in KNOWN:
        KNOWN[key] = _received(folder, config, monkeypatch)
    return KNOWN[key]


def _received(folder: Path, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    told: dict[str, Any] = {}

    def create(_params: Any, arithmetic: str, *, anchors: list[int | None], pasts: list[int]) -> Spy:
        told.update(anchors=anchors, pasts=pasts, arithmetic=arithmetic)
        return Spy(told)

    monkeypatch.setattr(training, "create", create)
    monkeypatch.setattr(training, "predict_baselines", lambda *_arguments: {})
    checked, run = ForecastConfig.model_validate(config), ByHand(folder)
    with pytest.raises(Caught):
        training.train(run, checked)
    dataset = load_or_build(run, checked)
    return {**told, "inputs": dataset.input_names, "outputs": dataset.output_names}


@pytest.fixture
def base() -> dict[str, Any]:
    about = {
        "file_id": "00000000-0000-0000-0000-000000000001",
        "blob_key": "load.parquet",
        "sha256": "0" * 64,
    }
    calendar = {"component": "D", "local": False, "start_hours": -3.0, "end_hours": 0.0}
    steps = {"input_steps": 4, "output_steps": 3, "stride_minutes": 60.0, "timezone": "Europe/Vienna"}
    return {
        "session_id": "00000000-0000-0000-0000-000000000002",
        "series": [
            {**about, "name": "load", "role": "input", "start_hours": -6.0, "end_hours": 0.0},
            {
                **about,
                "name": "more",
                "sha256": "2" * 64,
                "role": "input",
                "start_hours": -3.0,
                "end_hours": 0.0,
            },
            {**about, "name": "load", "role": "output", "start_hours": 0.5, "end_hours": 3.0},
        ],
        "calendar": [calendar, {**calendar, "component": "W", "local": True}],
        "steps": steps,
        "model": {"MODE": "LIN"},
        "split": {},
    }


def differs(
    folder: Path,
    base: dict[str, Any],
    where: list[Any],
    change: Change,
    also: Change,
    patch: pytest.MonkeyPatch,
) -> bool:
    """Whether the change at this place makes a difference to a model."""
    before = copy.deepcopy(base)
    _at(before, where).update(also)
    after = copy.deepcopy(before)
    _at(after, where).update(change)
    return received(folder, before, patch) != received(folder, after, patch)


def _at(config: dict[str, Any], where: list[Any]) -> dict[str, Any]:
    found: Any = config
    for key in where:
        found = found[key]
    assert isinstance(found, dict)
    return found


WALK: list[tuple[type[BaseModel], list[Any], dict[str, tuple[Change, Change]]]] = [
    (SeriesInput, ["series", 0], SERIES),
    (CalendarInput, ["calendar", 0], CALENDAR),
    (Steps, ["steps"], STEPS),
    (SplitConfig, ["split"], SPLIT),
]


@pytest.mark.parametrize(
    ("where", "field", "change", "also"),
    [(where, name, *changes) for _, where, table in WALK for name, changes in table.items()],
)
def test_a_changed_field_changes_what_the_model_receives(
    folder: Path,
    base: dict[str, Any],
    where: list[Any],
    field: str,
    change: Change,
    also: Change,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert differs(folder, base, where, change, also, monkeypatch), f"{field} has no effect"


@pytest.mark.parametrize("field", DATASET)
def test_a_changed_part_of_the_dataset_changes_what_the_model_receives(
    folder: Path, base: dict[str, Any], field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = received(folder, copy.deepcopy(base), monkeypatch)
    DATASET[field](base)
    assert received(folder, base, monkeypatch) != before


def test_scaling_is_seen_by_the_output_too(
    folder: Path, base: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for change in ({"scale": False}, {"scale_max": 2.0}, {"window_mean": True}, {"method": "mean"}):
        assert differs(folder, base, ["series", 2], change, {}, monkeypatch)


def test_whose_it_is_changes_nothing(
    folder: Path, base: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"file_id": "00000000-0000-0000-0000-000000000009"}
    assert not differs(folder, base, ["series", 0], other, {}, monkeypatch)
    assert not differs(folder, base, [], {"session_id": other["file_id"]}, {}, monkeypatch)


def test_no_field_is_left_out_of_this_walk() -> None:
    for model, _, table in WALK:
        assert set(model.model_fields) - IDENTITY == set(table)
    assert set(DatasetConfig.model_fields) - IDENTITY == set(DATASET)
