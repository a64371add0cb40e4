"""Which linear models forecast best: every candidate judged by rolling-origin folds inside the training part.

The chosen few are averaged, which for linear models gives one linear model again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.forecasting.exact.moments import Moments
from services.forecasting.exact.problem import Design, Member, Problem, designs, member_moments, offset_of
from services.forecasting.exact.solve import IllConditioned, Ladder, deviations, squared_errors

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

FOLDS = 5
# The folds judge the newest share of the samples; what is before them is the least that trains.
JUDGED_SHARE = 0.6
JUDGED_STEPS = 16
# The finer grid where a factor costs little; errors change slowly between its points.
PENALTIES = (1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1)
COARSE = (3e-3, 3e-2, 3e-1)
FEW_COLUMNS = 600
SHARES = (1 / 8, 1 / 4, 3 / 8, 1 / 2, 3 / 4, 1.0)
LOOK_BACKS_AVERAGED = 3
FARTHEST = 1.35  # times the error of the best
FEW_SAMPLES = 40
MOST_COLUMNS = 3000


@dataclass(frozen=True)
class Candidate:
    """A linear model to be fitted; `offset` counts the newest values whose mean is taken away, 0 for none."""

    design: str
    look_back: int
    offset: int
    penalty: float


@dataclass(frozen=True)
class Setup:
    """How the folds lie: `embargo` samples keep a training target out of the judged time; `day` in steps."""

    embargo: int
    day: int | None = None
    folds: int = FOLDS


@dataclass
class Scores:
    """Mean squared error of every candidate, fold and target, standardised; NaN where it cannot be fitted."""

    candidates: list[Candidate]
    errors: Array  # (candidates, folds, targets)
    notes: list[str] = field(default_factory=list)


def look_backs(problem: Problem, day: int | None) -> list[int]:
    """Shares of the window, rounded to whole weeks or days where it is that long."""
    found = set()
    for share in SHARES:
        steps = max(1, round(share * problem.steps))
        for period in (7 * day, day) if day and share < 1 else ():
            if steps >= period:
                steps = round(steps / period) * period
                break
        found.add(min(steps, problem.steps))
    return sorted(found)


def offsets(look_back: int, day: int | None) -> list[int]:
    lengths = [0, 1] if day is None else [0, 1, day, 7 * day]
    return [length for length in dict.fromkeys(lengths) if length <= look_back]


def fold_ranges(index: Indices, setup: Setup) -> list[tuple[Indices, Indices]]:
    """(training, judged) samples, oldest fold first; none where there are too few samples."""
    n = len(index)
    size = int(n * JUDGED_SHARE) // setup.folds
    result = []
    for k in range(setup.folds):
        begin = n - size * (setup.folds - k)
        judged = index[begin : begin + size]
        training = index[:begin]
        if size:
            training = training[training <= judged[0] - setup.embargo]
        if size and len(training) >= FEW_SAMPLES:
            result.append((training, judged))
    return result


def judge(problem: Problem, index: Indices, setup: Setup, report: Callable[[float, float], None]) -> Scores:
    """Errors of all candidates on all folds; `problem` must be standardised."""
    folds = fold_ranges(index, setup)
    plans = designs(problem, MOST_COLUMNS)
    steps = np.unique(np.linspace(0, problem.horizon - 1, JUDGED_STEPS).round().astype(np.int64))
    found: dict[Candidate, Array] = {}
    refused: set[str] = set()
    fitted = [(plan, members) for plan in plans for members in groups(plan)]
    for number, (training, judged) in enumerate(folds):
        known: dict[Member, tuple[Moments, Moments]] = {}  # of designs with the same members
        for done, (plan, members) in enumerate(fitted):
            for member in members:
                if member not in known:
                    parts = (training, judged)
                    first, second = (member_moments(problem, member, part, steps) for part in parts)
                    known[member] = first, second
            fold = _fold(problem, [known[member] for member in members], members[0], len(steps))
            for candidate, target, error in _errors(problem, plan, members, fold, setup, refused):
                place = found.setdefault(candidate, np.full((len(folds), len(problem.targets)), np.nan))
                place[number, target] = error
            report(number * len(fitted) + done + 1, len(folds) * len(fitted))
    candidates = [each for each, errors in found.items() if np.isfinite(errors).all()]
    shape = (len(candidates), len(folds), len(problem.targets))
    errors = np.array([found[each] for each in candidates]).reshape(shape)
    return Scores(candidates, errors, sorted(refused))


def groups(plan: Design) -> list[tuple[Member, ...]]:
    """Members that are fitted together: all of a pooled design, else each alone."""
    return [plan.members] if plan.pooled else [(member,) for member in plan.members]


def together(problem: Problem, members: tuple[Member, ...], index: Indices, steps: Indices) -> Moments:
    """The moments of one group; pooled members train on their sum."""
    total = member_moments(problem, members[0], index, steps)
    for member in members[1:]:
        total = total + member_moments(problem, member, index, steps)
    return total


@dataclass(frozen=True)
class _Fold:
    """One group on one fold: deviations from the training means, inputs first."""

    training: Array
    judged: list[Array]
    weight: float
    inputs: int
    per_target: int


def _fold(problem: Problem, found: list[tuple[Moments, Moments]], member: Member, per_target: int) -> _Fold:
    """Members that are fitted together train on the sum of their moments."""
    known = found[0][0]
    for more, _ in found[1:]:
        known = known + more
    mean = known.sums / known.weight
    truth = [deviations(judged, mean) for _, judged in found]
    inputs = member.inputs(problem, problem.steps)
    return _Fold(known.centred(), truth, found[0][1].weight, inputs, per_target)


def _errors(
    problem: Problem,
    plan: Design,
    members: tuple[Member, ...],
    fold: _Fold,
    setup: Setup,
    refused: set[str],
) -> Iterator[tuple[Candidate, int, float]]:
    """Mean squared error of every candidate for every target of the group."""
    for penalty in PENALTIES if fold.inputs <= FEW_COLUMNS else COARSE:
        try:
            ladder = Ladder(fold.training, fold.inputs, penalty)
        except IllConditioned as error:
            refused.add(f"penalty {penalty:g}: {error}")
            continue
        for look_back in look_backs(problem, setup.day):
            for j in range(len(members[0].targets)):
                lengths, solved = solve(problem, members[0], ladder, look_back, j, fold.per_target, setup.day)
                targets = np.tile(j * fold.per_target + np.arange(fold.per_target), len(lengths))
                stacked = np.hstack(solved)
                for member, judged in zip(members, fold.judged, strict=True):
                    errors = squared_errors(judged, fold.inputs, targets, stacked)
                    means = errors.reshape(len(lengths), -1).mean(axis=1) / fold.weight
                    for length, mean in zip(lengths, means, strict=True):
                        candidate = Candidate(plan.name, look_back, length, penalty)
                        yield candidate, member.targets[j], float(mean)


def solve(
    problem: Problem,
    member: Member,
    ladder: Ladder,
    look_back: int,
    target: int,
    per_target: int,
    day: int | None,
) -> tuple[list[int], list[Array]]:
    """Coefficients (inputs, steps) of one target of a member, for every offset removal."""
    anchored = problem.anchors[member.targets[target]] is not None
    lengths = offsets(look_back, day) if anchored else [0]
    removed = [offset_of(problem, member, target, n, per_target) if n else None for n in lengths]
    columns = target * per_target + np.arange(per_target)
    return lengths, ladder.coefficients(member.inputs(problem, look_back), columns, removed)


def choose(problem: Problem, scores: Scores, setup: Setup) -> list[list[Candidate]]:
    """For every target the candidates whose average is taken, by the geometric mean of their errors over the
    folds, which no single bad fold decides. Of every way to take the level off and every design the best few
    look-backs count: which of these ways will hold in a year the folds cannot tell. Without folds one
    cautious candidate."""
    if not len(scores.candidates):
        return [[_cautious(problem, anchor)] for anchor in problem.anchors]
    with np.errstate(divide="ignore"):
        marks = np.log(scores.errors).mean(axis=1)
    return [_best(scores.candidates, marks[:, j]) for j in range(len(problem.targets))]


def _best(candidates: list[Candidate], marks: Array) -> list[Candidate]:
    found: dict[tuple[str, int], dict[int, Candidate]] = {}
    for i in np.argsort(marks, kind="stable"):
        each = candidates[i]
        kind = found.setdefault((each.design, each.offset), {})
        near = marks[i] <= marks.min() + np.log(FARTHEST) or not np.isfinite(marks.min())
        if near and len(kind) < LOOK_BACKS_AVERAGED:
            kind.setdefault(each.look_back, each)
    return [each for kind in found.values() for each in kind.values()]


def _cautious(problem: Problem, anchor: int | None) -> Candidate:
    return Candidate(designs(problem, MOST_COLUMNS)[0].name, problem.steps, 0 if anchor is None else 1, 1e-2)
