"""The kinds of job that this server knows."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from services.workloads.backtest import WORKLOAD as BACKTEST
from services.workloads.base import Workload
from services.workloads.forecast import WORKLOADS as FORECAST
from services.workloads.search import WORKLOAD as SEARCH
from services.workloads.series_import import WORKLOAD as SERIES_IMPORT

WORKLOADS: dict[str, Workload] = {
    **FORECAST,
    **{each.name: each for each in (BACKTEST, SEARCH, SERIES_IMPORT)},
}


def load(extra_modules: Iterable[str] = ()) -> dict[str, Workload]:
    """The built-in workloads and those of further modules, which may not take a name twice."""
    known = dict(WORKLOADS)
    for module in extra_modules:
        added: dict[str, Workload] = import_module(module).WORKLOADS
        taken = sorted(known.keys() & added.keys())
        if taken:
            raise ValueError(f"{module} defines workloads that exist already: {', '.join(taken)}")
        known |= added
    return known
