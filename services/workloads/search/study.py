"""The search itself: proposals by Optuna's TPE, each evaluated, pruned, refused or cut by the budget.

TPE: Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NIPS 2011. The study lives in memory;
what is worth keeping of it, the attempts, is told after each one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import optuna

from services.forecasting.models.parameters import ModelParams
from services.workloads.search.config import SearchConfig
from services.workloads.search.dimensions import Dimension, Value
from services.workloads.search.pruning import MedianRule

optuna.logging.set_verbosity(optuna.logging.WARNING)  # every attempt is told as an event

State = Literal["complete", "pruned", "failed", "out_of_time"]
Stopped = Literal["trials", "minutes", "exhausted"]
# So many proposals in a row that were tried before mean that there is nothing left to try.
REPEATS = 50
STARTUP = 8  # random proposals before the model of the space is asked


class Pruned(Exception):
    """Raised out of a fit whose curve is hopeless."""


class OutOfTime(Exception):
    """Raised out of a fit when the minutes are over and there is a result already."""


@dataclass
class Attempt:
    """One trial: the parameters that were searched, and what came of them."""

    number: int
    params: dict[str, Value]
    state: State = "failed"
    value: float | None = None
    reason: str | None = None
    seconds: float = 0.0
    curve: dict[int, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Everything but the curve."""
        shown = {name: value for name, value in vars(self).items() if name != "curve"}
        return {**shown, "seconds": round(self.seconds, 3), "steps": len(self.curve)}


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
    """Proposes and evaluates until trials or minutes are used up, or nothing is left to try."""

    def __init__(
        self,
        config: SearchConfig,
        evaluate: Evaluate,
        told: Callable[[Attempt], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.attempts: list[Attempt] = []
        self._config = config
        self._evaluate = evaluate
        self._told = told
        self._clock = clock
        self.rule = MedianRule()
        self._tried: set[str] = set()
        self._deadline = None if config.minutes is None else clock() + 60 * config.minutes
        self._searched = {mode: space for mode, space in config.space.modes.items() if space}
        sampler = optuna.samplers.TPESampler(seed=config.seed, n_startup_trials=STARTUP)
        self._study = optuna.create_study(direction="minimize", sampler=sampler)

    @property
    def best(self) -> Attempt | None:
        done = [each for each in self.attempts if each.state == "complete"]
        return min(done, key=lambda each: each.value or 0.0, default=None)

    def run(self) -> Stopped:
        """First every mode as it stands by default, then what TPE proposes."""
        for mode in self._config.space.modes:
            if self._is_over():
                return self._why()
            if mode not in self._searched:
                self._try({"MODE": mode})
            else:
                self._study.enqueue_trial(self._start(mode))
                self._propose()
        repeats = 0
        while self._searched and repeats < REPEATS:
            if self._is_over():
                return self._why()
            repeats = 0 if self._propose() else repeats + 1
        return "exhausted"

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
        if self._deadline is not None and self._config.minutes is not None:
            share = min(share, (self._deadline - self._clock()) / (60 * self._config.minutes))
        return max(0.0, share)

    def _propose(self) -> bool:
        """One trial of Optuna's; False if it proposed what was tried before."""
        trial = self._study.ask()
        params = self._suggest(trial)
        if str(params) in self._tried:
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
            return False
        attempt = self._try(params, trial)
        if attempt.state == "complete":
            self._study.tell(trial, attempt.value)
        else:
            pruned = attempt.state == "pruned"
            state = optuna.trial.TrialState.PRUNED if pruned else optuna.trial.TrialState.FAIL
            self._study.tell(trial, state=state)
        return True

    def _try(self, params: dict[str, Value], trial: optuna.Trial | None = None) -> Attempt:
        """Evaluate; what the model itself refuses is a failed attempt, and the search goes on."""
        self._tried.add(str(params))
        attempt = Attempt(len(self.attempts) + 1, params)
        started = self._clock()
        try:
            model = self._config.parameters(params)
            attempt.value = self._evaluate(model, _Watch(self, attempt, trial))
            attempt.state = "complete"
            self.rule.finished(str(params["MODE"]), attempt.curve)
        except Pruned:
            attempt.state, attempt.reason = (
                "pruned",
                "its validation error stays above the median of earlier trials",
            )
        except OutOfTime:
            attempt.state, attempt.reason = "out_of_time", "the minutes were used up"
        except (ValueError, ArithmeticError) as error:  # DataError is one
            attempt.state, attempt.reason = "failed", str(error) or type(error).__name__
        attempt.seconds = self._clock() - started
        self.attempts.append(attempt)
        self._told(attempt)
        return attempt

    def is_overtime(self) -> bool:
        """The first result is waited for whatever it takes."""
        return self._deadline is not None and self._clock() >= self._deadline and self.best is not None

    def _is_over(self) -> bool:
        return self.is_overtime() or len(self.attempts) >= self._config.trials

    def _why(self) -> Stopped:
        return "trials" if len(self.attempts) >= self._config.trials else "minutes"

    def _start(self, mode: str) -> dict[str, Value]:
        values = {self._name(mode, name): each.start for name, each in self._searched[mode].items()}
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
