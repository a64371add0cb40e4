"""The dataset job: what it leaves beside the samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.workloads.forecast import pictures
from services.workloads.forecast.config import RankedConfig
from services.workloads.forecast.dataset_job import train
from tests.workloads.by_hand import ByHand, dataset_config


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "of_dataset", lambda *_about: [])


def outcome(folder: Path, **changes: Any) -> dict[str, Any]:
    config = RankedConfig.model_validate({**dataset_config(folder), **changes})
    found = train(ByHand(folder), config)
    json.dumps(found, allow_nan=False)
    return found


def test_the_ranking_knows_auto_and_the_baselines_and_obeys_the_split(tmp_path: Path) -> None:
    found = outcome(tmp_path)["ranking"]
    assert "AUTO" in {row["model"] for row in found["outputs"]["load"]["models"]}
    narrow = {"train": 50.0, "validation": 10.0, "test": 40.0}
    other = outcome(tmp_path, split=narrow)["ranking"]
    assert other["of_samples"] < found["of_samples"]


def test_without_an_honest_validation_part_the_reason_is_told(tmp_path: Path) -> None:
    found = outcome(tmp_path, arithmetic="compat")["ranking"]
    assert found["outputs"] is None and "honest" in found["undefined"]
