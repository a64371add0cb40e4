"""The work of a search: trials judged by the validation samples, then the best one trained like any model."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from services.forecasting.dataset import Dataset
from services.forecasting.errors import DataError, diverged
from services.forecasting.models import create
from services.forecasting.models.base import Model, Report, Samples, batches
from services.forecasting.models.parameters import ModelParams
from services.workloads.base import Run, Task
from services.workloads.evidence import computed_by
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
KEY = "trial-"
OVER = {
    "minutes": "The minutes are used up",
    "exhausted": "Nothing is left to try",
    "user": "The user ended the search",
}
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
    settings = ", ".join(f"{name} {value}" for name, value in best.params.items())
    run.log(f"Best of {len(trials.study.attempts)} trials: {settings}; validation error {best.value:.4g}")
    values = config.model_dump(include=set(ForecastConfig.model_fields))
    chosen = ForecastConfig.model_validate({**values, "model": config.parameters(best.params)})
    ended = report["stopped_by"] == "user"
    if ended:
        run.finished_early("The search was ended by its user; the best parameters until then are trained")
    outcome = training.train(LastRun(run, config.trials, in_full=ended), chosen)
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
        self._checksum = ""
        self._share = 0.0
        self.study = Study(config, self._evaluate, finish_asked=lambda: run.finish_requested)

    def search(self) -> dict[str, Any]:
        """All trials that are not done yet; what the report says of all."""
        keys = [f"{KEY}{number}" for number in range(1, self._config.trials + 1)]
        tasks = self._run.tasks(keys, unit="trial", counted=False)
        self.study.restore(self._done_before(keys))
        for task in tasks:
            number = int(task.key.removeprefix(KEY))
            with task:
                attempt = self.study.attempt(number)
                if attempt is None:
                    task.skip(OVER[self.study.why_over()], rest=True)
                    continue
                self._keep_result(task, attempt)
            self._told(next(each for each in self.study.attempts if each.number == number))
        importance, why = self.study.importance()
        report = {**self._report(), "stopped_by": self.study.why_over(), "importance": importance}
        if why is not None:
            report["undefined"] = {"importance": why}
        self._save(report)
        return report

    def _done_before(self, keys: Sequence[str]) -> list[Attempt]:
        """By earlier attempts of the job: results of tasks, and of those that failed what was kept."""
        results = self._run.task_results()
        found = [Attempt.restored(result) for result in results.values()]
        for key in keys if self._run.attempt > 1 else ():
            if key not in results and (path := self._run.kept(f"{key}.json")) is not None:
                found.append(Attempt.restored(json.loads(path.read_text(encoding="utf-8"))))
        return found

    def _keep_result(self, task: Task, attempt: Attempt) -> None:
        task.done(
            attempt.to_stored(),
            computed_by=computed_by(self._config.parameters(attempt.params)),
            checksum=self._checksum if attempt.state == "complete" else None,
            details={"state": attempt.state, "params": attempt.params, "value": attempt.value},
        )

    def _evaluate(self, params: ModelParams, watch: Watch) -> float:
        report = self._reporter(params, watch)
        model = create(params, self._config.arithmetic, anchors=self._anchors, pasts=self._pasts)
        model.fit(self._train, self._validation, report)
        error, self._checksum = _error(model, self._validation, report)
        return error

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
        if attempt.state == "failed":
            self._keep_failed(attempt)
        report = self._report()
        self._save(report)
        data = {"trial": attempt.to_json(), "best": report["best"], "trials": self._config.trials}
        self._progress(0.0, self._words(attempt.number, attempt.state), event="trial", data=data)

    def _keep_failed(self, attempt: Attempt) -> None:
        """So that another attempt of the job can tell of it, or try the same parameters again."""
        path = self._run.workdir / f"{KEY}{attempt.number}.json"
        path.write_text(json.dumps(attempt.to_stored(), allow_nan=False), encoding="utf-8")
        self._run.keep(path.name, path)

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
            "seconds": round(self.study.seconds, 3),
        }

    def _save(self, report: Mapping[str, Any]) -> None:
        """Kept after every trial, so that a job that is ended leaves what it found."""
        path = self._run.workdir / REPORT
        with atomic_writer(path) as file:
            file.write(json.dumps(report, ensure_ascii=False, allow_nan=False, indent=1).encode())
        self._run.save_artifact("search", REPORT, path, "application/json")


def _error(model: Model, samples: Samples, report: Report) -> tuple[float, str]:
    """See MEASURE, and the sum of the forecasts; refused where one is no finite number."""
    total, count, n, digest = 0.0, 0, len(samples), hashlib.sha256()
    for part in batches(n, BATCH):
        forecast = model.predict(samples.x(part))
        digest.update(np.ascontiguousarray(forecast).tobytes())
        error = forecast - samples.y(part)
        total += float(np.square(error).sum())
        count += error.size
        report(1, 1, message=f"judged {part.stop} of {n} samples")
    if not math.isfinite(total):
        raise diverged("the forecasts are no finite numbers")
    return math.sqrt(total / count), digest.hexdigest()
