"""The item-wise workloads with traps on their way; a server loads them by TRAINYARD_EXTRA_WORKLOADS."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from unittest import mock

from pydantic import BaseModel

from services.forecasting.errors import DataError
from services.workloads.backtest import WORKLOAD as BACKTEST
from services.workloads.backtest.config import BacktestConfig
from services.workloads.search import WORKLOAD as SEARCH
from services.workloads.search.config import SearchConfig

PATIENCE_SECONDS = 30.0
# Made anew each time: an exception holds on to all that it passed through.
FAILURES: dict[str, Callable[[], Exception]] = {
    "fail": lambda: DataError("TRAPPED", "It failed"),
    "crash": lambda: RuntimeError("a bug"),
    "full": lambda: OSError(errno.ENOSPC, "No space left on device"),
}


class Trap(BaseModel):
    """Springs in the first attempt, at the first report that says this."""

    at: str
    what: Literal["kill", "fail", "crash", "full", "hold"]


class TrappedBacktest(BacktestConfig):
    traps: tuple[Trap, ...] = ()
    mended: str = "/nowhere"


class TrappedSearch(SearchConfig):
    traps: tuple[Trap, ...] = ()
    mended: str = "/nowhere"


class Trapped:
    """A Run whose reports run into traps; where `mended` exists nothing fails any more."""

    def __init__(self, run: Any, config: TrappedBacktest | TrappedSearch) -> None:
        self._run = run
        self._traps = [] if Path(config.mended).exists() else list(config.traps)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    def report(self, **told: Any) -> None:
        said = f"{told.get('message')}:"
        for trap in [each for each in self._traps if said.startswith(f"{each.at}:")]:
            if trap.what in FAILURES:
                self._traps.remove(trap)
                raise FAILURES[trap.what]()
            if self._run.attempt > 1:
                continue
            if trap.what == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not self._run._heartbeat.pause_requested and time.monotonic() < deadline:
                time.sleep(0.01)
        self._run.report(**told)


def backtest(run: Any, config: TrappedBacktest) -> Mapping[str, Any]:
    from services.workloads.backtest import backtesting

    return backtesting.train(Trapped(run, config), config)  # type: ignore[arg-type]


def search(run: Any, config: TrappedSearch) -> Mapping[str, Any]:
    from services.workloads.forecast import exports
    from services.workloads.search import searching

    with mock.patch.object(exports, "export", _predictions_alone):
        return searching.train(Trapped(run, config), config)  # type: ignore[arg-type]


def _predictions_alone(run: Any, trained: Any, results: Any, *_more: Any) -> dict[str, Any]:
    """Plots and archive are other tests'."""
    from services.workloads.forecast import exports

    key = exports.save_predictions(run, trained, results["skill"])
    return {"predictions_key": key, "archive_key": None, "archive_bytes": 0, "plots": []}


_TRAPPED = (
    replace(BACKTEST, name="trapped_backtest", config=TrappedBacktest, train=f"{__name__}:backtest"),
    replace(SEARCH, name="trapped_search", config=TrappedSearch, train=f"{__name__}:search"),
)
WORKLOADS = {workload.name: workload for workload in _TRAPPED}
