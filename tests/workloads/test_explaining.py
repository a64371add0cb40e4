"""A training says which inputs it rests on: numbers in its results and one picture, unless told not to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.workloads.forecast import exports, pictures
from services.workloads.forecast.config import ForecastConfig
from services.workloads.forecast.explaining import input_groups
from services.workloads.forecast.training import train
from tests.workloads.by_hand import ByHand, dataset_config, series


def config(folder: Path, **more: Any) -> ForecastConfig:
    """The load follows from its past and a driver; dice have nothing to do with it."""
    random = np.random.default_rng(8)
    driver, dice = random.normal(0, 1, 40 * 24), random.normal(0, 1, 40 * 24)
    load = 10 * driver + 3 * np.sin(2 * np.pi * np.arange(40 * 24) / 24)
    values = dataset_config(folder)
    values["series"] = [
        series(folder, "load", load, (-23, 0), "input"),
        series(folder, "driver", driver, (1, 6), "input"),
        series(folder, "dice", dice, (1, 6), "input"),
        series(folder, "load", load, (1, 6), "output"),
    ]
    values["steps"] = {"input_steps": 6, "output_steps": 6, "stride_minutes": 60.0}
    return ForecastConfig.model_validate({**values, "model": {"MODE": "LIN"}, **more})


def test_the_driver_counts_most_and_dice_count_nothing(tmp_path: Path) -> None:
    run = ByHand(tmp_path)
    outcome = train(run, config(tmp_path))
    found = outcome["results"]["importance"]
    load = found["outputs"]["load"]
    assert max(load["increase"], key=load["increase"].__getitem__) == "driver"
    assert load["increase"]["driver"] > 5 and abs(load["increase"]["dice"]) < 0.2
    assert set(load["increase"]) == {"load", "driver", "dice", "calendar: day"}
    assert all(len(steps) == 6 for steps in load["per_step"].values())
    assert load["MAE"] > 0 and found["inputs"]["calendar: day"] == ["D_sin", "D_cos"]
    shares = found["linear"]["outputs"]["load"]["share"]
    assert shares["driver"] > 0.8 and abs(sum(shares.values()) - 1) < 1e-6
    assert [plot["plot_type"] for plot in outcome["plots"]].count("importance") == 1


def test_it_is_left_out_on_request_and_says_why_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "export", lambda *_args: {})  # files are another test's

    def results(**more: Any) -> dict[str, Any]:
        found: dict[str, Any] = train(ByHand(tmp_path), config(tmp_path, **more))["results"]
        return found

    assert "importance" not in results(importance=False)
    split = {"train": 80, "validation": 0, "test": 20}
    found = results(split=split)["importance"]
    assert found["outputs"] is None and "validation" in found["undefined"]
    assert pictures.of_importance(ByHand(tmp_path), None) == []
    assert pictures.of_importance(ByHand(tmp_path), found) == []
    assert results()["importance"]["outputs"] == results()["importance"]["outputs"]


def test_calendar_columns_belong_together_and_files_stand_alone(tmp_path: Path) -> None:
    about = config(tmp_path)
    names = ["load", "driver", "dice", "Y_sin", "Y_cos", "H"]
    groups = {group.name: group.columns for group in input_groups(about, names)}
    assert groups == {
        "load": (0,),
        "driver": (1,),
        "dice": (2,),
        "calendar: year": (3, 4),
        "calendar: holiday": (5,),
    }
