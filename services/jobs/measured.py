"""What a job has measured so far: the last value of every metric, which were no numbers, and the best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Values = Mapping[str, float | None]  # null: was not a finite number


class Objective(NamedTuple):
    metric: str
    mode: Literal["min", "max"] = "min"


# what "best" means where a workload says nothing; the first of them that is measured counts
OBJECTIVES = (Objective("val_loss"), Objective("loss"), Objective("train_loss"))


class Measured:
    """The side of a progress object that concerns quality."""

    def __init__(self, objective: Objective | None = None) -> None:
        self._objectives = OBJECTIVES if objective is None else (objective,)
        self._metrics: dict[str, float | None] = {}
        self._non_finite: list[str] = []
        self._best: dict[str, Any] | None = None
        self._is_best = False
        self.learning_rate: float | None = None

    def take(self, epoch: int | None, values: Values) -> None:
        """Metrics of an epoch, or of whatever the job goes through."""
        self._metrics.update(values)
        self._non_finite = sorted(name for name, value in self._metrics.items() if value is None)
        self.learning_rate = values.get("learning_rate", self.learning_rate)
        for rank, (metric, mode) in enumerate(self._objectives):
            value = values.get(metric)
            if value is not None:
                self._compare(rank, metric, mode, epoch, value)
                break
        else:
            self._is_best = False

    def _compare(self, rank: int, metric: str, mode: str, epoch: int | None, value: float) -> None:
        best = self._best
        ranks = [objective.metric for objective in self._objectives]
        if best is not None and ranks.index(best["metric"]) < rank:
            self._is_best = False  # what counts was not measured this time
            return
        sign = -1 if mode == "max" else 1
        self._is_best = best is None or best["metric"] != metric or sign * value < sign * best["value"]
        if self._is_best:
            self._best = {"epoch": epoch, "metric": metric, "value": value}

    def tell(self) -> dict[str, Any]:
        return {
            "metrics": dict(self._metrics),
            "non_finite": list(self._non_finite),
            "is_best": self._is_best,
            "best": None if self._best is None else dict(self._best),
            "learning_rate": self.learning_rate,
        }

    def restore(self, told: Mapping[str, Any]) -> None:
        """Go on from what `tell` gave in an earlier attempt."""
        self._metrics = dict(told["metrics"])
        self._non_finite = list(told["non_finite"])
        self._is_best = bool(told["is_best"])
        known = told["best"] is not None and any(
            told["best"]["metric"] == each.metric for each in self._objectives
        )
        self._best = dict(told["best"]) if known else None
        self.learning_rate = told["learning_rate"]
