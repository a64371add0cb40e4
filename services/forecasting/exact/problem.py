"""What is to be forecast from what: features of the past, inputs known for every sample, targets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.forecasting.exact.moments import Moments, moments
from services.forecasting.exact.parts import Part, runs
from services.forecasting.exact.solve import Offset

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Problem:
    """`history` windows end at the newest known value and have `steps` each; `shared` inputs are seen by
    every candidate; target j continues `history[anchors[j]]`, where that is not None."""

    history: tuple[Part, ...]
    shared: tuple[Part, ...]
    targets: tuple[Part, ...]
    anchors: tuple[int | None, ...]

    @property
    def steps(self) -> int:
        return self.history[0].steps if self.history else 0

    @property
    def horizon(self) -> int:
        return self.targets[0].steps


@dataclass(frozen=True)
class Units:
    """Middle and spread by which each feature is standardised; a target has those of its anchor."""

    history: tuple[tuple[float, float], ...]
    shared: tuple[tuple[float, float], ...]
    targets: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Member:
    """One regression: the targets and the features of the past it sees."""

    history: tuple[int, ...]
    targets: tuple[int, ...]

    def inputs(self, problem: Problem, look_back: int) -> int:
        """How many columns a look-back takes."""
        return self.known(problem) + look_back * len(self.history)

    def known(self, problem: Problem) -> int:
        return sum(part.steps for part in problem.shared)


@dataclass(frozen=True)
class Design:
    """Members of one design; `pooled`: they share their coefficients."""

    name: str
    members: tuple[Member, ...]
    pooled: bool = False


def standardise(problem: Problem, index: Indices) -> tuple[Problem, Units]:
    """Every feature in units of its spread over these samples; a constant one only loses its middle."""
    history = [_unit(part, index) for part in problem.history]
    shared = [_unit(part, index) for part in problem.shared]
    targets = [
        _unit(part, index) if anchor is None else history[anchor]
        for part, anchor in zip(problem.targets, problem.anchors, strict=True)
    ]
    changed = replace(
        problem,
        history=_all(problem.history, history),
        shared=_all(problem.shared, shared),
        targets=_all(problem.targets, targets),
    )
    return changed, Units(tuple(history), tuple(shared), tuple(targets))


def designs(problem: Problem, most_columns: int) -> list[Design]:
    """`own`: a target from its own past; `pooled`: the same with coefficients in common; `all`: from the
    past of everything, while that stays below a number of columns."""
    anchored = [j for j, anchor in enumerate(problem.anchors) if anchor is not None]
    everything = tuple(range(len(problem.history)))
    found: list[Design] = []
    if len(anchored) == len(problem.targets):
        members = tuple(Member((_anchor(problem, j),), (j,)) for j in anchored)
        found.append(Design("own", members))
        if len(members) > 1:
            found.append(Design("pooled", members, pooled=True))
    whole = Member(everything, tuple(range(len(problem.targets))))
    few = whole.inputs(problem, problem.steps) + problem.horizon * len(problem.targets) <= most_columns
    if (len(everything) > 1 and few) or not found:
        found.append(Design("all", (whole,)))
    return found


def member_moments(problem: Problem, member: Member, index: Indices, judged: Indices) -> Moments:
    """Columns: shared inputs, the past from the newest value back, the judged steps of the targets."""
    past = [problem.history[i] for i in member.history]
    targets = [problem.targets[j] for j in member.targets]
    found = moments([*problem.shared, *past, *targets], index)
    return found.pick(
        _order(member.known(problem), problem.steps, len(past), judged, problem.horizon, len(targets))
    )


def offset_of(problem: Problem, member: Member, target: int, length: int, judged: int) -> Offset:
    """The mean of the newest `length` values of the target's own past, taken from that past and from it."""
    known, width = member.known(problem), len(member.history)
    size = member.inputs(problem, problem.steps) + judged * len(member.targets)
    place = member.history.index(_anchor(problem, member.targets[target]))
    past = known + place + width * np.arange(problem.steps)
    weights, carriers = np.zeros(size), np.zeros(size)
    weights[past[:length]] = 1 / length
    carriers[past] = 1
    return Offset(weights, carriers)


def _anchor(problem: Problem, target: int) -> int:
    anchor = problem.anchors[target]
    assert anchor is not None
    return anchor


def _order(known: int, steps: int, width: int, judged: Indices, horizon: int, targets: int) -> Indices:
    past = known + steps * np.arange(width)[None, :] + np.arange(steps)[::-1, None]
    first = known + steps * width
    after = first + horizon * np.arange(targets)[:, None] + judged[None, :]
    return np.concatenate([np.arange(known), past.ravel(), after.ravel()])


def _unit(part: Part, index: Indices) -> tuple[float, float]:
    newest = [part.step(run, part.steps - 1) for run in runs(index)]
    values = np.concatenate(newest)
    spread = float(values.std())
    return float(values.mean()), spread if spread > 0 else 1.0


def _all(parts: tuple[Part, ...], units: list[tuple[float, float]]) -> tuple[Part, ...]:
    return tuple(part.standardised(*unit) for part, unit in zip(parts, units, strict=True))
