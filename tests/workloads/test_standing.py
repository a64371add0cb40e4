"""What a training tells while it runs: the line to beat, and the error at every step of the horizon."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.forecasting.models import keras_loop
from services.forecasting.models.parameters import READS, ModelParams
from services.workload_forms import FORMS
from services.workloads.forecast import WORKLOADS, pictures
from services.workloads.forecast.config import ForecastConfig
from services.workloads.forecast.training import train
from tests.workloads.by_hand import ByHand, dataset_config

MODES = ("LIN", "Dense", "LGBMR", "ENSEMBLE")


def all_told(folder: Path, kind: str, **model: Any) -> list[dict[str, Any]]:
    heard: list[dict[str, Any]] = []
    config = {**dataset_config(folder), "model": model}
    train(ByHand(folder, heard.append), ForecastConfig.model_validate(config))
    return [each for each in heard if each.get("event") == kind]


def told(folder: Path, kind: str, **model: Any) -> dict[str, Any]:
    (found,) = all_told(folder, kind, **model)
    return dict(found["data"])


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "of_training", lambda *_about: [])


def test_the_line_to_beat_is_told_before_the_fit_in_the_unit_of_the_loss(tmp_path: Path) -> None:
    baseline = told(tmp_path, "fit_started", MODE="LIN")["baseline"]
    assert baseline["root_mean_squared_error"] == pytest.approx(baseline["loss"] ** 0.5)
    assert 0 <= baseline["loss"] < 1, "scaled, as the curve of the loss is"


def test_errors_by_step_are_told_as_soon_as_the_model_is_fitted(tmp_path: Path) -> None:
    horizon = told(tmp_path, "validated", MODE="LIN")["horizon"]
    assert horizon["baseline"] == told(tmp_path, "fit_started", MODE="LIN")["baseline"]["name"]
    for output in horizon["outputs"].values():
        steps = len(output["lead_minutes"])
        assert len(output["model"]) == len(output["baseline"]) == steps > 1
        assert np.isfinite(output["model"]).all() and np.isfinite(output["baseline"]).all()


def test_errors_by_step_form_while_a_network_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_loop, "PICTURE_SECONDS", 0.0)
    monkeypatch.setattr(keras_loop, "PICTURE_SHARE", 0.0)
    found = all_told(tmp_path, "validated", MODE="Dense", LAY=1, N=4, EP=6)
    phases = [each["phase"] for each in found]
    assert phases == ["train"] * (len(found) - 1) + ["evaluate"] and len(found) >= 3
    horizons = [each["data"]["horizon"] for each in found]
    assert all(set(each) == {"part", "baseline", "outputs"} for each in horizons)
    last = {name: each["model"] for name, each in horizons[-1]["outputs"].items()}
    # the weights that are kept are those of one of the epochs, so its picture is the last one again
    pictures_of = [{name: each["model"] for name, each in h["outputs"].items()} for h in horizons[:-1]]
    assert any(
        all(np.allclose(picture[name], last[name], rtol=1e-3) for name in last) for picture in pictures_of
    )
    assert any(
        not np.allclose(picture[name], last[name], rtol=1e-3) for picture in pictures_of for name in last
    )


@pytest.mark.parametrize("mode", MODES)
def test_a_form_shows_of_a_model_what_it_reads(mode: str) -> None:
    schema = FORMS["forecast"].body.model_json_schema()["$defs"]["ModelParams"]["properties"]
    values = {"MODE": mode, "MEMBERS": ModelParams(MODE=mode).MEMBERS}

    def holds(together: dict[str, list[str]]) -> bool:
        said = {name: value if isinstance(value, list) else [value] for name, value in values.items()}
        return all(set(said[name]) & set(wanted) for name, wanted in together.items())

    shown = {name for name, of in schema.items() if any(map(holds, of.get("x-when", [{}])))}
    assert shown == {*ModelParams(MODE=mode).reads(), "MODE", "SEED"}
    assert set(schema) >= set().union(*READS.values())


@pytest.mark.parametrize(
    ("mode", "epochs"), [("LIN", None), ("LGBMR", None), ("Dense", 20), ("ENSEMBLE", 20)]
)
def test_only_what_is_trained_in_epochs_says_how_many(tmp_path: Path, mode: str, epochs: int | None) -> None:
    config = ForecastConfig.model_validate({**dataset_config(tmp_path), "model": {"MODE": mode}})
    assert WORKLOADS["forecast"].about(config)["total_epochs"] == epochs
