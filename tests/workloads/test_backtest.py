"""A backtest fits every fold on its own past, judges what was promised and leaves the rest alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from services.forecasting.baselines import predict_baselines
from services.forecasting.dataset import Dataset, Samples
from services.forecasting.folds import plan_folds
from services.forecasting.models.linear import DirectLinear
from services.forecasting.scaling import Scalers
from services.jobs.tasks import AllTasksFailed
from services.workloads.backtest.backtesting import train
from services.workloads.backtest.config import BacktestConfig, FoldsConfig
from services.workloads.base import Cancelled
from services.workloads.forecast.arrays import load_or_build
from tests.workloads.by_hand import ByHand, dataset_config


def config(folder: Path, mode: str = "LIN", model: Any = None, **folds: Any) -> BacktestConfig:
    values = {**dataset_config(folder), "model": {"MODE": mode, **(model or {})}, "folds": folds}
    return BacktestConfig.model_validate(values)


def run(folder: Path, **folds: Any) -> tuple[ByHand, dict[str, Any]]:
    by_hand = ByHand(folder)
    return by_hand, train(by_hand, config(folder, **folds))["results"]


def known_dataset(folder: Path, about: BacktestConfig) -> Dataset:
    return load_or_build(ByHand(folder), about)


class Cuts:
    """Rows that samples were made of, and the highest output that their scalers know."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[tuple[np.ndarray, float]] = []
        samples = Dataset.samples

        def watched(dataset: Dataset, rows: np.ndarray, scalers: Scalers) -> Samples:
            assert scalers.output[0].data_max is not None
            self.seen.append((rows, scalers.output[0].data_max))
            return samples(dataset, rows, scalers)

        monkeypatch.setattr(Dataset, "samples", watched)


def test_every_fold_is_fitted_on_its_training_part_with_scalers_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts = Cuts(monkeypatch)
    about = config(tmp_path, count=3)
    _, results = run(tmp_path, count=3)
    dataset = known_dataset(tmp_path, about)
    plan = plan_folds(np.asarray(dataset.references), dataset.reach, about.folds.spec())
    expected = [
        (part, fold.train) for fold in plan.folds for part in (fold.train, fold.validation, fold.test)
    ]
    assert len(cuts.seen) == len(expected) == 9
    for (rows, highest), (part, trained) in zip(cuts.seen, expected, strict=True):
        assert np.array_equal(rows, part)
        assert highest == dataset.raw_outputs(trained).max()
    assert [each["n_test"] for each in results["folds"]] == [len(fold.test) for fold in plan.folds]


def test_without_refit_the_first_training_part_is_all_that_is_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts = Cuts(monkeypatch)
    _, results = run(tmp_path, count=4, refit=False)
    assert len(cuts.seen) == 2 + 4, "one training and one validation part, four tests"
    assert len({highest for _, highest in cuts.seen}) == 1
    assert {each["train_to"] for each in results["folds"]} == {results["folds"][0]["train_to"]}
    assert len({each["test_from"] for each in results["folds"]}) == 4


def test_the_tables_are_those_of_the_stored_predictions(tmp_path: Path) -> None:
    by_hand, results = run(tmp_path, count=3, step_hours=100, test_hours=90)
    with np.load(by_hand.artifacts["backtest_predictions.npz"]) as stored:
        fold, rows = stored["fold"], stored["rows"]
        error = np.abs(stored["truth"] - stored["forecast"])[:, :, 0]
    dataset = known_dataset(tmp_path, config(tmp_path))
    baselines = predict_baselines(dataset, rows)
    truth = dataset.raw_outputs(rows)
    sizes = {name: np.abs(truth - each)[:, :, 0].mean(axis=0) for name, each in baselines.items()}
    pooled = results["pooled"]["load"]
    assert results["n_predicted"] == len(rows) == 3 * 90
    assert pooled["MAE"] == pytest.approx(error.mean())
    assert pooled["RMSE"] == pytest.approx(np.sqrt((error**2).mean()))
    assert pooled["per_step"]["MAE"] == pytest.approx(error.mean(axis=0).tolist())
    smallest = np.min(list(sizes.values()), axis=0)
    assert pooled["per_step"]["skill"] == pytest.approx((1 - error.mean(axis=0) / smallest).tolist())
    names = list(sizes)
    best = [names[i] for i in np.argmin(list(sizes.values()), axis=0)]
    assert pooled["per_step"]["best_baseline"] == best
    of_folds = [error[fold == k].mean() for k in (1, 2, 3)]
    assert [each["outputs"]["load"]["MAE"] for each in results["folds"]] == pytest.approx(of_folds)
    spread = results["spread"]["load"]["MAE"]
    assert (spread["mean"], spread["std"]) == pytest.approx((np.mean(of_folds), np.std(of_folds, ddof=1)))
    assert (spread["min"], spread["max"]) == pytest.approx((min(of_folds), max(of_folds)))


def test_the_holdout_is_untouched_until_it_is_asked_for_and_then_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[np.ndarray] = []
    cut = Dataset.raw_outputs

    def watched(dataset: Dataset, rows: Any) -> np.ndarray:
        read.append(np.asarray(dataset.index[rows]))
        return cut(dataset, rows)

    monkeypatch.setattr(Dataset, "raw_outputs", watched)
    _, results = run(tmp_path, count=2, holdout_percent=20)
    held = results["holdout"]
    assert held["evaluated"] is False and "outputs" not in held
    dataset = known_dataset(tmp_path, config(tmp_path))
    first_held = dataset.index[dataset.n - held["samples"]]
    assert max(rows.max() for rows in read if len(rows)) < first_held
    by_hand, results = run(tmp_path, count=2, holdout_percent=20, evaluate_holdout=True)
    assert results["holdout"]["evaluated"] is True
    assert results["holdout"]["outputs"]["load"]["MAE"] > 0
    assert "Looked at once" in results["holdout"]["note"] and any(
        "hold-out" in line for line in by_hand.lines
    )
    with np.load(by_hand.artifacts["backtest_predictions.npz"]) as stored:
        assert (stored["fold"] == 0).sum() == held["samples"]


def test_progress_says_fold_k_of_n_and_a_cancelled_backtest_stops(tmp_path: Path) -> None:
    by_hand, _ = run(tmp_path, count=3)
    shares = [told["current"] for told in by_hand.told if told["phase"] == "train"]
    assert shares == sorted(shares) and shares[-1] == 3
    assert any(told["message"].startswith("Fold 2 of 3") for told in by_hand.told if told["phase"] == "train")
    assert [data["fold"] for data in by_hand.events("fold")] == [1, 2, 3]
    assert by_hand.events("fold")[0]["scores"]["load"]["MAE"] > 0

    def cancel(told: dict[str, Any]) -> None:
        if told.get("event") == "fold":
            raise Cancelled

    with pytest.raises(Cancelled):
        train(ByHand(tmp_path, cancel), config(tmp_path, count=3))


def test_a_model_that_diverges_names_its_fold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DirectLinear, "predict", lambda model, x: np.full((len(x), 6, 1), np.nan))
    with pytest.raises(AllTasksFailed, match="fold 1 of 2") as refused:
        run(tmp_path, count=2)
    assert "TRAINING_DIVERGED" in refused.value.message


def test_settings_that_could_not_act_are_refused() -> None:
    with pytest.raises(ValidationError, match="sliding"):
        FoldsConfig(window="sliding", refit=False)
    with pytest.raises(ValidationError, match="holdout_percent"):
        FoldsConfig(evaluate_holdout=True)


def test_a_network_is_backtested_without_validation_samples(tmp_path: Path) -> None:
    about = config(tmp_path, "Dense", {"EP": 1, "N": 4, "LAY": 1}, count=2, validation_percent=0, refit=False)
    results = train(ByHand(tmp_path), about)["results"]
    assert [fold["n_validation"] for fold in results["folds"]] == [0, 0]
    assert results["pooled"]["load"]["MAE"] > 0
