"""The chosen candidates fitted on all samples and averaged: coefficients for the windows as they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.forecasting.exact.choice import MOST_COLUMNS, Candidate, groups, solve, together
from services.forecasting.exact.problem import Problem, Units, designs
from services.forecasting.exact.solve import Ladder

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Linear:
    """Per target: history (features, steps, horizon), shared (columns, horizon), intercept (horizon,)."""

    history: list[Array]
    shared: list[Array]
    intercept: list[Array]


def fit(
    problem: Problem, units: Units, index: Indices, chosen: list[list[Candidate]], day: int | None
) -> Linear:
    """`problem` is standardised with these units; the result applies to values in their own units.

    chosen[j] are the candidates whose average forecasts target j.
    """
    every = np.arange(problem.horizon)
    known = sum(part.steps for part in problem.shared)
    size = known + len(problem.history) * problem.steps
    weights = [np.zeros((size, problem.horizon)) for _ in problem.targets]
    levels = [np.zeros(problem.horizon) for _ in problem.targets]
    for plan in designs(problem, MOST_COLUMNS):
        for members in groups(plan):
            wanted = {c for m in members for t in m.targets for c in chosen[t] if c.design == plan.name}
            if not wanted:
                continue
            sums = together(problem, members, index, every)
            mean, inputs = sums.sums / sums.weight, members[0].inputs(problem, problem.steps)
            centred = sums.centred()
            for penalty in {each.penalty for each in wanted}:
                ladder = Ladder(centred, inputs, penalty)
                for each in (one for one in wanted if one.penalty == penalty):
                    for j in range(len(members[0].targets)):
                        lengths, solved = solve(
                            problem, members[0], ladder, each.look_back, j, len(every), day
                        )
                        if each.offset not in lengths:
                            continue
                        found = solved[lengths.index(each.offset)]
                        level = mean[inputs + j * len(every) + every] - mean[: len(found)] @ found
                        for member in members:
                            target = member.targets[j]
                            share = chosen[target].count(each) / len(chosen[target])
                            if share:
                                _add(weights[target], found * share, problem, member.history)
                                levels[target] += level * share
    return _own_units(problem, units, weights, levels)


def _add(total: Array, found: Array, problem: Problem, history: tuple[int, ...]) -> None:
    """Columns from the newest value back, features in turn, to feature by feature in the order of time."""
    known = sum(part.steps for part in problem.shared)
    total[:known] += found[:known]
    width, steps = len(history), problem.steps
    back = (len(found) - known) // max(1, width)  # a problem may have no history at all
    for place, feature in enumerate(history):
        first = known + feature * steps
        total[first + steps - back : first + steps] += found[known + place :: width][::-1]


def _own_units(problem: Problem, units: Units, weights: list[Array], levels: list[Array]) -> Linear:
    middles, spreads = [], []
    for part, (middle, spread) in zip(
        (*problem.shared, *problem.history), (*units.shared, *units.history), strict=True
    ):
        middles += [middle] * part.steps
        spreads += [spread] * part.steps
    known = sum(part.steps for part in problem.shared)
    history, shared, intercept = [], [], []
    for found, level, (middle, spread) in zip(weights, levels, units.targets, strict=True):
        own = found * spread / np.array(spreads)[:, None]
        shared.append(own[:known])
        history.append(own[known:].reshape(len(problem.history), problem.steps, problem.horizon))
        intercept.append(middle + spread * level - np.array(middles) @ own)
    return Linear(history, shared, intercept)
