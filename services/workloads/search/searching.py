"""The work of a search: trials judged by the validation samples, then the best one trained like any model."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from services.forecasting.dataset import Dataset
from services.forecasting.errors import DataError
from services.forecasting.models import create
from services.forecasting.models.base import Model, Report, Samples, batches
from services.forecasting.models.parameters import ModelParams
from services.workloads.base import Run
from services.workloads.forecast import training
from services.workloads.forecast.arrays import load_or_build, split_spec
from services.workloads.forecast.config import ForecastConfig
from services.workloads.forecast.roles import anchors, pasts
from services.workloads.search.config import SearchConfig
from services.workloads.search.last_run import LastRun
from services.workloads.search.study import Attempt, Study, Watch
from utils.files import atomic_writer

MEASURE = "RMSE of the scaled outputs over all validation samples and steps"
NOTE = (
    "The validation samples also chose the parameters: errors and quantiles taken from them are a little too "
    "good. The test samples were looked at once, by the evaluation"
)
REPORT = "search.json"
BATCH = 1024


def train(run: Run, config: SearchConfig) -> dict[str, Any]:
    """The outcome of a training with the best parameters found; `results.search` says how they were."""
    dataset = load_or_build(run, config)
    trials = Trials(run, config, dataset)
    report = trials.search()
    best = trials.study.best
    if best is None:
        reasons = "; ".join(f"{each.params}: {each.reason}" for each in trials.study.attempts[:3])
        raise DataError(
            "SEARCH_FAILED",
            f"None of {len(trials.study.attempts)} trials gave a model ({reasons})",
            suggestion="Narrow the space, for example to a smaller LEARNING_RATE, or try another MODE",
            details={"trials": report["trials"]},
        )
    run.log(f"Best of {len(trials.study.attempts)} trials: {best.params}, validation error {best.value:.6g}")
    values = config.model_dump(include=set(ForecastConfig.model_fields))
    chosen = ForecastConfig.model_validate({**values, "model": config.parameters(best.params)})
    outcome = training.train(LastRun(run, config.trials), chosen)
    outcome["results"]["search"] = report
    outcome["results"]["notes"].append(NOTE)
    return outcome


class Trials:
    """Fits and judges by training and validation samples; the test samples are not even cut here."""

    def __init__(self, run: Run, config: SearchConfig, dataset: Dataset) -> None:
        split = dataset.split(split_spec(config.split), config.arithmetic)
        scalers = dataset.fit_scalers(split.train)
        self._run = run
        self._config = config
        self._train: Samples = dataset.samples(split.train, scalers)
        self._validation: Samples = dataset.samples(split.validation, scalers)
        self._anchors = anchors(config, dataset)
        self._pasts = pasts(config, dataset)
        self._started = time.monotonic()
        self._share = 0.0
        self.study = Study(config, self._evaluate, self._told)

    def search(self) -> dict[str, Any]:
        """All trials; what the report says of them."""
        stopped = self.study.run()
        importance, why = self.study.importance()
        report = {**self._report(), "stopped_by": stopped, "importance": importance}
        if why is not None:
            report["undefined"] = {"importance": why}
        self._save(report)
        return report

    def _evaluate(self, params: ModelParams, watch: Watch) -> float:
        report = self._reporter(params, watch)
        model = create(params, self._config.arithmetic, anchors=self._anchors, pasts=self._pasts)
        model.fit(self._train, self._validation, report)
        return _error(model, self._validation, report)

    def _reporter(self, params: ModelParams, watch: Watch) -> Report:
        """Progress of a fit as progress of the search; intermediate errors are handed to the study."""
        # later boosters learn other outputs: their errors cannot be compared with those of the first
        last = params.N_ESTIMATORS if params.MODE == "LGBMR" else params.EP

        def report(current: float, total: float, **more: Any) -> None:
            self._progress(current / total if total else 0.0, self._words(watch.number, more.get("message")))
            watch.refuse_overtime()
            now = more.get("epoch") or more.get("step"), more.get("metrics") or {}
            for step, metrics in [*((each.epoch, each.metrics) for each in more.get("earlier", ())), now]:
                if step is None or "val_loss" not in metrics or step > last:
                    continue
                if not math.isfinite(metrics["val_loss"]):
                    raise DataError("TRAINING_DIVERGED", f"the training diverged at step {step}")
                watch.point(int(step), last, float(metrics["val_loss"]))

        return report

    def _told(self, attempt: Attempt) -> None:
        report = self._report()
        self._save(report)
        data = {"trial": attempt.to_json(), "best": report["best"], "trials": self._config.trials}
        self._progress(0.0, self._words(attempt.number, attempt.state), event="trial", data=data)

    def _words(self, number: int, message: str | None) -> str:
        return f"Trial {number} of {self._config.trials}" + (f": {message}" if message else "")

    def _progress(self, share: float, message: str, **more: Any) -> None:
        """`share` of the trial that is at work; never falls, and leaves one unit for the last training."""
        trials = self._config.trials
        done = 1 - self.study.remaining_share() + min(1.0, share) / trials
        self._share = max(self._share, min(1.0, done))
        self._run.report(
            phase="train", current=self._share * trials, total=trials + 1, message=message, **more
        )

    def _report(self) -> dict[str, Any]:
        config, best = self._config, self.study.best
        return {
            "measure": MEASURE,
            "trials": [each.to_json() for each in self.study.attempts],
            "best": None if best is None else best.to_json(),
            "space": config.space.model_dump(mode="json"),
            "budget": {"trials": config.trials, "minutes": config.minutes},
            "seed": config.seed,
            "seconds": round(time.monotonic() - self._started, 3),
        }

    def _save(self, report: Mapping[str, Any]) -> None:
        """Kept after every trial, so that a job that is ended leaves what it found."""
        path = self._run.workdir / REPORT
        with atomic_writer(path) as file:
            file.write(json.dumps(report, ensure_ascii=False, allow_nan=False, indent=1).encode())
        self._run.save_artifact("search", REPORT, path, "application/json")


def _error(model: Model, samples: Samples, report: Report) -> float:
    """See MEASURE; refused where a forecast is no finite number."""
    total, count, n = 0.0, 0, len(samples)
    for part in batches(n, BATCH):
        error = model.predict(samples.x(part)) - samples.y(part)
        total += float(np.square(error).sum())
        count += error.size
        report(1, 1, message=f"judged {part.stop} of {n} samples")
    if not math.isfinite(total):
        raise DataError("TRAINING_DIVERGED", "the forecasts are no finite numbers: the training diverged")
    return math.sqrt(total / count)
