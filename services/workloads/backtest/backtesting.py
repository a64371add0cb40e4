"""The work of a backtest: every fold fitted, forecast and judged, then all folds together."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.environment import versions
from services.forecasting.baselines import predict_baselines, training_errors
from services.forecasting.dataset import Dataset
from services.forecasting.errors import diverged
from services.forecasting.fold_scores import fold_scores, spread
from services.forecasting.folds import Fold, FoldPlan, plan_folds
from services.forecasting.models import create
from services.forecasting.models.base import Model, Report
from services.forecasting.scaling import Scalers
from services.forecasting.windows import HOUR, MINUTE
from services.workloads.backtest.config import BacktestConfig
from services.workloads.base import Run
from services.workloads.forecast.arrays import load_or_build
from services.workloads.forecast.roles import anchors, pasts
from services.workloads.forecast.training import predict_rows
from utils.files import atomic_writer

HOLDOUT_NOTE = "Looked at once, after all folds; choosing anything by it makes it a fold like the others"


@dataclass(frozen=True)
class Learned:
    """A fitted model with its scalers, and the training part both come from."""

    model: Model
    scalers: Scalers
    fold: Fold
    notes: list[str]
    seconds: float


@dataclass(frozen=True)
class Judged:
    """Forecasts for the test part of one fold, in original units (samples, steps, outputs)."""

    rows: np.ndarray
    truth: np.ndarray
    forecast: np.ndarray
    baselines: dict[str, np.ndarray]


def train(run: Run, config: BacktestConfig) -> dict[str, Any]:
    """Returns `results`: tables per fold and over all, their spread, and the hold-out if it was asked for."""
    started = time.monotonic()
    dataset = load_or_build(run, config)
    plan = plan_folds(np.asarray(dataset.references), dataset.reach, config.folds.spec())
    run.log(f"{dataset.n} samples, {_told_parts(plan)}")
    judged, tables, learned = _all_folds(run, config, dataset, plan)
    run.report(phase="evaluate", message="Judging all folds together")
    results = _results(config, dataset, plan, tables, judged)
    holdout = None
    if plan.final is not None:
        results["holdout"], holdout = _holdout(run, config, dataset, plan, learned)
    results["predictions_key"] = _save_predictions(run, dataset, judged, holdout)
    results["duration_seconds"] = round(time.monotonic() - started, 3)
    return {"results": results}


def _all_folds(
    run: Run, config: BacktestConfig, dataset: Dataset, plan: FoldPlan
) -> tuple[list[Judged], list[dict[str, Any]], Learned]:
    """Judged forecasts and a table per fold; the model of the last fit."""
    judged, tables, count = [], [], len(plan.folds)
    learned: Learned | None = None
    for k, fold in enumerate(plan.folds):
        report = _fold_reporter(run, k, count)
        if learned is None or config.folds.refit:
            learned = learn(config, dataset, fold, report)
        found = judge(dataset, learned, fold.test, report, f"fold {k + 1} of {count}")
        scores = _scores(dataset, found, learned.fold)
        table = {"fold": k + 1, **_about_fold(dataset, learned, fold), "outputs": scores}
        judged.append(found)
        tables.append(table)
        report(1, 1, event="fold", data={"fold": k + 1, "of": count, "scores": _short(scores)})
    assert learned is not None
    return judged, tables, learned


def learn(config: BacktestConfig, dataset: Dataset, fold: Fold, report: Report) -> Learned:
    started = time.monotonic()
    scalers = dataset.fit_scalers(fold.train)
    model = create(
        config.model, config.arithmetic, anchors=anchors(config, dataset), pasts=pasts(config, dataset)
    )
    fit = model.fit(dataset.samples(fold.train, scalers), dataset.samples(fold.validation, scalers), report)
    return Learned(model, scalers, fold, list(fit.notes), time.monotonic() - started)


def judge(dataset: Dataset, learned: Learned, rows: np.ndarray, report: Report, which: str) -> Judged:
    samples = dataset.samples(rows, learned.scalers)
    scaled = predict_rows(
        lambda part: learned.model.predict(samples.x(part)),
        len(rows),
        (dataset.output_steps, len(dataset.output_names)),
        lambda _done: report(1, 1),
    )
    if not np.isfinite(scaled).all():
        raise diverged(f"The model's forecasts of {which} are no finite numbers", of=which)
    forecast = learned.scalers.unscale_outputs(scaled)
    return Judged(rows, dataset.raw_outputs(rows), forecast, predict_baselines(dataset, rows))


def _holdout(
    run: Run, config: BacktestConfig, dataset: Dataset, plan: FoldPlan, learned: Learned
) -> tuple[dict[str, Any], Judged | None]:
    """The samples that no fold touched: counted, and judged only if that was asked for."""
    assert plan.final is not None
    about = {"samples": len(plan.final.test), **_span(dataset, "test", plan.final.test)}
    if not config.folds.evaluate_holdout:
        return {"evaluated": False, **about}, None

    def report(current: float, total: float, **_more: Any) -> None:
        run.report(phase="evaluate", current=current, total=total, message="The hold-out")

    if config.folds.refit:
        learned = learn(config, dataset, plan.final, report)
    found = judge(dataset, learned, plan.final.test, report, "the hold-out")
    scores = _scores(dataset, found, learned.fold)
    run.log(f"The hold-out was evaluated. {HOLDOUT_NOTE}", "warning")
    told = {**_about_fold(dataset, learned, plan.final), "outputs": scores, "note": HOLDOUT_NOTE}
    return {"evaluated": True, **about, **told}, found


def _results(
    config: BacktestConfig,
    dataset: Dataset,
    plan: FoldPlan,
    tables: list[dict[str, Any]],
    judged: list[Judged],
) -> dict[str, Any]:
    pooled = Judged(
        np.concatenate([each.rows for each in judged]),
        np.concatenate([each.truth for each in judged]),
        np.concatenate([each.forecast for each in judged]),
        {name: np.concatenate([each.baselines[name] for each in judged]) for name in judged[0].baselines},
    )
    return {
        "model_type": config.model.MODE,
        "parameters": config.model.model_dump(mode="json"),
        "settings": config.folds.model_dump(mode="json"),
        "n_dat": dataset.n,
        "n_predicted": len(pooled.rows),
        "folds": tables,
        "pooled": _scores(dataset, pooled, plan.folds[-1]),
        "spread": spread([table["outputs"] for table in tables]),
        "used_hours": {name: getattr(plan, name) / HOUR for name in ("test", "step", "embargo")},
        "input_features": list(dataset.input_names),
        "output_features": list(dataset.output_names),
        "output_steps": dataset.output_steps,
        "step_minutes": list(dataset.step_minutes),
        "fingerprint": config.fingerprint(),
        "versions": versions(),
    }


def _scores(dataset: Dataset, judged: Judged, fold: Fold) -> dict[str, dict[str, Any]]:
    """The scale of MASE is the seasonal naive error in the training part of `fold`."""
    lead = [(history.window.offsets / MINUTE).tolist() for history in dataset.histories]
    naive = training_errors(dataset, fold.train)
    return fold_scores(judged.truth, judged.forecast, judged.baselines, dataset.output_names, lead, naive)


def _about_fold(dataset: Dataset, learned: Learned, fold: Fold) -> dict[str, Any]:
    """Sizes and times of a fold; training and validation are those of the model that forecast it."""
    return {
        "n_train": len(learned.fold.train),
        "n_validation": len(learned.fold.validation),
        "n_test": len(fold.test),
        **_span(dataset, "train", learned.fold.train),
        **_span(dataset, "test", fold.test),
        "fit_seconds": round(learned.seconds, 3),
        "notes": learned.notes,
    }


def _span(dataset: Dataset, part: str, rows: np.ndarray) -> dict[str, str]:
    """First and last reference time of these samples."""
    ends = {"from": rows[0], "to": rows[-1]}
    return {f"{part}_{end}": _time(dataset, row) for end, row in ends.items()}


def _time(dataset: Dataset, row: int) -> str:
    return f"{np.datetime_as_string(np.datetime64(int(dataset.references[row]), 'ns'), unit='s')}Z"


def _short(scores: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: {key: each[key] for key in ("MAE", "RMSE", "skill")} for name, each in scores.items()}


def _told_parts(plan: FoldPlan) -> str:
    sizes = ", ".join(f"{len(fold.train)}/{len(fold.validation)}/{len(fold.test)}" for fold in plan.folds)
    held = 0 if plan.final is None else len(plan.final.test)
    return f"folds (train/validation/test): {sizes}; {held} held out"


def _fold_reporter(run: Run, k: int, count: int) -> Report:
    """What happens inside a fold as progress over all; its own metrics stay inside, curves would mix."""

    def report(current: float, total: float, **more: Any) -> None:
        share = min(1.0, current / total) if total else 0.0
        event, message = more.get("event", "progress"), more.get("message")
        text = f"Fold {k + 1} of {count}" + (f": {message}" if message else "")
        if event != "fold":
            run.report(phase="train", current=k + share, total=count, message=text)
        else:
            run.report(
                phase="train", current=k + 1, total=count, message=text, event=event, data=more["data"]
            )

    return report


def _save_predictions(run: Run, dataset: Dataset, judged: list[Judged], holdout: Judged | None) -> str:
    """Fold (from 1; 0 is the hold-out), reference time (ns), truth and forecast of every judged sample."""
    parts = [*enumerate(judged, start=1), *([(0, holdout)] if holdout is not None else [])]
    rows = np.concatenate([each.rows for _, each in parts])
    path = run.workdir / "backtest_predictions.npz"
    with atomic_writer(path) as file:
        np.savez_compressed(
            file,
            fold=np.concatenate([np.full(len(each.rows), k) for k, each in parts]),
            rows=rows,
            references=dataset.references[rows],
            truth=np.concatenate([each.truth for _, each in parts]),
            forecast=np.concatenate([each.forecast for _, each in parts]),
        )
    return run.save_artifact("predictions", path.name, path)
