"""Fits that are stopped after an epoch and go on elsewhere; also a program, for a process of its own."""

from __future__ import annotations

import hashlib
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from services.forecasting.models import create
from services.forecasting.models.base import Model
from services.forecasting.models.checkpoints import Save
from services.forecasting.models.parameters import ModelParams
from tests.forecasting.learning import Reports, Task, task

NETS: dict[str, dict[str, Any]] = {
    "Dense": {"N": 16, "EP": 7},
    "Dense by XLA": {"N": 16, "EP": 500, "PATIENCE": 5, "LEARNING_RATE": 0.02},
    "NLinear": {"EP": 5},
    "CNN": {"N": 8, "EP": 5, "LAY": 1},
    "AR LSTM": {"N": 4, "LAY": 1, "EP": 8},  # told the truth in the first two epochs
}


# Of each kind of loop one; the others differ by what XLA or a convolution makes of the same steps.
USUAL, SLOW = ("Dense", "NLinear", "AR LSTM"), ("Dense by XLA", "CNN")


class Stopped(Exception):
    """As Paused of a job."""


class Folders:
    """services.forecasting.models.checkpoints.Checkpoints that stops a fit once, after the given offer."""

    def __init__(self, place: Path, stop_after: int | None = None) -> None:
        self.place, self.stop_after = place, stop_after
        self.finish_after: int | None = None  # offers
        self.offered: list[tuple[int, int | None]] = []

    def last(self) -> Path | None:
        return self.place / "last" if self.stop_after is None else None

    def offer(self, save: Save, *, step: int, epoch: int | None = None, best: Save | None = None) -> None:
        self.offered.append((step, epoch))
        if len(self.offered) == self.stop_after:
            for name, write in (("last", save), ("best", best)):
                if write is not None:
                    (self.place / name).mkdir(parents=True)
                    write(self.place / name)
            raise Stopped

    def finish_asked(self) -> bool:
        return self.finish_after is not None and len(self.offered) >= self.finish_after


@cache
def small_task() -> Task:
    return task(input_steps=6, output_steps=2, hours=24 * 10)


def model_of(name: str, **more: Any) -> Model:
    params = ModelParams(MODE=name.removesuffix(" by XLA"), **{**NETS.get(name, {}), **more})  # type: ignore[arg-type]
    return create(params, "honest", anchors=[0, None])


def outcome(model: Model, reports: Reports | None = None) -> dict[str, Any]:
    """Everything that must not change: JSON keeps every bit of a float."""
    about = small_task()
    fit = model.fit(about.train, about.validation, reports or Reports())
    forecasts = model.predict(about.test.x(slice(0, len(about.test))))
    return {
        "history": fit.history,
        "epochs": fit.epochs_completed,
        "stopped_early": fit.stopped_early,
        "notes": fit.notes,
        "forecasts": hashlib.sha256(forecasts.tobytes()).hexdigest(),
    }


def main(place: Path, *names: str) -> None:
    found = {}
    for name in names:
        model = model_of(name)
        model.checkpoints = Folders(place / name)
        found[name] = outcome(model)
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
