"""A search as a job: judged by validation samples alone, told live, kept, ended by an ordinary training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.forecasting.dataset import Dataset, Samples
from services.forecasting.errors import DataError
from services.forecasting.models.linear import DirectLinear
from services.forecasting.scaling import Scalers
from services.workloads.base import Cancelled
from services.workloads.forecast import exports
from services.workloads.forecast.arrays import load_or_build, split_spec
from services.workloads.search.config import SearchConfig
from services.workloads.search.searching import Trials, train
from services.workloads.search.spaces import SPACES
from tests.workloads.by_hand import ByHand, dataset_config, load_series, series

DAYS = 25
TREES = {
    "N_ESTIMATORS": SPACES["LGBMR"]["N_ESTIMATORS"].between(5, 40),
    "LEARNING_RATE": SPACES["LGBMR"]["LEARNING_RATE"].between(0.01, 0.3),
}


def config(folder: Path, modes: dict[str, Any], **more: Any) -> SearchConfig:
    values = {
        **dataset_config(folder, days=DAYS),
        "model": {"MODE": next(iter(modes))},
        "space": {"modes": modes},
        "trials": 5,
    }
    return SearchConfig.model_validate({**values, **more})


def trials_of(folder: Path, about: SearchConfig) -> list[dict[str, Any]]:
    run = ByHand(folder)
    found: list[dict[str, Any]] = Trials(run, about, load_or_build(run, about)).search()["trials"]
    return [{name: value for name, value in each.items() if name != "seconds"} for each in found]


def test_the_best_parameters_are_trained_as_an_ordinary_job_and_the_report_stands_with_its_results(
    tmp_path: Path,
) -> None:
    run = ByHand(tmp_path)
    outcome = train(run, config(tmp_path, {"LGBMR": TREES, "LIN": {}}))
    results, report = outcome["results"], outcome["results"]["search"]
    completed = [each for each in report["trials"] if each["state"] == "complete"]
    assert report["best"] == min(completed, key=lambda each: each["value"])
    assert results["model_type"] == report["best"]["params"]["MODE"]
    assert results["parameters"].items() >= report["best"]["params"].items()
    assert results["evaluation_metrics"]["test_metrics_original"]["MAE"] > 0
    assert any("validation samples also chose" in note for note in results["notes"])
    assert {"df_eval", "scalers", "models", "archive_key", "plots"} <= outcome.keys()
    assert {"model_bundle.zip", "archive.zip", "search.json"} <= run.artifacts.keys()
    assert json.loads(run.artifacts["search.json"].read_text()) == report
    assert (report["stopped_by"], len(report["trials"])) == ("trials", 5)
    json.dumps(outcome, allow_nan=False)


def test_every_trial_is_told_live_and_the_bar_goes_to_the_end_without_falling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "export", lambda *_args: {})  # files are another test's
    run = ByHand(tmp_path)
    train(run, config(tmp_path, {"LGBMR": TREES}, trials=3))
    told = run.events("trial")
    assert [each["trial"]["number"] for each in told] == [1, 2, 3]
    lowest = [min(each["trial"]["value"] or np.inf for each in told[: k + 1]) for k in range(3)]
    assert [each["best"]["value"] for each in told] == lowest
    shares = [each["current"] / each["total"] for each in run.told if each["phase"] == "train"]
    assert shares == sorted(shares) and shares[-1] == 1


@pytest.mark.slow
def test_trials_are_the_same_whatever_the_test_samples_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = config(tmp_path, {"LGBMR": TREES, "LIN": {}})
    dataset = load_or_build(ByHand(tmp_path), about)
    split = dataset.split(split_spec(about.split), "honest")
    before_test = int((dataset.references[split.test[0]] + dataset.reach[0] - load_start()) // (3600 * 10**9))
    load = load_series(DAYS * 24)
    load[before_test + 1 :] = 1e6 * np.random.default_rng(1).normal(size=len(load) - before_test - 1)
    values = about.model_dump(mode="json")
    values["series"] = [
        series(tmp_path, each["name"], load, (each["start_hours"], each["end_hours"]), each["role"])
        if each["name"] == "load"
        else each
        for each in values["series"]
    ]
    spoilt = SearchConfig.model_validate(values)
    cut: list[np.ndarray] = []
    samples = Dataset.samples

    def watched(self: Dataset, rows: np.ndarray, scalers: Scalers) -> Samples:
        cut.append(rows)
        return samples(self, rows, scalers)

    monkeypatch.setattr(Dataset, "samples", watched)
    assert trials_of(tmp_path, spoilt) == trials_of(tmp_path, about)
    assert max(int(rows.max()) for rows in cut) == split.validation[-1] < split.test[0]


def load_start() -> int:
    return int(np.datetime64("2024-01-01T00:00", "ns").astype(np.int64))


@pytest.mark.slow
def test_a_seed_repeats_the_trials_with_their_values(tmp_path: Path) -> None:
    about = config(tmp_path, {"LGBMR": TREES})
    assert trials_of(tmp_path, about) == trials_of(tmp_path, about)


def test_the_better_of_two_obvious_settings_is_chosen(tmp_path: Path) -> None:
    slow = {"LEARNING_RATE": SPACES["LGBMR"]["LEARNING_RATE"].between(1e-6, 0.2)}
    about = config(tmp_path, {"LGBMR": slow}, trials=4, fixed={"N_ESTIMATORS": 20})
    found = trials_of(tmp_path, about)
    best = min((each for each in found if each["value"]), key=lambda each: each["value"])
    rates = [each["params"]["LEARNING_RATE"] for each in found]
    assert best["params"]["LEARNING_RATE"] > sorted(rates)[1]


def test_a_diverging_trial_is_recorded_and_the_next_ones_are_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DirectLinear, "predict", lambda model, x: np.full((len(x), 6, 1), np.nan))
    found = trials_of(tmp_path, config(tmp_path, {"LIN": {}, "LGBMR": TREES}, trials=3))
    assert (found[0]["state"], "diverged" in found[0]["reason"]) == ("failed", True)
    assert [each["state"] for each in found[1:]] == ["complete", "complete"]
    with pytest.raises(DataError) as refused:
        train(ByHand(tmp_path), config(tmp_path, {"LIN": {}}, trials=3))
    assert refused.value.code == "SEARCH_FAILED" and "diverged" in refused.value.message


def test_cancelling_ends_a_trial_in_the_middle_and_leaves_what_was_found(tmp_path: Path) -> None:
    def cancel(told: dict[str, Any]) -> None:
        if str(told.get("message")).startswith("Trial 2 of 5: Tree"):
            raise Cancelled

    run = ByHand(tmp_path, cancel)
    with pytest.raises(Cancelled):
        train(run, config(tmp_path, {"LGBMR": TREES}))
    kept = json.loads(run.artifacts["search.json"].read_text())
    assert [each["number"] for each in kept["trials"]] == [1]


def test_a_search_that_is_ended_early_trains_the_best_of_its_trials_in_full(tmp_path: Path) -> None:
    """In the middle of the third trial, which is then told as unfinished."""
    run = ByHand(tmp_path)

    def ask(told: dict[str, Any]) -> None:
        run.wants_finish = run.wants_finish or str(told.get("message", "")).startswith("Trial 3 of 5: Tree")

    run._listen = ask
    about = config(tmp_path, {"LGBMR": TREES})
    results = train(run, about)["results"]
    report = results["search"]
    assert (report["stopped_by"], len(report["trials"])) == ("user", 3)
    last = report["trials"][-1]
    assert (last["state"], last["reason"]) == ("out_of_time", "the user ended the search")
    assert results["parameters"].items() >= report["best"]["params"].items()
    assert "The search was ended by its user; the best parameters until then are trained" in run.lines


def test_a_search_that_is_ended_before_its_first_result_waits_for_that(tmp_path: Path) -> None:
    run = ByHand(tmp_path)
    run.wants_finish = True
    about = config(tmp_path, {"LIN": {}, "RIDGE": {}})
    report = Trials(run, about, load_or_build(run, about)).search()
    assert [each["state"] for each in report["trials"]] == ["complete"]
    assert (report["best"]["params"], report["stopped_by"]) == ({"MODE": "LIN"}, "user")
