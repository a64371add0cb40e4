"""Says a stored event in the Socket.IO words of the page: one event becomes a list of (name, payload).

Every payload names its `job_id`, and by `workload` what kind of job that is. `seq` stands on the payload that
completes the stored event, so a client that keeps the highest `seq` it saw, and sends it as `after_seq` when
it comes back, misses nothing. `progress_percent` is the share of the whole job and falls only when a lost job
starts again; `phase_percent` is that of the phase.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from services.events import Event

Message = tuple[str, dict[str, Any]]
Rule = Callable[[Event], list[Message]]

# Small jobs a request waits for; the page was never told of them through the socket.
SILENT_WORKLOADS = frozenset({"series_import", "plot", "predict", "arrays"})
DATASET_WORKLOAD = "dataset"
PHASES = {
    "prepare": ("data_transformation", "data_transformation"),
    "train": ("processing", "training_execution"),
    "evaluate": ("post_training", "post_training"),
    "export": ("post_training", "post_training"),
    "register": ("post_training", "post_training"),
}
DATASET_STEPS = {
    None: "starting",
    "prepare": "parsingFiles",
    "train": "calculatingDatasets",
    "evaluate": "generatingInput",
    "export": "savingToDatabase",
    "register": "savingToDatabase",
}


def translate(event: Event, session_id: str) -> list[Message]:
    """What a client that joined as `session_id` hears of this event; often one message, sometimes none."""
    if event.workload in SILENT_WORKLOADS:
        return []
    rules = DATASET_RULES if event.workload == DATASET_WORKLOAD else TRAINING_RULES
    rule = rules.get(event.type)
    messages = rule(event) if rule else []
    for _, payload in messages:
        payload.update(
            session_id=session_id, job_id=str(event.job_id), workload=event.workload, timestamp=event.at
        )
    if messages:
        messages[-1][1]["seq"] = event.seq
    return messages


def training_progress(data: Mapping[str, Any], *, at: str) -> dict[str, Any]:
    """The payload of `training_progress` for a progress object, live or as kept in the job's row."""
    phase = data.get("phase")
    status, shown = PHASES.get(str(phase), ("processing", "training_execution"))
    measured = data.get("metrics") or data
    return {
        "status": status,
        "phase": shown,
        "step": phase,
        "current_step": phase,
        "message": data.get("message") or f"Phase {phase}",
        "progress_percent": data.get("percent"),
        "phase_percent": _share(data.get("current"), data.get("total")),
        "current_iteration": data.get("current"),
        "total_iterations": data.get("total"),
        "elapsed_seconds": data.get("elapsed_s"),
        "eta_seconds": data.get("eta_s"),
        "estimated_completion": _later(at, data.get("eta_s")),
        "epoch": data.get("epoch"),
        "total_epochs": data.get("total_epochs"),
        "model_name": data.get("model_name"),
        "loss": measured.get("loss"),
        "val_loss": measured.get("val_loss"),
    }


def duration(seconds: float | None) -> str | None:
    """Seconds as people say them: 45s, 3m 20s, 1h 05m."""
    if seconds is None:
        return None
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s" if minutes else f"{rest}s"
    return f"{minutes // 60}h {minutes % 60:02d}m"


def _share(current: float | None, total: float | None) -> float | None:
    return None if current is None or not total else round(100 * min(1.0, current / total), 1)


def _later(at: str, seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return (datetime.fromisoformat(at) + timedelta(seconds=seconds)).isoformat()


def _queued(event: Event) -> list[Message]:
    text = "Waiting for a free worker" if event.type == "queued" else "The worker was lost; starting again"
    payload = {"status": event.type, "phase": "queued", "progress_percent": 0, "message": text}
    return [("training_progress", payload)]


def _started(event: Event) -> list[Message]:
    payload = {
        "status": "training_starting",
        "phase": "training_execution",
        "progress_percent": 0,
        "message": "Training starts",
        "model_name": event.data.get("model_name"),
        "total_epochs": event.data.get("total_epochs"),
        "attempt": event.attempt,
    }
    return [("training_progress", payload)]


def _progress(event: Event) -> list[Message]:
    return [("training_progress", training_progress(event.data, at=event.at))]


def _fit_started(event: Event) -> list[Message]:
    [(name, payload)] = _progress(event)
    return [(name, payload | {"status": "training_started"})]


def _fitted(event: Event) -> list[Message]:
    """The model is fitted; it is not yet evaluated and nothing is stored."""
    [(name, payload)] = _progress(event)
    seconds = event.data.get("training_duration")
    payload |= {
        "status": "model_training_completed",
        **_values(event, "epochs_completed", "stopped_early", "stopped_by_user", "training_duration"),
        "training_duration_formatted": duration(seconds),
    }
    return [(name, payload)]


def _values(event: Event, *names: str) -> dict[str, Any]:
    """Named values of a metrics event, wherever its workload put them; absent ones are null."""
    metrics = event.data.get("metrics") or {}
    return {name: metrics.get(name, event.data.get(name)) for name in names}


def _metrics(event: Event) -> list[Message]:
    measured = _values(
        event,
        "loss",
        "val_loss",
        "root_mean_squared_error",
        "val_root_mean_squared_error",
        "accuracy",
        "val_accuracy",
    )
    eta = event.data.get("eta_s")
    payload = {
        "metrics_type": "real_time",
        "metrics": event.data.get("metrics") or {},
        **_values(event, "epoch", "total_epochs", "model_name", "epoch_duration"),
        **measured,
        "eta_seconds": eta,
        "eta_formatted": duration(eta),
        "progress_percent": event.data.get("percent"),
    }
    return [*_progress(event), ("training_metrics", payload)]


def _batch(event: Event) -> list[Message]:
    payload = _values(event, "batch", "total_batches", "loss", "root_mean_squared_error", "model_name")
    payload["current_epoch"] = event.data.get("epoch")
    payload["total_epochs"] = event.data.get("total_epochs")
    return [*_progress(event), ("training_batch_progress", payload)]


def _fold(event: Event) -> list[Message]:
    """One fold of a backtest is judged."""
    payload = _values(event, "fold", "of", "scores", "model_name")
    return [*_progress(event), ("backtest_fold", payload)]


def _trial(event: Event) -> list[Message]:
    """One trial of a search has ended, however it did."""
    payload = _values(event, "trial", "best", "trials", "model_name")
    return [*_progress(event), ("search_trial", payload)]


def _completed(event: Event) -> list[Message]:
    text = "Training completed, everything is stored"
    end = {
        "status": "training_completed",
        "phase": "completed",
        "progress_percent": 100,
        "model_type": event.data.get("model_type") or event.data.get("model_name"),
        "message": text,
    }
    return [("training_progress", end), ("training_completed", {"success": True, "message": text})]


def _reason(event: Event) -> tuple[str, str]:
    """Code and sentence of a failure."""
    error = event.data.get("error") or {}
    if isinstance(error, str):
        error = {"error": error, "code": event.data.get("code")}
    code = error.get("code") or event.data.get("reason") or "JOB_FAILED"
    return str(code), str(error.get("error") or error.get("message") or "The job failed")


def _failed(event: Event) -> list[Message]:
    code, text = _reason(event)
    error = event.data.get("error")
    suggestion = error.get("suggestion") if isinstance(error, dict) else None
    payload = {"status": "failed", "error": text, "message": text, "code": code}
    return [("training_error", payload | ({"suggestion": suggestion} if suggestion else {}))]


def _cancelled(event: Event) -> list[Message]:
    return [("training_cancelled", {"status": "cancelled", "message": "Training was cancelled"})]


def _deleted(event: Event) -> list[Message]:
    return [("training_deleted", {"status": "deleted", "message": "Training was deleted"})]


def _asked(status: str, text: str) -> Rule:
    """Somebody asked for another status; until the worker answers, the training goes on."""
    return lambda event: [("training_progress", {"status": status, "message": text})]


def _paused(event: Event) -> list[Message]:
    return [("training_paused", {"status": "paused", "message": "Training is paused, it can be resumed"})]


def _resumed(event: Event) -> list[Message]:
    text = "Training goes on as soon as a worker is free"
    return [("training_resumed", {"status": "resumed", "phase": "queued", "message": text})]


def _task(event: Event) -> list[Message]:
    """Tasks ended, one or many; how many there are of each status, and the last failures."""
    return [*_progress(event), ("training_tasks", _values(event, "counts", "failures", "model_name"))]


def _dataset(status: str, step: str, progress: float | None, eta: float | None = None) -> list[Message]:
    key = f"violin.progress.{step}"
    payload = {"status": status, "progress": progress, "step": key, "message": key, "eta_seconds": eta}
    return [("dataset_status_update", payload)]


def _dataset_progress(event: Event) -> list[Message]:
    said = str(event.data.get("message") or "")
    phase = event.data.get("phase")
    step = said.removeprefix("violin.progress.") if said.startswith("violin.progress.") else None
    step = step or DATASET_STEPS.get(phase, "calculatingDatasets")
    return _dataset("processing", step, event.data.get("percent"), event.data.get("eta_s"))


def _dataset_failed(event: Event) -> list[Message]:
    code, text = _reason(event)
    messages = _dataset("failed", "failed", None)
    messages[0][1].update(error=text, error_details=text, code=code)
    return messages


TRAINING_RULES: dict[str, Rule] = {
    "queued": _queued,
    "requeued": _queued,
    "started": _started,
    "progress": _progress,
    "fit_started": _fit_started,
    "fitted": _fitted,
    "metrics": _metrics,
    "batch": _batch,
    "fold": _fold,
    "trial": _trial,
    "task": _task,
    "pause_requested": _asked("pausing", "Training pauses at its next checkpoint"),
    "finish_requested": _asked("finishing", "Training ends with the best state it has"),
    "finishing": _progress,
    "cancel_requested": _asked("cancelling", "Training is being cancelled"),
    "paused": _paused,
    "resumed": _resumed,
    "completed": _completed,
    "failed": _failed,
    "cancelled": _cancelled,
    "deleted": _deleted,
}

DATASET_RULES: dict[str, Rule] = {
    "queued": lambda event: _dataset("processing", "starting", 0),
    "started": lambda event: _dataset("processing", "starting", 0),
    "requeued": lambda event: _dataset("processing", "starting", 0),
    "progress": _dataset_progress,
    "completed": lambda event: _dataset("completed", "complete", 100, 0),
    "failed": _dataset_failed,
    "cancelled": lambda event: _dataset("cancelled", "cancelled", None),
}
