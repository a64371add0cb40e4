"""The work of a backtest: its folds fitted, forecast and judged, then all of them together."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from services.environment import versions
from services.forecasting.dataset import Dataset
from services.forecasting.fold_scores import spread
from services.forecasting.folds import FoldPlan, plan_folds
from services.forecasting.windows import HOUR
from services.workloads.backtest.config import BacktestConfig
from services.workloads.backtest.fitting import Judged
from services.workloads.backtest.parts import HOLDOUT, HOLDOUT_NOTE, Done, Parts, span
from services.workloads.base import Run
from services.workloads.forecast.arrays import load_or_build
from utils.files import atomic_writer

Errors = Mapping[str, Mapping[str, Any]]


def train(run: Run, config: BacktestConfig) -> dict[str, Any]:
    """Returns `results`: tables per fold and over all, their spread, and the hold-out if it was asked for.

    What failed is named there, and the tables over all are over the folds that are there.
    """
    started = time.monotonic()
    dataset = load_or_build(run, config)
    plan = plan_folds(np.asarray(dataset.references), dataset.reach, config.folds.spec())
    run.log(f"{dataset.n} samples, {_told_parts(plan)}")
    parts = Parts(run, config, dataset, plan)
    done, errors = parts.work()
    run.report(phase="evaluate", message="Judging all folds together")
    folds = [each for each in done if each.part.key != HOLDOUT]
    results = {
        **_about(config, dataset, plan),
        **_over_all(parts, plan, folds),
        **_missing(plan, errors),
        "folds": [{"fold": each.part.number, **each.table} for each in folds],
    }
    if plan.final is not None:
        held = next((each for each in done if each.part.key == HOLDOUT), None)
        results["holdout"] = _holdout(dataset, plan, held, errors.get(HOLDOUT))
    results["predictions_key"] = _save_predictions(run, dataset, done)
    results["duration_seconds"] = round(parts.earlier_seconds + time.monotonic() - started, 3)
    return {"results": results}


def _about(config: BacktestConfig, dataset: Dataset, plan: FoldPlan) -> dict[str, Any]:
    return {
        "model_type": config.model.MODE,
        "parameters": config.model.model_dump(mode="json"),
        "settings": config.folds.model_dump(mode="json"),
        "n_dat": dataset.n,
        "used_hours": {name: getattr(plan, name) / HOUR for name in ("test", "step", "embargo")},
        "input_features": list(dataset.input_names),
        "output_features": list(dataset.output_names),
        "output_steps": dataset.output_steps,
        "step_minutes": list(dataset.step_minutes),
        "fingerprint": config.fingerprint(),
        "versions": versions(),
    }


def _over_all(parts: Parts, plan: FoldPlan, folds: Sequence[Done]) -> dict[str, Any]:
    judged = [each.judged for each in folds]
    pooled = Judged(
        np.concatenate([each.rows for each in judged]),
        np.concatenate([each.truth for each in judged]),
        np.concatenate([each.forecast for each in judged]),
        {name: np.concatenate([each.baselines[name] for each in judged]) for name in judged[0].baselines},
    )
    return {
        "n_predicted": len(pooled.rows),
        "pooled": parts.scores(pooled, plan.folds[-1]),
        "spread": spread([each.table["outputs"] for each in folds]),
    }


def _missing(plan: FoldPlan, errors: Errors) -> dict[str, Any]:
    """The folds that failed and why, and what that means for the tables over all."""
    missing = [
        {"fold": int(key.removeprefix("fold-")), **error} for key, error in errors.items() if key != HOLDOUT
    ]
    if not missing:
        return {"missing_folds": [], "averages_over": None}
    there, count = len(plan.folds) - len(missing), len(plan.folds)
    told = f"{there} of {count} folds came out well; pooled and spread are over these alone"
    return {"missing_folds": missing, "averages_over": told}


def _holdout(
    dataset: Dataset, plan: FoldPlan, held: Done | None, error: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The samples that no fold touched: counted, and judged only if that was asked for."""
    assert plan.final is not None
    about = {"samples": len(plan.final.test), **span(dataset, "test", plan.final.test)}
    if held is None:
        return {"evaluated": False, **about, **({"error": dict(error)} if error else {})}
    return {"evaluated": True, **about, **held.table, "note": HOLDOUT_NOTE}


def _told_parts(plan: FoldPlan) -> str:
    sizes = ", ".join(f"{len(fold.train)}/{len(fold.validation)}/{len(fold.test)}" for fold in plan.folds)
    held = 0 if plan.final is None else len(plan.final.test)
    return f"folds (train/validation/test): {sizes}; {held} held out"


def _save_predictions(run: Run, dataset: Dataset, done: Sequence[Done]) -> str:
    """Fold (from 1; 0 is the hold-out), reference time (ns), truth and forecast of every judged sample."""
    rows = np.concatenate([each.judged.rows for each in done])
    path = run.workdir / "backtest_predictions.npz"
    with atomic_writer(path) as file:
        np.savez_compressed(
            file,
            fold=np.concatenate([np.full(len(each.judged.rows), each.part.number) for each in done]),
            rows=rows,
            references=dataset.references[rows],
            truth=np.concatenate([each.judged.truth for each in done]),
            forecast=np.concatenate([each.judged.forecast for each in done]),
        )
    return run.save_artifact("predictions", path.name, path)
