"""Small workloads for tests of the engine; a server loads them by TRAINYARD_EXTRA_WORKLOADS."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from services.errors import Invalid
from services.forecasting.errors import DataError, diverged
from services.storage.tables import JobRow, TrainingLogRow
from services.workloads.base import Lane, Run, Workload

PATIENCE_SECONDS = 60.0  # no toy waits longer than this for its test


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Count(_Config):
    n: int = Field(default=3, ge=1)
    pause: float = Field(default=0.0, ge=0)


class Fail(_Config):
    how: str  # data | refused | diverged | bug | memory | outcome


class Hang(_Config):
    reports: bool = True  # False: deaf, as foreign code is


class Die(_Config):
    times: int = 1  # attempts that end with the process
    exit: bool = False  # leave with status 0 instead of being killed


class Metrics(_Config):
    n: int = 100
    late: int = 0  # so many more epochs in one report


class Learn(_Config):
    """Learns for `epochs`, each at least `pause` seconds long; dies by SIGKILL in the epochs of `die_in`,
    one per attempt, and waits in the epoch `hold` of the first attempt until it is asked to stop."""

    epochs: int = 10
    pause: float = 0.0
    die_in: list[int] = []
    hold: int | None = None
    data: str = "as ever"
    resumable: bool = True


class Items(_Config):
    """`bad` items fail until the file `<folder>/mended` exists, `none` of them are skipped."""

    n: int = 6
    bad: list[int] = []
    skipped: list[int] = []
    folder: str = ""
    batch: int = 1
    hold: int | None = None  # the first attempt waits in this item until it is asked to stop
    pause: float = 0.0
    die_in: int | None = None  # the first attempt is killed here


class Gated(_Config):
    """Writes `<folder>/<place>-<attempt>` at each place, and waits at `place` for `<folder>/go`."""

    folder: str
    place: str = "stored"  # stored: artifacts are, the status is not | record: inside the last transaction


def count(run: Run, config: Count) -> Mapping[str, Any]:
    for current in range(config.n):
        run.report(phase="train", current=current, total=config.n, message=f"step {current}")
        time.sleep(config.pause)
    run.report(phase="evaluate", current=1, total=1)
    return {"counted": config.n, "pid": os.getpid()}


def fail(run: Run, config: Fail) -> Mapping[str, Any]:
    path = run.workdir / "half.bin"
    path.write_bytes(b"half a result")
    run.save_artifact("model", path.name, path)
    if config.how == "data":
        raise DataError("NO_SAMPLES", "No window fits", suggestion="Use fewer steps", details={"rows": 3})
    if config.how == "refused":
        raise Invalid("steps are beyond the data", code="STEPS_BEYOND_DATA")
    if config.how == "diverged":
        run.report(phase="train", current=1, total=9, epoch=1, metrics={"loss": 0.5})
        run.report(phase="train", current=2, total=9, epoch=2, metrics={"loss": float("nan")})
        raise diverged("The loss of epoch 2 is no finite number", epoch=2)
    if config.how == "memory":
        raise MemoryError
    if config.how == "outcome":
        return {"loss": float("nan")}
    raise KeyError("a secret detail of the platform")


def hang(run: Run, config: Hang) -> Mapping[str, Any]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    run.report(phase="train", message="hanging", event="log")
    while time.monotonic() < deadline:
        if config.reports:
            run.report(phase="train", current=0, total=1)
        time.sleep(0.01)
    return {}


def die(run: Run, config: Die) -> Mapping[str, Any]:
    run.report(phase="train", current=0, total=1, event="log", message="about to die")
    if run.attempt <= config.times:
        if config.exit:
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)
    return {"attempt": run.attempt}


def metrics(run: Run, config: Metrics) -> Mapping[str, Any]:
    for epoch in range(1, config.n + 1):
        loss = float("nan") if epoch % 10 == 0 else 1 / epoch
        values = {"loss": loss, "val_loss": float("inf") if epoch == 1 else loss}
        run.report(phase="train", current=epoch, total=config.n, epoch=epoch, metrics=values)
    run.report(phase="train", metrics={"loss": 0.5}, event="batch", step=1)
    if config.late:
        late = [(config.n + at, config.n + at, {"loss": float(at)}) for at in range(1, config.late + 1)]
        *earlier, (step, epoch, last) = late
        run.report(phase="train", earlier=earlier, step=step, epoch=epoch, metrics=last)
    return {}


def diverge(run: Run, _config: _Config) -> Mapping[str, Any]:
    for epoch, loss in ((1, 1.0), (2, float("nan"))):
        run.report(phase="train", current=epoch, total=9, epoch=epoch, metrics={"loss": loss})
    raise DataError("TRAINING_DIVERGED", "The loss of epoch 2 is no finite number")


def liar(run: Run, _config: _Config) -> Mapping[str, Any]:
    run.report(phase="train", event="completed")
    return {}


def gated(run: Run, config: Gated) -> Mapping[str, Any]:
    path = run.workdir / "model.bin"
    for name in ("model.bin", f"only-{run.attempt}.bin"):
        path.write_text(f"attempt {run.attempt}")
        run.save_artifact("model", name, path, "application/x-toy")
    _pass(config, "stored", run.attempt)
    return {"attempt": run.attempt, "folder": config.folder, "place": config.place}


def record_gated(tx: Session, job: JobRow, outcome: Mapping[str, Any]) -> None:
    tx.add(TrainingLogRow(job_id=job.id, progress={"level": "info", "message": "recorded"}))
    tx.flush()
    _pass(Gated(folder=outcome["folder"], place=outcome["place"]), "record", outcome["attempt"])


def learn(run: Run, config: Learn) -> Mapping[str, Any]:
    """A training whose every value depends on all before it and on a random generator."""
    random, weight, best = np.random.default_rng(7), 1.0, (1.0, 0)
    first, history = 1, []
    found = run.load_checkpoint(config.data)
    if found is not None:
        state = json.loads((found.last / "state.json").read_text())
        random.bit_generator.state = state["random"]
        weight, history = state["weight"], state["history"]
        assert found.best is not None
        best = tuple(json.loads((found.best / "best.json").read_text()))
        first = found.step + 1
    for epoch in range(first, config.epochs + 1):
        if run.attempt <= len(config.die_in) and epoch == config.die_in[run.attempt - 1]:
            os.kill(os.getpid(), signal.SIGKILL)
        weight = weight * 0.9 + float(random.normal()) * 0.01
        history.append(weight)
        if weight < best[0]:
            best = (weight, epoch)
        run.report(phase="train", current=epoch, total=config.epochs, epoch=epoch, metrics={"loss": weight})
        time.sleep(config.pause)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while epoch < config.epochs:
            state = {"random": random.bit_generator.state, "weight": weight, "history": history}
            run.checkpoint(
                lambda folder, state=state: _write(folder / "state.json", state),
                step=epoch,
                epoch=epoch,
                best=lambda folder, best=best: _write(folder / "best.json", best),
                fingerprint=config.data,
            )
            waits = epoch == config.hold and run.attempt == 1 and time.monotonic() < deadline
            if run.finish_requested or not waits:
                break
            time.sleep(0.01)
        if run.finish_requested:
            run.finished_early("Ended with the best so far")
            break
    path = run.workdir / "model.json"
    _write(path, {"best": best})
    run.save_artifact("model", path.name, path)
    return {"history": history, "best_epoch": best[1], "attempt": run.attempt}


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value))


def items(run: Run, config: Items) -> Mapping[str, Any]:
    run.report(phase="prepare", message="looking")
    mended = bool(config.folder) and (Path(config.folder) / "mended").exists()
    for task in run.tasks([f"item-{k}" for k in range(config.n)], unit="item", batch=config.batch):
        k = int(task.key.removeprefix("item-"))
        with task:
            if config.folder:
                with (Path(config.folder) / "done").open("a") as log:
                    log.write(f"{run.attempt}:{task.key}\n")
            if k in config.skipped:
                task.skip("nothing in it")
                continue
            if k in config.bad and not mended:
                raise DataError("BAD_ITEM", f"item {k} is bad", suggestion="Mend it")
            if k == config.die_in and run.attempt == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            deadline = time.monotonic() + PATIENCE_SECONDS
            while k == config.hold and run.attempt == 1 and time.monotonic() < deadline:
                asked = Path(config.folder) / "asked"
                if asked.exists():
                    break
                run.report(phase="train")
                time.sleep(0.01)
            time.sleep(config.pause)
            task.done({"square": k * k}, computed_by="toy 1", checksum="0" * 64, details={"k": k})
    results = run.task_results()
    return {"squares": {key: result["square"] for key, result in results.items()}}


def _pass(config: Gated, place: str, attempt: int) -> None:
    folder = Path(config.folder)
    (folder / f"{place}-{attempt}").write_text(str(os.getpid()))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while config.place == place and not (folder / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def _toy(name: str, config: type[BaseModel], lane: Lane = "training", **more: Any) -> Workload:
    train = f"{__name__}:{name.removeprefix('toy_').removesuffix('_now')}"
    about = {"summary": "A toy.", "open_config": True}
    return Workload(name=name, config=config, train=train, lane=lane, **about, **more)


LEARNS: Any = dict.fromkeys(("resumable", "finishable"), lambda config: config.resumable)
_ALL = (
    _toy("toy_count", Count, usage="training", about=lambda config: {"total_epochs": config.n}),
    _toy("toy_count_now", Count, lane="interactive", usage="processing"),
    _toy("toy_fail", Fail, usage="training"),
    _toy("toy_hang", Hang, usage="training"),
    _toy("toy_die", Die, usage="training"),
    _toy("toy_metrics", Metrics),
    _toy("toy_diverge", _Config),
    _toy("toy_liar", _Config),
    _toy("toy_learn", Learn, usage="training", **LEARNS),
    _toy("toy_items", Items, usage="training", resumable=lambda _config: True),
    _toy("toy_gated", Gated, usage="training", record=f"{__name__}:record_gated"),
)
WORKLOADS: dict[str, Workload] = {workload.name: workload for workload in _ALL}
