"""A training whose every value can be foretold, so that whatever a fault loses or doubles is seen."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from services.forecasting.errors import DataError
from services.workloads.base import Run, Workload

SIDE_STEPS = 4  # of every phase but the training


class Work(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seed: int = 0
    epochs: int = Field(default=10, ge=1)
    pause: float = Field(default=0.02, ge=0)
    kilobytes: int = Field(default=1, ge=1)  # of a checkpoint and of the artifact
    nan_at: int | None = None
    deaf_seconds: float = 0.0  # in the second epoch it hears nothing


def expected(config: Work) -> list[float]:
    """The losses of a training that nothing disturbs."""
    random, value, losses = np.random.default_rng(config.seed), 1.0, []
    for _ in range(config.epochs):
        value = value * 0.9 + float(random.normal()) * 0.01
        losses.append(value)
    return losses


def artifact_digest(config: Work) -> str:
    return hashlib.sha256(_model(expected(config), config)).hexdigest()


def train(run: Run, config: Work) -> Mapping[str, Any]:
    _idle(run, "prepare", config)
    random, losses = np.random.default_rng(config.seed), []
    found = run.load_checkpoint("none")
    if found is not None:
        state = json.loads((found.last / "state.json").read_text())
        random.bit_generator.state, losses = state["random"], state["losses"]
    while len(losses) < config.epochs:
        epoch = len(losses) + 1
        value = (losses[-1] if losses else 1.0) * 0.9 + float(random.normal()) * 0.01
        if epoch == config.nan_at:
            run.report(phase="train", current=epoch, epoch=epoch, metrics={"loss": float("nan")})
            raise DataError("TRAINING_DIVERGED", f"The loss of epoch {epoch} is no finite number")
        losses.append(value)
        run.report(phase="train", current=epoch, total=config.epochs, epoch=epoch, metrics={"loss": value})
        if epoch == 2:
            time.sleep(config.deaf_seconds)
        time.sleep(config.pause)
        state = {"random": random.bit_generator.state, "losses": losses}
        run.checkpoint(
            partial(_save, state=state, config=config),
            step=epoch,
            epoch=epoch,
            fingerprint="none",
        )
    for phase in ("evaluate", "export"):
        _idle(run, phase, config)
    path = run.workdir / "model.bin"
    path.write_bytes(_model(losses, config))
    run.save_artifact("model", path.name, path)
    return {"losses": losses, "pid": os.getpid()}


def _idle(run: Run, phase: Any, config: Work) -> None:
    for step in range(SIDE_STEPS):
        run.report(phase=phase, current=step, total=SIDE_STEPS)
        time.sleep(config.pause)


def _save(folder: Path, state: Mapping[str, Any], config: Work) -> None:
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "weights.bin").write_bytes(bytes(1024 * config.kilobytes))


def _model(losses: list[float], config: Work) -> bytes:
    return json.dumps(losses).encode() + bytes(1024 * config.kilobytes)


WORKLOADS = {
    "work": Workload(
        name="work",
        config=Work,
        train=f"{__name__}:train",
        open_config=True,
        resumable=lambda _config: True,
        phase_weights={"prepare": 20, "train": 40, "evaluate": 20, "export": 20, "register": 1},
    )
}
