"""The search itself: proposals by Optuna's TPE, each evaluated, pruned, refused or cut by the budget.

TPE: Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NIPS 2011. The study lives in memory.
What is proposed as trial k follows from the seed, from k and from the attempts before it alone, so a study
that is given the attempts of an earlier one goes on as that one would have.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import optuna

from services.forecasting.models.parameters import ModelParams
from services.workloads.search.config import SearchConfig
from services.workloads.search.dimensions import Dimension, Value
from services.workloads.search.pruning import MedianRule

optuna.logging.set_verbosity(optuna.logging.WARNING)  # every attempt is told as an event

State = Literal["complete", "pruned", "failed", "out_of_time"]
Stopped = Literal["trials", "minutes", "exhausted", "user"]
# So many proposals in a row that were tried before mean that there is nothing left to try.
REPEATS = 50
STARTUP = 8  # random proposals before the model of the space is asked
UNEXPECTED = "the platform failed on this trial"
TOLD_AS = {
    "complete": optuna.trial.TrialState.COMPLETE,
    "pruned": optuna.trial.TrialState.PRUNED,
    "failed": optuna.trial.TrialState.FAIL,
    "out_of_time": optuna.trial.TrialState.FAIL,
}


class Pruned(Exception):
    """Raised out of a fit whose curve is hopeless."""


class OutOfTime(Exception):
    """Raised out of a fit when the search is over before its end and there is a result already."""


@dataclass
class Attempt:
    """One trial: the parameters that were searched, and what came of them."""

    number: int
    params: dict[str, Value]
    state: State = "failed"
    value: float | None = None
    reason: str | None = None
    seconds: float = 0.0
    until: float = 0.0  # seconds of the search at its end
    curve: dict[int, float] = field(default_factory=dict)

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> Attempt:
        return cls(**{**stored, "curve": {int(step): value for step, value in stored["curve"]}})

    def to_stored(self) -> dict[str, Any]:
        """Everything that another process needs to go on."""
        return {**vars(self), "curve": [[step, value] for step, value in self.curve.items()]}

    def to_json(self) -> dict[str, Any]:
        """As it is shown."""
        shown = {name: value for name, value in vars(self).items() if name not in ("curve", "until")}
        return {**shown, "seconds": round(self.seconds, 3), "steps": len(self.curve)}


class Proposal(NamedTuple):
    params: dict[str, Value]
    trial: optuna.Trial | None  # None where there is nothing that Optuna could choose


class Watch(Protocol):
    """What a fit tells the search of; both raise where going on is of no use, and that must pass through."""

    @property
    def number(self) -> int:
        """Of the trial, from 1."""

    def point(self, step: int, of: int, value: float) -> None:
        """An intermediate validation error, after so many of at most `of` steps."""

    def refuse_overtime(self) -> None:
        """To be called now and then."""


# Fits these parameters and returns the validation error.
Evaluate = Callable[[ModelParams, Watch], float]


class Study:
    """Proposes and evaluates trial after trial until minutes are used up or nothing is left to try."""

    def __init__(
        self,
        config: SearchConfig,
        evaluate: Evaluate,
        clock: Callable[[], float] = time.monotonic,
        finish_asked: Callable[[], bool] = lambda: False,
    ) -> None:
        self.attempts: list[Attempt] = []  # by number
        self._config = config
        self._evaluate = evaluate
        self._clock = clock
        self._finish_asked = finish_asked
        self._began = clock()
        self._earlier = 0.0
        self._again = False  # a failed trial is tried again: it has its time
        self._modes = sorted(config.space.modes, key=lambda mode: mode != config.model.MODE)
        spaces = {mode: config.space.modes[mode] for mode in self._modes}
        self._searched = {mode: space for mode, space in spaces.items() if space}
        self._forget()

    @property
    def best(self) -> Attempt | None:
        done = [each for each in self.attempts if each.state == "complete"]
        return min(done, key=lambda each: each.value or 0.0, default=None)

    @property
    def seconds(self) -> float:
        """Of the search so far, those of the earlier attempts it was restored from included."""
        return self._earlier + self._clock() - self._began

    def restore(self, attempts: Iterable[Attempt]) -> None:
        """Go on from what a study of the same config did; to be called before anything is tried."""
        self.attempts = sorted(attempts, key=lambda each: each.number)
        self._earlier = max((each.until for each in self.attempts), default=0.0)
        self._learn_again()

    def attempt(self, number: int) -> Attempt | None:
        """Try the trial of this number, from 1; None: the search is over.

        One that failed before is tried again with the same parameters. What the evaluation raises passes
        through; the attempt is among `attempts` all the same.
        """
        before = next((each for each in self.attempts if each.number == number), None)
        if before is None and self.is_overtime():
            return None
        proposal = self._propose(number) if before is None else Proposal(before.params, None)
        if proposal is None:
            return None
        self.attempts = [each for each in self.attempts if each.number != number]
        self._again = before is not None
        try:
            return self._try(number, proposal)
        finally:
            if self._again:  # its place is among those before it
                self._learn_again()
            self._again = False

    def why_over(self) -> Stopped:
        """Asked when no trial is left to try."""
        if len(self.attempts) >= self._config.trials:
            return "trials"
        if self._finish_asked():
            return "user"
        if self._config.minutes is None or self._propose(len(self.attempts) + 1) is None:
            return "exhausted"
        return "minutes"

    def importance(self) -> tuple[dict[str, float] | None, str | None]:
        """Share of each parameter in how the errors differ (PED-ANOVA), or why there is none."""
        done = [each for each in self._study.trials if each.state == optuna.trial.TrialState.COMPLETE]
        if len(done) < 4 or len({each.value for each in done}) < 2:
            return None, "fewer than 4 completed trials, or all with the same error"
        found = optuna.importance.get_param_importances(self._study)
        return {name: round(float(value), 6) for name, value in found.items()}, None

    def remaining_share(self) -> float:
        """Of the budget, whichever part of it ends first."""
        share = 1 - len(self.attempts) / self._config.trials
        if self._config.minutes is not None:
            share = min(share, 1 - self.seconds / (60 * self._config.minutes))
        return max(0.0, share)

    def is_overtime(self) -> bool:
        """Or ended by the user; the first result is waited for whatever it takes."""
        minutes = self._config.minutes
        over = self._finish_asked() or (minutes is not None and self.seconds >= 60 * minutes)
        return over and not self._again and self.best is not None

    def _propose(self, number: int) -> Proposal | None:
        """First every mode as it stands by default, then what TPE proposes; None: nothing is left."""
        modes = self._modes
        if number <= len(modes) and modes[number - 1] not in self._searched:
            return Proposal({"MODE": modes[number - 1]}, None)
        if not self._searched:
            return None
        seed = int(np.random.SeedSequence([self._config.seed, number]).generate_state(1)[0])
        self._study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP)
        if number <= len(modes):
            self._study.enqueue_trial(self._start(modes[number - 1]))
        for _ in range(REPEATS):
            trial = self._study.ask()
            params = self._suggest(trial)
            if str(params) not in self._tried:
                return Proposal(params, trial)
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return None

    def _try(self, number: int, proposal: Proposal) -> Attempt:
        self._tried.add(str(proposal.params))
        attempt = Attempt(number, proposal.params, reason=UNEXPECTED)
        started = self._clock()
        try:
            self._run(attempt, proposal.trial)
        finally:
            attempt.seconds, attempt.until = self._clock() - started, self.seconds
            self.attempts = sorted([*self.attempts, attempt], key=lambda each: each.number)
            if proposal.trial is not None:
                self._study.tell(proposal.trial, attempt.value, state=TOLD_AS[attempt.state])
        if attempt.state == "complete":
            self.rule.finished(str(attempt.params["MODE"]), attempt.curve)
        return attempt

    def _run(self, attempt: Attempt, trial: optuna.Trial | None) -> None:
        try:
            model = self._config.parameters(attempt.params)
            attempt.value = self._evaluate(model, _Watch(self, attempt, trial))
            attempt.state, attempt.reason = "complete", None
        except Pruned:
            attempt.state = "pruned"
            attempt.reason = "its validation error stays above the median of earlier trials"
        except OutOfTime:
            attempt.state = "out_of_time"
            by_user = self._finish_asked()
            attempt.reason = "the user ended the search" if by_user else "the minutes were used up"
        except (ValueError, ArithmeticError) as error:  # DataError is one
            attempt.reason = str(error) or type(error).__name__
            raise

    def _forget(self) -> None:
        self.rule = MedianRule()
        self._tried: set[str] = set()
        self._study = optuna.create_study(direction="minimize")

    def _learn_again(self) -> None:
        """What was tried, to Optuna and to the rule in the order of its numbers."""
        self._forget()
        for attempt in self.attempts:
            self._tried.add(str(attempt.params))
            mode = str(attempt.params["MODE"])
            if attempt.state == "complete":
                self.rule.finished(mode, attempt.curve)
            if mode in self._searched:
                self._tell_again(attempt)

    def _tell_again(self, attempt: Attempt) -> None:
        mode = str(attempt.params["MODE"])
        self._study.enqueue_trial(self._named(mode, attempt.params))
        trial = self._study.ask()
        self._suggest(trial)
        for step, value in attempt.curve.items():
            trial.report(value, step)
        self._study.tell(trial, attempt.value, state=TOLD_AS[attempt.state])

    def _start(self, mode: str) -> dict[str, Value]:
        return self._named(mode, {name: each.start for name, each in self._searched[mode].items()})

    def _named(self, mode: str, params: Mapping[str, Value]) -> dict[str, Value]:
        """As Optuna knows them."""
        values = {self._name(mode, name): value for name, value in params.items() if name != "MODE"}
        return {"MODE": mode, **values} if len(self._searched) > 1 else values

    def _suggest(self, trial: optuna.Trial) -> dict[str, Value]:
        modes = list(self._searched)
        mode = modes[0] if len(modes) == 1 else str(trial.suggest_categorical("MODE", modes))
        space = self._searched[mode]
        return {
            "MODE": mode,
            **{name: _suggested(trial, self._name(mode, name), each) for name, each in space.items()},
        }

    def _name(self, mode: str, parameter: str) -> str:
        """Optuna's name of a parameter: ranges of different modes are different things."""
        return parameter if len(self._searched) == 1 else f"{mode}.{parameter}"


@dataclass(frozen=True)
class _Watch:
    study: Study
    attempt: Attempt
    trial: optuna.Trial | None

    @property
    def number(self) -> int:
        return self.attempt.number

    def point(self, step: int, of: int, value: float) -> None:
        self.attempt.curve[step] = value
        if self.trial is not None:
            self.trial.report(value, step)
        if self.study.rule.hopeless(str(self.attempt.params["MODE"]), self.attempt.curve, of):
            raise Pruned

    def refuse_overtime(self) -> None:
        if self.study.is_overtime():
            raise OutOfTime


def _suggested(trial: optuna.Trial, name: str, dimension: Dimension) -> Value:
    if dimension.kind == "choice":
        return str(trial.suggest_categorical(name, dimension.choices))
    assert dimension.low is not None and dimension.high is not None
    if dimension.kind == "whole":
        return trial.suggest_int(name, int(dimension.low), int(dimension.high), log=dimension.log)
    return trial.suggest_float(name, dimension.low, dimension.high, log=dimension.log)
