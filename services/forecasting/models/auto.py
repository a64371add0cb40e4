"""AUTO: hundreds of exact linear models judged by rolling-origin folds, the best few averaged into one."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from services.forecasting.dataset import Samples as DatasetSamples
from services.forecasting.exact.choice import Candidate, Setup, choose, judge
from services.forecasting.exact.fit import Linear, fit
from services.forecasting.exact.from_samples import Layout
from services.forecasting.exact.problem import standardise
from services.forecasting.exact.solve import IllConditioned
from services.forecasting.models.base import FitInfo, Report, Samples, Shape
from services.forecasting.models.linear import DirectLinear

FOLD_SHARE = 0.9  # of the progress; the rest is the final fit


class Auto(DirectLinear):
    """A DirectLinear whose coefficients come from the exact search; samples must be those of a dataset.

    `anchors[j]` is the input column that is output j's own past, `pasts` are all that end at the reference
    time. Only training samples are used: the folds lie inside them.
    """

    def __init__(self, anchors: Sequence[int | None], pasts: Sequence[int]) -> None:
        super().__init__()
        self.anchors = list(anchors)
        self.pasts = list(pasts)
        self.chosen: list[list[Candidate]] = []  # per output
        self.judged = self.folds = 0

    def fit(self, train: Samples, validation: Samples, report: Report) -> FitInfo:
        if not isinstance(train, DatasetSamples):
            raise TypeError("AUTO reads the columns of a dataset, not windows")
        began = time.process_time()
        layout = Layout(train, self.anchors, self.pasts)
        problem, units = standardise(layout.problem, layout.index)
        setup = Setup(embargo=train.ahead + 1, day=layout.day)

        def told(current: float, total: float) -> None:
            report(FOLD_SHARE * current / total, 1, message=f"Judged {current:g} of {total:g}")

        scores = judge(problem, layout.index, setup, told)
        self.chosen = chosen = choose(problem, scores, setup)
        self.judged, self.folds = scores.errors.shape[:2]
        try:
            found = fit(problem, units, layout.index, chosen, setup.day)
            failed = []
        except IllConditioned as error:
            found = _means(layout)
            failed = [f"No linear model could be fitted ({error}): the mean is forecast"]
        self.shape = Shape.of(train)
        self.coefficients, self.intercept = layout.coefficients(found)
        report(1, 1, message="Solved")
        notes = [*_notes(self.judged, self.folds, chosen, time.process_time() - began), *failed]
        return FitInfo(notes=notes)


def _means(layout: Layout) -> Linear:
    """Nothing but the mean of every step of every target."""
    problem = layout.problem
    zero = np.zeros((len(problem.history), problem.steps, problem.horizon))
    flat = np.zeros((sum(part.steps for part in problem.shared), problem.horizon))
    count = len(problem.targets)
    return Linear(
        [zero] * count, [flat] * count, [part.at(layout.index).mean(axis=0) for part in problem.targets]
    )


def _notes(judged: int, folds: int, chosen: list[list[Candidate]], seconds: float) -> list[str]:
    if not judged:
        return ["Too few samples to judge linear models by folds: one cautious model is fitted"]
    return [
        f"{judged} linear models judged on {folds} folds in {seconds:.1f} s of processor time",
        f"Best for the first output: {describe(chosen[0][0])}; averaged with {len(chosen[0]) - 1} more",
    ]


def describe(candidate: Candidate) -> str:
    """One candidate in words."""
    offset = {0: "no offset", 1: "the last value taken off"}.get(
        candidate.offset, f"the mean of the last {candidate.offset} taken off"
    )
    return f"{candidate.design}, look-back {candidate.look_back}, {offset}, penalty {candidate.penalty:g}"
