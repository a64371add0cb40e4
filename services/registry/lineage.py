"""Where a version comes from: files, dataset, config, job, metrics; and as what it can be taken home."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.forecasting.models.parameters import ModelParams
from services.ranking_groups import Entry
from services.registry.reading import Version
from services.storage.registry_tables import ModelRow, PromotionRow
from services.storage.tables import ArtifactRow, FileRow
from services.trained import Trained

# what a file of a kind is to a user; files of the kind `model` go by their endings
FORMATS = {"archive": "archive", "scalers": "scalers", "scalers_zip": "scalers_save", "onnx": "onnx"}
MEASURES = ("MAE", "RMSE", "WAPE", "MASE", "skill")


def version_json(version: Version) -> dict[str, Any]:
    """As in lists."""
    job, results = version.job, version.result.results
    entry = Entry({}, results)
    return {
        "version": version.number,
        "champion": version.champion,
        "job_id": str(job.id),
        "job_name": job.name,
        "session_id": str(version.result.session_id),
        "mode": results["model_type"],
        "created_at": version.row.created_at.isoformat(),
        "completed_at": _iso(version.result.completed_at),
        "duration_seconds": results.get("duration_seconds"),
        "test_samples": entry.samples,
        "dataset": results.get("fingerprint"),
        "outputs": {
            name: {
                **{measure: each["model"].get(measure) for measure in MEASURES},
                "best_baseline": (results["skill"].get(name) or {}).get("best_baseline"),
            }
            for name, each in entry.compared().items()
        },
    }


def model_json(model: ModelRow, session_name: str | None, versions: list[Version]) -> dict[str, Any]:
    """As in lists; `versions` are the newest first."""
    best = next((version for version in versions if version.champion), None)
    return {
        "id": str(model.id),
        "name": model.name,
        "description": model.description,
        "session_id": str(model.session_id) if model.session_id else None,
        "session_name": session_name,
        "version_count": len(versions),
        "champion": version_json(best) if best else None,
        "latest": version_json(versions[0]) if versions else None,
        "created_at": model.created_at.isoformat(),
        "updated_at": model.updated_at.isoformat(),
    }


def promotion_json(row: PromotionRow) -> dict[str, Any]:
    return {
        "version": row.version,
        "previous": row.previous,
        "note": row.note,
        "promoted_at": row.created_at.isoformat(),
    }


def lineage(tx: Session, trained: Trained) -> dict[str, Any]:
    """From the files to the metrics."""
    job, results = trained.job, trained.results
    entry = Entry({}, results)
    return {
        "files": _files(tx, job.config["series"]),
        "dataset": {
            "fingerprint": results.get("fingerprint"),
            "samples": results["n_dat"],
            "split": results.get("split"),
            "test_samples": entry.samples,
            "input_features": results["input_features"],
            "output_features": results["output_features"],
            "input_steps": results["input_steps"],
            "output_steps": results["output_steps"],
            "notes": results.get("dataset_notes", []),
        },
        "parameters": _parameters(results.get("parameters") or job.config["model"]),
        "config": shown_config(job.config),
        "config_hash": job.config_hash,
        "job": {
            "id": str(job.id),
            "name": job.name,
            "workload": job.workload,
            "status": job.status,
            "reason": job.reason,
            "notes": job.notes,
            "tags": list(job.tags),
            "attempt": job.attempt,
            "device": job.device,
            "restart_of": str(job.restart_of) if job.restart_of else None,
            "created_at": job.created_at.isoformat(),
            "started_at": _iso(job.started_at),
            "finished_at": _iso(job.finished_at),
            "active_seconds": job.active_seconds,
        },
        "metrics": {
            name: {
                "samples": each["samples"],
                "model": each["model"],
                "baselines": each["baselines"],
                "best_baseline": (results["skill"].get(name) or {}).get("best_baseline"),
            }
            for name, each in entry.compared().items()
        },
        "environment": results.get("versions", {}),
        "artifacts": [_file(artifact) for artifact in trained.artifacts if artifact.kind != "plot"],
        "formats": formats(trained.artifacts),
    }


def _parameters(stored: dict[str, Any]) -> dict[str, Any]:
    """Those that the model reads; a config holds all that there are."""
    parameters = ModelParams.model_validate(stored)
    read = parameters.reads()
    return {"MODE": parameters.MODE, **{name: value for name, value in stored.items() if name in read}}


def shown_config(config: dict[str, Any]) -> dict[str, Any]:
    """Without the places of files on the server."""
    series = [
        {name: value for name, value in each.items() if name != "blob_key"} for each in config["series"]
    ]
    return {**config, "series": series}


def formats(artifacts: Iterable[ArtifactRow]) -> list[dict[str, Any]]:
    """What can be downloaded, by format; some models are several files."""
    found: dict[str, list[ArtifactRow]] = {}
    for artifact in artifacts:
        if (name := format_of(artifact)) is not None:
            found.setdefault(name, []).append(artifact)
    return [
        {"format": name, "files": [_file(each) for each in files]} for name, files in sorted(found.items())
    ]


def format_of(artifact: ArtifactRow) -> str | None:
    """None for what is no part of a model."""
    if artifact.kind == "model":
        return artifact.name.rsplit(".", 1)[-1]
    return FORMATS.get(artifact.kind)


def _files(tx: Session, series: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The series as they were trained on, and whether their files are still there, unchanged."""
    ids = [UUID(each["file_id"]) for each in series]
    rows = {row.id: row for row in tx.scalars(select(FileRow).where(FileRow.id.in_(ids)))}
    return [_series(each, rows.get(UUID(each["file_id"]))) for each in series]


def _series(series: dict[str, Any], row: FileRow | None) -> dict[str, Any]:
    return {
        "file_id": series["file_id"],
        "name": series["name"],
        "role": series["role"],
        "sha256": series["sha256"],
        "start_hours": series["start_hours"],
        "end_hours": series["end_hours"],
        "form": series.get("form", "historical"),
        "lags": list(series.get("lags", [])),
        "recipe": list(series.get("recipe", [])),
        "file_name": row.file_name if row else None,
        "file_sha256": row.file_hash if row else None,
        "state": "gone" if row is None else "as then" if row.series_hash == series["sha256"] else "changed",
    }


def _file(artifact: ArtifactRow) -> dict[str, Any]:
    return {
        "kind": artifact.kind,
        "name": artifact.name,
        "media_type": artifact.media_type,
        "size_bytes": artifact.size_bytes,
        "sha256": artifact.sha256,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
