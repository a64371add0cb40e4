"""The forecast workload: dataset, baselines, model, honest evaluation, everything a user downloads."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.environment import versions
from services.forecasting.baselines import predict_baselines, training_errors
from services.forecasting.comparison import samples_hash
from services.forecasting.conformal import Quantiles
from services.forecasting.dataset import Dataset
from services.forecasting.errors import diverged
from services.forecasting.evaluation import Evaluation, baseline_table, evaluate, flat_metrics, skill
from services.forecasting.models import create
from services.forecasting.models.base import FitInfo, Model, Samples
from services.forecasting.notes import Note
from services.forecasting.repeats import repeated_across
from services.forecasting.scaling import Scalers
from services.forecasting.split import Split
from services.forecasting.worst_windows import utc_text
from services.workloads.base import Run
from services.workloads.forecast import explaining, exports, judgement, quantiles
from services.workloads.forecast.arrays import load_or_build, split_spec
from services.workloads.forecast.checkpoints import JobCheckpoints
from services.workloads.forecast.config import ForecastConfig
from services.workloads.forecast.roles import anchors, pasts, reporter
from services.workloads.forecast.standing import Standing

PREDICT_BATCH = 1024


@dataclass(frozen=True)
class Trained:
    """A fitted model with the arrays it is judged on; truth, forecast and baselines in original units."""

    config: ForecastConfig
    dataset: Dataset
    split: Split
    scalers: Scalers
    model: Model
    fit: FitInfo
    validation_scaled: tuple[np.ndarray, np.ndarray]  # truth, forecast: (n_val, O, F_out)
    truth: np.ndarray  # (n_test, O, F_out)
    forecast: np.ndarray
    baselines: dict[str, np.ndarray]
    notes: list[Note]
    quantiles: Quantiles
    earlier_seconds: float  # spent on the fit by earlier attempts, and not lost
    own_quantiles: np.ndarray | None  # (levels, n_test, O, F_out) of a model that forecasts them itself

    @property
    def base_of_quantiles(self) -> np.ndarray:
        """What `quantiles` are added to, for the test samples."""
        return self.forecast if self.own_quantiles is None else self.own_quantiles


def train(run: Run, config: ForecastConfig) -> dict[str, Any]:
    """Train, evaluate and export; returns what `records.record_forecast` writes into the tables."""
    started = time.monotonic()
    dataset = load_or_build(run, config)
    trained = _fit(run, config, dataset)
    honest = config.arithmetic == "honest"
    naive = training_errors(dataset, trained.split.train)
    scale = naive if honest else None
    evaluation = evaluate(
        trained.truth,
        trained.forecast,
        dataset.output_names,
        dataset.step_minutes,
        arithmetic=config.arithmetic,
        training=scale,
    )
    results = _results(trained, evaluation, scale)
    details = judgement.judge(trained, naive, results["skill"])
    results |= judgement.summary(details)
    if config.importance:
        results["importance"] = explaining.importance(run, trained)
    results["duration_seconds"] = round(time.monotonic() - started + trained.earlier_seconds, 3)
    exported = exports.export(run, trained, results, details)
    return {
        "results": results,
        "df_eval": evaluation.df_eval,
        "df_eval_ts": evaluation.df_eval_ts,
        **exported,
    }


def predict_rows(
    predict: Callable[[slice], np.ndarray], n: int, shape: tuple[int, int], report: Callable[[int], None]
) -> np.ndarray:
    """Fill (n, O, F_out) batch by batch, so that inputs are never held as a whole."""
    result = np.empty((n, *shape))
    for start in range(0, n, PREDICT_BATCH):
        rows = slice(start, min(start + PREDICT_BATCH, n))
        result[rows] = predict(rows)
        report(rows.stop)
    return result


def _fit(run: Run, config: ForecastConfig, dataset: Dataset) -> Trained:
    split = dataset.split(split_spec(config.split), config.arithmetic)
    run.log(
        f"{dataset.n} samples: {len(split.train)} to train, {len(split.validation)} to validate, "
        f"{len(split.test)} to test, {split.dropped_by_embargo} left out between them"
    )
    notes = [*dataset.notes, *repeated_across(dataset.notes, dataset.references, split)]
    for note in notes:
        run.log(note.message)
    if unused := config.model.unused():
        run.log(f"{config.model.MODE} does not use {', '.join(unused)}", level="warning")
    fitted_on = np.arange(dataset.n) if config.arithmetic == "compat" else split.train
    scalers = dataset.fit_scalers(fitted_on)
    model = create(
        config.model, config.arithmetic, anchors=anchors(config, dataset), pasts=pasts(config, dataset)
    )
    checkpoints = JobCheckpoints(run, config)
    standing = Standing(dataset, scalers, split.validation)
    fit = _fit_model(
        run,
        model,
        standing,
        dataset.samples(split.train, scalers),
        dataset.samples(split.validation, scalers),
        checkpoints,
    )
    run.report(phase="evaluate", message="Evaluating on the test samples")
    validation = _scaled(run, dataset, scalers, model, split.validation)
    if horizon := standing.by_step(*validation):
        run.report(phase="evaluate", event="validated", data={"horizon": horizon})
    _, forecast = _scaled(run, dataset, scalers, model, split.test)
    _refuse_diverged(forecast, fit)
    guessed = scalers.unscale_outputs(validation[1])
    learned, own = quantiles.learn(run, config, dataset, split, scalers, model, guessed)
    return Trained(
        config=config,
        dataset=dataset,
        split=split,
        scalers=scalers,
        model=model,
        fit=fit,
        validation_scaled=validation,
        truth=dataset.raw_outputs(split.test),
        forecast=scalers.unscale_outputs(forecast),
        baselines=predict_baselines(dataset, split.test),
        notes=notes,
        quantiles=learned,
        earlier_seconds=checkpoints.earlier_seconds,
        own_quantiles=own,
    )


def _fit_model(
    run: Run,
    model: Model,
    standing: Standing,
    train: Samples,
    validation: Samples,
    checkpoints: JobCheckpoints,
) -> FitInfo:
    """The fit itself, with its beginning and its end told to the page."""
    rival = {"baseline": standing.baseline()}
    run.report(phase="train", event="fit_started", message="The model is being fitted", data=rival)
    model.checkpoints = checkpoints
    fit = model.fit(train, validation, standing.watching(reporter(run, "train")))
    for note in fit.notes:
        run.log(note)
    if fit.finished_early:
        run.finished_early("The training was ended by its user; the best model until then is kept")
    run.report(
        phase="train",
        event="fitted",
        message="The model is fitted" + (", stopped early" if fit.stopped_early else ""),
        data={
            "epochs_completed": fit.epochs_completed,
            "stopped_early": fit.stopped_early,
            "stopped_by_user": fit.finished_early,
            "training_duration": round(checkpoints.seconds, 1),
        },
    )
    return fit


def _refuse_diverged(forecast: np.ndarray, fit: FitInfo) -> None:
    if not np.isfinite(forecast).all():
        raise diverged("The model's forecasts are no finite numbers", epochs_completed=fit.epochs_completed)


def _scaled(
    run: Run, dataset: Dataset, scalers: Scalers, model: Model, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Truth and forecast of these samples, both scaled."""
    samples = dataset.samples(rows, scalers)
    n = len(samples)
    forecast = predict_rows(
        lambda part: model.predict(samples.x(part)),
        n,
        (dataset.output_steps, len(dataset.output_names)),
        lambda done: run.report(phase="evaluate", current=done, total=n),
    )
    return samples.y(slice(0, n)), forecast


def _results(
    trained: Trained, evaluation: Evaluation, scale: tuple[np.ndarray, np.ndarray] | None
) -> dict[str, Any]:
    """The JSON of a result: what the page shows without any array."""
    config, dataset, split = trained.config, trained.dataset, trained.split

    scalers = trained.scalers

    def metrics(truth: np.ndarray, forecast: np.ndarray, *, scaled: bool) -> dict[str, Any]:
        naive = scale
        if scaled and scale is not None:
            naive = scalers.scale_outputs(scale[0]), scalers.scale_outputs(scale[1])
        return flat_metrics(truth, forecast, arithmetic=config.arithmetic, training=naive)

    names = list(dataset.output_names)
    truth_scaled = scalers.scale_outputs(trained.truth)
    forecast_scaled = scalers.scale_outputs(trained.forecast)
    return {
        "model_type": config.model.MODE,
        "parameters": config.model.model_dump(mode="json"),
        "arithmetic": config.arithmetic,
        "n_dat": dataset.n,
        "split": {
            "n_train": len(split.train),
            "n_val": len(split.validation),
            "n_test": len(split.test),
            "dropped_by_embargo": split.dropped_by_embargo,
            **config.split.model_dump(mode="json"),
        },
        "evaluation_metrics": {
            "test_metrics_scaled": metrics(truth_scaled, forecast_scaled, scaled=True),
            "test_metrics_original": metrics(trained.truth, trained.forecast, scaled=False),
            "val_metrics_scaled": metrics(*trained.validation_scaled, scaled=True),
        },
        "baselines": baseline_table(trained.truth, trained.baselines, names),
        "skill": skill(trained.truth, trained.forecast, trained.baselines, names),
        "input_features": list(dataset.input_names),
        "output_features": names,
        "n_timesteps": dataset.output_steps,
        "input_steps": dataset.input_steps,
        "output_steps": dataset.output_steps,
        "step_minutes": list(dataset.step_minutes),
        "undefined": evaluation.undefined,
        "epochs_completed": trained.fit.epochs_completed,
        "stopped_early": trained.fit.stopped_early,
        "stopped_by_user": trained.fit.finished_early,
        "notes": list(trained.fit.notes),
        "dataset_notes": [note.to_json() for note in trained.notes],
        "fingerprint": config.fingerprint(),
        "test_samples": _test_samples(trained),
        "versions": versions(),
    }


def _test_samples(trained: Trained) -> dict[str, Any]:
    """What the model was judged by: only trainings with equal hashes can be ranked against each other."""
    references = np.asarray(trained.dataset.references[trained.split.test])
    leads = [history.window.offsets for history in trained.dataset.histories]
    return {
        "hash": samples_hash(references, trained.truth, leads),
        "count": len(references),
        "first": utc_text(int(references.min())) if len(references) else None,
        "last": utc_text(int(references.max())) if len(references) else None,
    }
