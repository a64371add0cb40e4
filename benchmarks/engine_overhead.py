"""What the engine costs a training: reports, leases, events and checkpoints, at the default settings.

One thread, batches of 32, a look-back of 336 for 96 steps: networks from one whose step takes a fifth of a
millisecond, so that epochs pass faster than anybody could watch, to one with millions of weights, whose
checkpoints are large. "held up" is the time that the training waits for reports and checkpoints, the disk
included; "CPU" is theirs and that of the thread which renews the lease, as a share of all, and the one
that is judged: it hangs least on what else the machine does. A first checkpoint comes after ten seconds,
whatever it costs; the next ones keep to their share.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from contextlib import suppress
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before the libraries read it
os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
os.environ["TF_NUM_INTEROP_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.live_job import LiveCheckpoints, live_report
from benchmarks.training_step import BATCH, a_net, the_samples
from services.forecasting.dataset import Samples
from services.forecasting.models.keras_loop import Loop, Plan
from services.forecasting.models.parameters import ModelParams

NETS: dict[str, dict[str, Any]] = {
    "NLinear": {"MODE": "NLinear"},
    "MLP 256-256": {"MODE": "Dense", "LAY": 2, "N": 256},
    "MLP 2048-2048": {"MODE": "Dense", "LAY": 2, "N": 2048},
    "LSTM 32": {"MODE": "LSTM", "LAY": 1, "N": 32},
}
GOAL = 0.01
COLUMNS = "network", "seconds", "epochs", "reports", "checkpoints", "lease", "held up", "CPU"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="length of each training, about")
    parser.add_argument("--nets", nargs="*", default=list(NETS), choices=list(NETS))
    given = parser.parse_args()
    samples, few = the_samples()
    print(" | ".join(COLUMNS))
    shares = [_row(name, ModelParams(**NETS[name]), samples, few, given.seconds) for name in given.nets]
    print(f"load {os.getloadavg()[0]:.1f}; goal: at most {GOAL:.0%} together")
    return 0 if max(shares) <= GOAL else 1


def _row(name: str, params: ModelParams, samples: Samples, few: Samples, seconds: float) -> float:
    plan = Plan(
        10**6, BATCH, patience=10**6, rate=1e-4, clip_norm=1.0, seed=1, products=params.MODE != "LSTM"
    )
    with live_report() as report:
        deadline = time.monotonic() + seconds
        checkpoints = _Until(deadline, LiveCheckpoints(report.run))
        report(0, 1, message="the first report also prepares statements")
        report.reset()
        lease = _CpuOf("heartbeat")
        loop = Loop(a_net(params), plan, samples, few, report)
        with suppress(_Over):
            loop.run(checkpoints)
        told, offered, taken = report.spent, checkpoints.inner.offered, checkpoints.inner.taken
        cpu, wall = report.cpu_and_wall()
        waits = told.wall_seconds + offered.wall_seconds + taken.wall_seconds
        beats = lease.seconds()
        works = told.cpu_seconds + offered.cpu_seconds + taken.cpu_seconds + beats
    cells = [
        name,
        f"{wall:.0f}",
        f"{loop.epochs_done}",
        f"{told.count} of {told.ms_each()} ms",
        f"{taken.count} of {taken.ms_each()} ms",
        f"{beats / cpu:.2%}",
        f"{waits / wall:.2%}",
        f"{works / cpu:.2%}",
    ]
    print(" | ".join(cells), flush=True)
    return works / cpu


class _Over(Exception):
    """The training has lasted long enough."""


class _Until:
    """services.forecasting.models.checkpoints.Checkpoints that ends the training after an epoch."""

    def __init__(self, deadline: float, inner: LiveCheckpoints) -> None:
        self.inner = inner
        self._deadline = deadline

    def last(self) -> None:
        return None

    def finish_asked(self) -> bool:
        return self.inner.finish_asked()

    def offer(self, *given: Any, **named: Any) -> None:
        self.inner.offer(*given, **named)
        if time.monotonic() >= self._deadline:
            raise _Over


class _CpuOf:
    """CPU seconds that a thread has used from now on."""

    def __init__(self, name: str) -> None:
        thread = next(each for each in threading.enumerate() if each.name == name)
        assert thread.ident is not None
        self._clock = time.pthread_getcpuclockid(thread.ident)
        self._before = time.clock_gettime(self._clock)

    def seconds(self) -> float:
        return time.clock_gettime(self._clock) - self._before


if __name__ == "__main__":
    sys.exit(main())
