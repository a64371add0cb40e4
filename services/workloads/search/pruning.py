"""When a trial is ended early: its curve stays above the median of those before it, of the same MODE.

The median rule of Golovin et al., "Google Vizier", KDD 2017. Optuna's own MedianPruner compares all trials
with each other, which would set epochs of a network against trees.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class MedianRule:
    """Curves of finished trials by MODE: the best value until each step."""

    needed: int = 3  # finished trials of a MODE before one of it is judged
    warm_up: float = 1 / 3  # share of its steps that every trial gets: a small learning rate begins slowly
    curves: dict[str, list[dict[int, float]]] = field(default_factory=dict)

    def hopeless(self, mode: str, curve: Mapping[int, float], of: int) -> bool:
        """`curve` maps steps, ascending, to validation errors; `of` is the most steps it may get."""
        step = max(curve)
        others = [best[step] for best in self.curves.get(mode, []) if step in best]
        if len(others) < self.needed or step <= self.warm_up * of:
            return False
        return min(curve.values()) > statistics.median(others)

    def finished(self, mode: str, curve: Mapping[int, float]) -> None:
        """A trial that ran to its end is what later ones are compared with."""
        best: dict[int, float] = {}
        lowest = float("inf")
        for step, value in curve.items():
            best[step] = lowest = min(lowest, value)
        self.curves.setdefault(mode, []).append(best)
