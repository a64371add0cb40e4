"""How the folds of a backtest are to lie; read by the web process too, so without numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Window = Literal["expanding", "sliding"]


@dataclass(frozen=True)
class FoldSpec:
    """Times are ns; None: `test` shares half of the time among the folds, `step` is as long as `test`,
    `embargo` as long as the windows reach. `validation` is a share of each fold's training part,
    `holdout` of all samples."""

    count: int = 5
    step: int | None = None
    test: int | None = None
    window: Window = "expanding"
    embargo: int | None = None
    validation: float = 0.2
    holdout: float = 0.0
