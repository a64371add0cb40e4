"""One finding of the data-care report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from services.forecasting.care.recipe import Action, RecipeStep

Kind = Literal[
    "gap",
    "missing",
    "flatline",
    "spike",
    "outlier",
    "level_shift",
    "duplicate",
    "clock_change",
    "disorder",
]
Severity = Literal["high", "medium", "low", "info"]
MOST = 300  # of each kind are described one by one
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low", "info")


@dataclass(frozen=True)
class Finding:
    """Where (`start`, `end`: ns since 1970, both belong to it), how many rows, how large, in which unit.

    `score` orders findings of one severity; `fix` is the step of a recipe that would mend it.
    """

    kind: Kind
    start: int
    end: int
    rows: int
    size: float
    unit: str
    severity: Severity
    message: str
    score: float = 0.0
    fix: RecipeStep | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "from": stamp(self.start),
            "to": stamp(self.end),
            "rows": self.rows,
            "size": self.size,
            "unit": self.unit,
            "severity": self.severity,
            "message": self.message,
            "fix": None if self.fix is None else self.fix.to_json(),
        }


@dataclass(frozen=True)
class Found:
    """How many findings of a kind there are, and the worst of them; a damaged file has a million."""

    kind: Kind
    count: int
    listed: list[Finding]


def worst(score: NDArray[np.float64] | NDArray[np.int64]) -> list[int]:
    """Places of the highest scores, the later first among equals."""
    place = np.arange(len(score))
    if len(score) > MOST:
        limit = np.partition(score, len(score) - MOST)[len(score) - MOST]
        above, equal = np.flatnonzero(score > limit), np.flatnonzero(score == limit)
        place = np.concatenate([above, equal[len(above) - MOST :]])
    return [int(i) for i in place[np.lexsort((-place, -score[place]))]]


def stamp(time: int) -> str:
    """ISO, UTC; fractions of a second only where there are any."""
    text = str(np.datetime_as_string(np.datetime64(time // 1000, "us"), unit="us"))
    return text.removesuffix(".000000") + "Z"


def step(action: Action, start: int, end: int, **more: Any) -> RecipeStep:
    """A step on these instants (ns); the end is rounded up to the next microsecond, which ISO can say."""
    begin, finish = stamp(start), stamp(-(-end // 1000) * 1000)
    return RecipeStep.model_validate({"action": action, "from": begin, "to": finish, **more})


def graded(score: float) -> Severity:
    """By how many times a limit is exceeded."""
    return "high" if score >= 3 else "medium" if score >= 1.5 else "low"
