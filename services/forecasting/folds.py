"""Rolling-origin folds: which samples a model is fitted on and judged by as the forecast origin moves on.

Source: Tashman, "Out-of-sample tests of forecasting accuracy", Int. J. Forecasting 16 (2000).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.errors import DataError
from services.forecasting.fold_spec import FoldSpec as FoldSpec
from services.forecasting.windows import HOUR

Indices = NDArray[np.int64]
# Without a wish the test parts together take this share of the time, so that the first fold can learn too.
TESTED_SHARE = 0.5


@dataclass(frozen=True)
class Fold:
    """Ascending indices of samples; between two of these parts lies at least the embargo."""

    train: Indices
    validation: Indices
    test: Indices


@dataclass(frozen=True)
class FoldPlan:
    """`final` is tested on the hold-out, which no fold touches; None without one. Times are ns."""

    folds: list[Fold]
    final: Fold | None
    test: int
    step: int
    embargo: int


def plan_folds(references: NDArray[np.int64], reach: tuple[int, int], spec: FoldSpec) -> FoldPlan:
    """Folds over ascending reference times (ns) whose windows reach `reach` (ns) before and after them.

    The test part of fold k holds the samples of [T_k, T_k + test); T_(k+1) = T_k + step, and the last part
    ends with the last sample before the hold-out. As in `split.honest_split`, a sample stays in an earlier
    part only while its windows end before those of the first sample of the later part begin.
    """
    embargo = _embargo(reach, spec)
    n = len(references)
    border = n - int(np.ceil(spec.holdout * n))
    usable = n if border == n else int(np.searchsorted(references, references[border] - embargo))
    span = int(references[usable - 1] - references[0]) if usable else 0
    test = max(1, round(span * TESTED_SHARE / spec.count)) if spec.test is None else spec.test
    step = test if spec.step is None else spec.step
    sizes = {"samples": n, "before_holdout": usable, "folds": spec.count, "test_hours": test / HOUR}
    sizes |= {"step_hours": step / HOUR, "embargo_hours": embargo / HOUR}
    start = int(references[0]) + span + 1 - test - step * (spec.count - 1)
    if usable == 0 or start <= references[0]:
        needed = (test + step * (spec.count - 1) + embargo) / HOUR
        raise _refusal(f"the test parts and one embargo take {needed:g} h of {span / HOUR:g} h", sizes)
    length = start - int(references[0])
    folds = []
    for k in range(spec.count):
        begin = start + k * step
        tested = np.arange(*np.searchsorted(references[:usable], [begin, begin + test]))
        oldest = int(references[0]) if spec.window == "expanding" else begin - length
        folds.append(_fold(references, tested, oldest, embargo, spec.validation))
        _refuse_empty(folds[-1], f"fold {k + 1} of {spec.count}", spec, sizes)
    final = None
    if border < n:
        oldest = int(references[0]) if spec.window == "expanding" else int(references[border]) - length
        final = _fold(references, np.arange(border, n), oldest, embargo, spec.validation)
        _refuse_empty(final, "the hold-out", spec, sizes)
    return FoldPlan(folds, final, test, step, embargo)


def _embargo(reach: tuple[int, int], spec: FoldSpec) -> int:
    least = reach[1] - reach[0]
    if spec.embargo is not None and spec.embargo < least:
        raise DataError(
            "EMBARGO_TOO_SHORT",
            f"embargo_hours is {spec.embargo / HOUR:g}; the windows of a sample span {least / HOUR:g} h, and "
            "with less between them training and test samples share instants",
            suggestion=f"Leave it out, or use at least {least / HOUR:g}",
            details={"field": "folds.embargo_hours", "limit": least / HOUR},
        )
    return least if spec.embargo is None else spec.embargo


def _fold(references: NDArray[np.int64], tested: Indices, oldest: int, embargo: int, share: float) -> Fold:
    """What lies between `oldest` and the test part, the newest `share` of it kept for validation."""
    if len(tested) == 0:
        return Fold(tested, tested, tested)
    low, high = np.searchsorted(references, [oldest, references[tested[0]] - embargo])
    known = np.arange(low, max(low, high))
    border = len(known) - round(share * len(known))
    train, validation = known[:border], known[border:]
    if len(validation):
        train = train[references[train] < references[validation[0]] - embargo]
    return Fold(train, validation, tested)


def _refuse_empty(fold: Fold, which: str, spec: FoldSpec, sizes: dict[str, Any]) -> None:
    counts = {"train": len(fold.train), "validation": len(fold.validation), "test": len(fold.test)}
    needed = [name for name in counts if name != "validation" or spec.validation > 0]
    missing = [name for name in needed if counts[name] == 0]
    if missing:
        raise _refusal(f"{which} has no samples for {' and '.join(missing)}", {**sizes, **counts})


def _refusal(why: str, sizes: dict[str, Any]) -> DataError:
    return DataError(
        "NOT_ENOUGH_SAMPLES",
        f"The data are too short for these folds: {why} ({sizes['samples']} samples, "
        f"{sizes['folds']} folds of {sizes['test_hours']:g} h every {sizes['step_hours']:g} h, "
        f"{sizes['embargo_hours']:g} h between training and test)",
        suggestion="Use fewer folds, a smaller test_hours or step_hours, less hold-out, or upload more data",
        details={"field": "folds", **sizes},
    )
