"""The folds of a backtest, and its hold-out, as tasks: each is done once, whatever becomes of the worker."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from services.forecasting.baselines import training_errors
from services.forecasting.dataset import Dataset
from services.forecasting.errors import DataError
from services.forecasting.fold_scores import fold_scores
from services.forecasting.folds import Fold, FoldPlan
from services.forecasting.models.base import Report
from services.forecasting.windows import MINUTE
from services.workloads.backtest.config import BacktestConfig
from services.workloads.backtest.fitting import Judged, Learned, forecast, judged, learn
from services.workloads.backtest.kept import keep_forecast, keep_model, kept_forecast, kept_model
from services.workloads.base import Run
from services.workloads.evidence import checksum, computed_by

HOLDOUT = "hold-out"
HOLDOUT_NOTE = "Looked at once, after all folds; choosing anything by it makes it a fold like the others"


@dataclass(frozen=True)
class Part:
    """One task."""

    key: str
    number: int  # of the fold, from 1; 0 is the hold-out
    fold: Fold
    words: str


@dataclass(frozen=True)
class Done:
    """What came of a part."""

    part: Part
    judged: Judged
    table: dict[str, Any]


class Parts:
    """Works on what is not done yet, and gives together what this attempt and those before it did."""

    def __init__(self, run: Run, config: BacktestConfig, dataset: Dataset, plan: FoldPlan) -> None:
        count = len(plan.folds)
        self._parts = [
            Part(f"fold-{k}", k, fold, f"fold {k} of {count}") for k, fold in enumerate(plan.folds, start=1)
        ]
        if plan.final is not None and config.folds.evaluate_holdout:
            self._parts.append(Part(HOLDOUT, 0, plan.final, "the hold-out"))
        self._run, self._config, self._dataset, self._plan = run, config, dataset, plan
        self._shared = SharedFit(run, config, dataset, plan.folds[0])
        self._here: dict[str, Done] = {}
        self._finished = 0
        self.earlier_seconds = 0.0  # what the parts took that earlier attempts did

    def work(self) -> tuple[list[Done], dict[str, dict[str, Any]]]:
        """What came of all parts in their order, and the errors of those that failed, by key."""
        tasks = self._run.tasks([part.key for part in self._parts], unit="fold")
        known = self._run.task_results()
        self.earlier_seconds = sum(each["seconds"] for each in known.values())
        self._shared.go_on(known.values())
        self._finished = len(known) + len(self._run.task_errors())
        parts = {part.key: part for part in self._parts}
        for task in tasks:
            part, started = parts[task.key], time.monotonic()
            with task:
                self._refuse_early_holdout(part, known)
                done = self._do(part)
                task.done(
                    self._result(done, time.monotonic() - started),
                    computed_by=computed_by(self._config.model),
                    checksum=checksum(done.judged.forecast),
                    details=_about(done),
                )
                self._here[part.key] = done
            self._finished += 1
            self._tell(part)
        results = self._run.task_results()
        found = [self._again(parts[key], result) for key, result in results.items()]
        return found, self._run.task_errors()

    def scores(self, found: Judged, fold: Fold) -> dict[str, dict[str, Any]]:
        """The scale of MASE is the seasonal naive error in the training part of `fold`."""
        dataset = self._dataset
        lead = [(history.window.offsets / MINUTE).tolist() for history in dataset.histories]
        naive = training_errors(dataset, fold.train)
        return fold_scores(found.truth, found.forecast, found.baselines, dataset.output_names, lead, naive)

    def _do(self, part: Part) -> Done:
        report = self._reporter(part)
        if self._config.folds.refit:
            learned = learn(self._config, self._dataset, part.fold, report)
        else:
            learned = self._shared.get(report)
        values = forecast(self._dataset, learned, part.fold.test, report, part.words)
        found = judged(self._dataset, part.fold.test, values)
        outputs = self.scores(found, learned.fold)
        return Done(part, found, {**about_fold(self._dataset, learned, part.fold), "outputs": outputs})

    def _result(self, done: Done, seconds: float) -> dict[str, Any]:
        return {
            "table": done.table,
            "forecast": keep_forecast(self._run, done.part.key, done.judged.forecast),
            "model": self._shared.name,
            "seconds": round(seconds, 3),
        }

    def _again(self, part: Part, result: Mapping[str, Any]) -> Done:
        """As its own attempt saw it; truth and baselines follow from the dataset."""
        if part.key in self._here:
            return replace(self._here[part.key], table=result["table"])
        values = kept_forecast(self._run, result["forecast"])
        if values is None:
            self._run.log(f"The kept forecast of {part.words} is damaged; it is made anew", "warning")
            return self._do(part)
        return Done(part, judged(self._dataset, part.fold.test, values), result["table"])

    def _refuse_early_holdout(self, part: Part, known: Mapping[str, Any]) -> None:
        if part.key == HOLDOUT and not self._here and not known:
            raise DataError(
                "NO_FOLDS", "The hold-out is looked at after the folds, and none of them came out well"
            )

    def _tell(self, part: Part) -> None:
        """Of a fold that came out well; the engine tells of failures."""
        done = self._here.get(part.key)
        if done is None:
            return
        if part.key == HOLDOUT:
            self._run.log(f"The hold-out was evaluated. {HOLDOUT_NOTE}", "warning")
            return
        self._run.report(
            phase="train",
            current=self._finished,
            total=len(self._parts),
            message=_capital(part.words),
            event="fold",
            data={
                "fold": part.number,
                "of": len(self._plan.folds),
                "scores": _short(done.table["outputs"]),
            },
        )

    def _reporter(self, part: Part) -> Report:
        """What happens inside a part as progress over all; its own metrics stay inside, curves would mix."""

        def report(current: float, total: float, **more: Any) -> None:
            share = min(1.0, current / total) if total else 0.0
            message = _capital(part.words) + (f": {more['message']}" if more.get("message") else "")
            self._run.report(
                phase="train", current=self._finished + share, total=len(self._parts), message=message
            )

        return report


class SharedFit:
    """The one fit of a backtest without refit, on the first fold; used from its files by every attempt."""

    def __init__(self, run: Run, config: BacktestConfig, dataset: Dataset, fold: Fold) -> None:
        self.name: str | None = None  # of its files, once they are kept
        self._run, self._config, self._dataset, self._fold = run, config, dataset, fold
        self._notes: list[str] = []
        self._seconds = 0.0
        self._learned: Learned | None = None
        self._refused: DataError | None = None

    def go_on(self, results: Iterable[Mapping[str, Any]]) -> None:
        """Where earlier attempts left it, as the folds that used it tell."""
        for result in results:
            if result["model"] is not None:
                self.name, table = result["model"], result["table"]
                self._notes, self._seconds = table["notes"], table["fit_seconds"]
                return

    def get(self, report: Report) -> Learned:
        """What the data refuse once they refuse for every fold."""
        if self._refused is not None:
            raise self._refused
        if self._learned is None:
            try:
                self._learned = self._restored() or self._fitted(report)
            except DataError as error:
                self._refused = error
                raise
        return self._learned

    def _fitted(self, report: Report) -> Learned:
        learned = learn(self._config, self._dataset, self._fold, report)
        self.name = keep_model(self._run, learned.model)
        self._notes, self._seconds = learned.notes, learned.seconds
        return self._restored() or learned

    def _restored(self) -> Learned | None:
        model = None if self.name is None else kept_model(self._run, self.name)
        if model is None:
            return None
        scalers = self._dataset.fit_scalers(self._fold.train)
        return Learned(model, scalers, self._fold, self._notes, self._seconds)


def about_fold(dataset: Dataset, learned: Learned, fold: Fold) -> dict[str, Any]:
    """Sizes and times of a fold; training and validation are those of the model that forecast it."""
    return {
        "n_train": len(learned.fold.train),
        "n_validation": len(learned.fold.validation),
        "n_test": len(fold.test),
        **span(dataset, "train", learned.fold.train),
        **span(dataset, "test", fold.test),
        "fit_seconds": round(learned.seconds, 3),
        "notes": learned.notes,
    }


def span(dataset: Dataset, part: str, rows: np.ndarray) -> dict[str, str]:
    """First and last reference time of these samples."""
    ends = {"from": rows[0], "to": rows[-1]}
    return {f"{part}_{end}": _time(dataset, row) for end, row in ends.items()}


def _about(done: Done) -> dict[str, Any]:
    """What evidence says of how it was computed."""
    return {name: value for name, value in done.table.items() if name not in ("outputs", "notes")}


def _time(dataset: Dataset, row: int) -> str:
    return f"{np.datetime_as_string(np.datetime64(int(dataset.references[row]), 'ns'), unit='s')}Z"


def _short(scores: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: {key: each[key] for key in ("MAE", "RMSE", "skill")} for name, each in scores.items()}


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
