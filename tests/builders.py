"""Rows and files of sessions, jobs and results, for tests that do not want to run a training."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import select

from services.events import Event, EventBus
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import (
    ArtifactRow,
    EvaluationTableRow,
    FileRow,
    JobRow,
    SessionRow,
    TimeInfoRow,
    TrainingResultRow,
    VisualizationRow,
    ZeitschritteRow,
    now,
)
from services.workloads.forecast.config import ForecastConfig

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n drawn for a test"
INPUTS = ["Load history", "Temperature", "D_sin", "D_cos"]
OUTPUTS = ["Load"]
SCALERS = {
    "input": [
        {
            "name": "Load history",
            "scaled": True,
            "data_min": 100.0,
            "data_max": 300.0,
            "feature_range": [0, 1],
        },
        {
            "name": "Temperature",
            "scaled": True,
            "data_min": -10.0,
            "data_max": 30.0,
            "feature_range": [-1, 1],
        },
        {"name": "D_sin", "scaled": False},
        {"name": "D_cos", "scaled": False},
    ],
    "output": [
        {"name": "Load", "scaled": True, "data_min": 100.0, "data_max": 300.0, "feature_range": [0, 1]}
    ],
}
METRICS = ("MAE", "MAPE", "MSE", "RMSE", "NRMSE", "WAPE", "sMAPE", "MASE")
VERSIONS = {"python": "3.11.9", "numpy": "2.1.0", "keras": "3.6.0", "tensorflow": "2.18.0"}


def add_session(
    database: Database,
    user_id: UUID,
    *,
    alias: str | None = None,
    name: str = "Load",
    n_dat: int | None = None,
) -> UUID:
    session_id = uuid4()
    with database.write() as tx:
        tx.add(SessionRow(id=session_id, user_id=user_id, alias=alias, session_name=name, n_dat=n_dat))
    return session_id


def add_file(database: Database, session_id: UUID, name: str, role: str, **fields: Any) -> UUID:
    """An imported series; `fields` override columns."""
    file_id = uuid4()
    window = (-23.0, 0.0) if role == "input" else (1.0, 24.0)
    values: dict[str, Any] = {
        "file_name": f"{name}.csv",
        "zeithorizont_start": window[0],
        "zeithorizont_end": window[1],
        "series_path": f"series/{session_id}/{name}.parquet",
        "series_hash": hashlib.sha256(name.encode()).hexdigest(),
        "created_at": START,
        **fields,
    }
    with database.write() as tx:
        tx.add(FileRow(id=file_id, session_id=session_id, type=role, bezeichnung=name, **values))
    return file_id


def add_steps(database: Database, session_id: UUID, **fields: Any) -> None:
    values = {"eingabe": 4, "ausgabe": 3, "zeitschrittweite": 60.0, "offset": 0.0, **fields}
    with database.write() as tx:
        tx.add(ZeitschritteRow(session_id=session_id, **values))


def add_time_info(database: Database, session_id: UUID, **fields: Any) -> None:
    with database.write() as tx:
        tx.add(TimeInfoRow(session_id=session_id, **{"category_data": {}, **fields}))


def ready_session(database: Database, user_id: UUID, **session: Any) -> UUID:
    """A session whose next step is a dataset or a training."""
    session_id = add_session(database, user_id, **session)
    add_file(database, session_id, "Load history", "input", color_index=0)
    add_file(database, session_id, "Temperature", "input", color_index=1)
    add_file(database, session_id, "Load", "output", color_index=2)
    add_steps(database, session_id)
    add_time_info(database, session_id, tag=True, zeitzone="Europe/Vienna")
    return session_id


def forecast_config(session_id: UUID) -> dict[str, Any]:
    """The snapshot that a training of `ready_session` works from."""
    series = [
        _series(session_id, name, role)
        for name, role in (("Load history", "input"), ("Temperature", "input"), ("Load", "output"))
    ]
    config = {
        "session_id": session_id,
        "series": series,
        "calendar": [{"component": "D", "per_step": False, "start_hours": 0.0, "end_hours": 0.0}],
        "steps": {"input_steps": 4, "output_steps": 3, "stride_minutes": 60.0, "timezone": "Europe/Vienna"},
        "model": {"MODE": "LIN"},
    }
    return ForecastConfig.model_validate(config).model_dump(mode="json")


def _series(session_id: UUID, name: str, role: str) -> dict[str, Any]:
    start, end = (-23.0, 0.0) if role == "input" else (1.0, 24.0)
    return {
        "file_id": str(uuid4()),
        "name": name,
        "role": role,
        "blob_key": f"series/{session_id}/{name}.parquet",
        "sha256": hashlib.sha256(name.encode()).hexdigest(),
        "start_hours": start,
        "end_hours": end,
    }


def add_job(
    database: Database, user_id: UUID, session_id: UUID, workload: str = "forecast", **fields: Any
) -> UUID:
    job_id = fields.pop("id", None) or uuid4()
    values: dict[str, Any] = {
        "lane": "training" if workload == "forecast" else "interactive",
        "config": forecast_config(session_id),
        "config_hash": "of-the-config",
        "status": "queued",
        "created_at": START,
        **fields,
    }
    with database.write() as tx:
        tx.add(JobRow(id=job_id, user_id=user_id, session_id=session_id, workload=workload, **values))
    return job_id


def add_training(
    database: Database,
    blobs: Blobs,
    user_id: UUID,
    session_id: UUID,
    *,
    mode: str = "LIN",
    files: tuple[str, ...] = ("best_model.npz",),
    days: int = 0,
) -> UUID:
    """A completed forecast job with everything it leaves; `days` orders several."""
    done = START + timedelta(days=days)
    job_id = add_job(
        database,
        user_id,
        session_id,
        status="completed",
        attempt=1,
        progress={"percent": 97.0, "message": "Storing model, scalers and plots"},
        outcome={"scalers": SCALERS},
        created_at=done - timedelta(minutes=5),
        started_at=done - timedelta(minutes=4),
        finished_at=done,
    )
    names = [("model", f"{mode}_{done:%Y%m%d}_{name}") for name in files]
    names += [("bundle", "model_bundle.zip"), ("scalers_zip", "scalers.zip"), ("archive", "archive.zip")]
    add_artifact(database, blobs, job_id, "predictions", "test_predictions.npz", _forecasts())
    details = json.dumps({"horizon": {"Load": {"MAE": [0.5, 0.6, 0.7]}}, "of": mode}).encode()
    add_artifact(database, blobs, job_id, "evaluation", "evaluation.json", details)
    for kind, name in names:
        add_artifact(database, blobs, job_id, kind, name, f"{kind} of {job_id}".encode())
    with database.write() as tx:
        tx.add(_result(session_id, job_id, mode, done))
        tx.add(_tables(session_id, job_id, mode))
    add_plot(database, blobs, session_id, job_id, "forecast_Load", "forecast")
    return job_id


def _forecasts(windows: int = 6) -> bytes:
    """Truth and forecast of hourly test windows, the forecast off by the number of the window."""
    truth = np.arange(windows * 3, dtype=float).reshape(windows, 3, 1)
    hours = 3600 * 10**9
    file = io.BytesIO()
    np.savez(
        file,
        references=int(START.timestamp()) * 10**9 + hours * np.arange(windows),
        lead=hours * np.arange(1, 4)[None],
        truth=truth,
        forecast=truth + np.arange(windows)[:, None, None],
        levels=np.array([0.1, 0.9]),
        offsets=np.array([-1.0, 1.0])[:, None, None] * np.ones((1, 3, 1)),
        baseline=(truth - 2).astype(np.float32),
        baseline_names=np.array(["last value"]),
    )
    return file.getvalue()


def add_dataset_job(database: Database, blobs: Blobs, user_id: UUID, session_id: UUID) -> UUID:
    """A completed dataset job with one violin plot per feature."""
    job_id = add_job(database, user_id, session_id, "dataset", status="completed", outcome=DATASET_OUTCOME)
    add_violins(database, blobs, session_id, job_id)
    return job_id


VIOLINS = {
    "input_Load history": "IN1",
    "input_Temperature": "IN2",
    "time_D_sin": "T1",
    "time_D_cos": "T2",
    "output_Load": "OUT1",
}
DATASET_OUTCOME = {"dataset_count": 1, "n_dat": 500, "dropped": {}, "violin_plots": list(VIOLINS)}


def add_violins(database: Database, blobs: Blobs, session_id: UUID, job_id: UUID) -> None:
    for name, label in VIOLINS.items():
        add_plot(database, blobs, session_id, job_id, name, "violin_plot", label=label)


def add_artifact(database: Database, blobs: Blobs, job_id: UUID, kind: str, name: str, content: bytes) -> str:
    key = f"jobs/{job_id}/1/{name}"
    blob = blobs.put(key, io.BytesIO(content))
    row = ArtifactRow(
        job_id=job_id,
        attempt=1,
        kind=kind,
        name=name,
        media_type="application/zip" if name.endswith(".zip") else "application/octet-stream",
        size_bytes=blob.size_bytes,
        sha256=blob.sha256,
        blob_key=key,
    )
    with database.write() as tx:
        tx.add(row)
    return key


def add_plot(
    database: Database,
    blobs: Blobs,
    session_id: UUID,
    job_id: UUID,
    name: str,
    kind: str,
    **data: Any,
) -> None:
    key = add_artifact(database, blobs, job_id, "plot", f"{name}.png", PNG)
    with database.write() as tx:
        tx.add(
            VisualizationRow(
                session_id=session_id,
                job_id=job_id,
                plot_name=name,
                plot_type=kind,
                image_path=key,
                data=data,
            )
        )


def _result(session_id: UUID, job_id: UUID, mode: str, done: datetime) -> TrainingResultRow:
    totals = dict.fromkeys(METRICS, 0.5)
    results = {
        "model_type": mode,
        "arithmetic": "honest",
        "n_dat": 500,
        "evaluation_metrics": {"test_metrics_original": totals},
        "skill": {
            "Load": {"best_baseline": "last value", "baseline_mae": 2.0, "model_mae": 1.0, "skill": 0.5}
        },
        "input_features": INPUTS,
        "output_features": OUTPUTS,
        "input_steps": 4,
        "output_steps": 3,
        "n_timesteps": 3,
        "versions": VERSIONS,
    }
    return TrainingResultRow(
        session_id=session_id,
        job_id=job_id,
        status="completed",
        results=results,
        results_file_path=f"jobs/{job_id}/1/archive.zip",
        file_size_bytes=10,
        results_metadata={"model_type": mode, "loss": 0.5, "accuracy": None},
        created_at=done,
        completed_at=done,
    )


def _tables(session_id: UUID, job_id: UUID, mode: str) -> EvaluationTableRow:
    levels = {"delta [min]": [60.0, 120.0], **{name: [0.5, None] for name in METRICS}}
    steps = {"60.0": {name: [0.5, 0.6, 0.7] for name in METRICS}}
    return EvaluationTableRow(
        session_id=session_id,
        job_id=job_id,
        df_eval={"Load": levels},
        df_eval_ts={"Load": steps},
        model_type=mode,
    )


Outcome = Callable[[JobRow], Mapping[str, Any]]


@contextmanager
def working(database: Database, bus: EventBus, outcome: Outcome) -> Iterator[None]:
    """A stand-in for the interactive worker: ends every queued job of its lane with what `outcome` returns,
    as failed where that is an error ({code, error, ...}). The real one is tested in tests/jobs."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.01):
            for job_id in _queued(database):
                _finish(database, bus, job_id, outcome)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)


def _queued(database: Database) -> list[UUID]:
    with database.read() as tx:
        query = select(JobRow.id).where(JobRow.status == "queued", JobRow.lane == "interactive")
        return list(tx.scalars(query))


def _finish(database: Database, bus: EventBus, job_id: UUID, outcome: Outcome) -> None:
    with database.read() as tx:
        result = dict(outcome(tx.get_one(JobRow, job_id)))
    with database.write() as tx:
        job = tx.get_one(JobRow, job_id)
        if "code" in result:
            job.status, job.error = "failed", result
        else:
            job.status, job.outcome = "completed", result
        job.attempt, job.started_at, job.finished_at = 1, now(), now()
    bus.publish(_ended(job))


def _ended(job: JobRow) -> Event:
    return Event(
        job_id=job.id,
        session_id=job.session_id,
        user_id=job.user_id,
        workload=job.workload,
        seq=99,
        type=job.status,
        attempt=1,
        at=now().isoformat(),
        data={},
    )
