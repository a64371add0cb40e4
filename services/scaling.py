"""Min-max scalers of a training: shown, downloaded, applied to new data."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.artifacts import Download, download
from services.errors import Invalid
from services.feature_rows import FeatureRows, Rows
from services.registry.in_use import in_use
from services.sessions import Sessions
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import ArtifactRow
from services.trained import Trained
from utils.csv_text import as_csv

CODE = "SCALER_NOT_FOUND"


class Scaling:
    """Reads scalers as plain numbers; no pickle is opened here."""

    def __init__(self, database: Database, blobs: Blobs, sessions: Sessions) -> None:
        self._database = database
        self._blobs = blobs
        self._sessions = sessions

    def scalers(self, user_id: UUID, ref: str, job_id: UUID | None = None) -> dict[str, Any]:
        """Scalers of inputs and outputs in feature order, and what they belong to."""
        trained = self._find(user_id, ref, job_id)
        results = trained.results
        return {
            "input": trained.scalers["input"],
            "output": trained.scalers["output"],
            "metadata": {
                "job_id": str(trained.job.id),
                "model_type": results["model_type"],
                "arithmetic": results["arithmetic"],
                "fitted_on": "training samples" if results["arithmetic"] == "honest" else "all samples",
                "input_features": results["input_features"],
                "output_features": results["output_features"],
            },
        }

    def pickles(self, user_id: UUID, ref: str, job_id: UUID | None = None) -> Download:
        """The ZIP of .save files that the first system offered."""
        trained = self._find(user_id, ref, job_id)
        artifact = trained.one("scalers_zip", CODE)
        name = f"scalers_{trained.result.session_id}_{artifact.created_at:%Y%m%d_%H%M%S}.zip"
        return download(self._blobs, artifact, name)

    def scale(
        self, user_id: UUID, ref: str, values: Any, *, save: bool = False, job_id: UUID | None = None
    ) -> dict[str, Any]:
        """New inputs in the scale that the model was trained in; `save` keeps them as a CSV file."""
        trained = self._find(user_id, ref, job_id)
        scalers: list[Mapping[str, Any]] = trained.scalers["input"]
        if values is None:
            raise Invalid("input_data is missing", code="MISSING_PREDICTION_INPUT")
        names = [scaler["name"] for scaler in scalers]
        given = FeatureRows(names, "INVALID_FEATURES").table(values)
        columns = [
            _scaled(scaler, column) for scaler, column in zip(scalers, _transposed(given), strict=True)
        ]
        scaled = _transposed(columns)
        saved = self._save(trained, names, scaled) if save else None
        return {
            "scaled_data": scaled,
            "scaling_info": {
                f"feature_{index}": _describe(scaler, before, after)
                for index, (scaler, before, after) in enumerate(
                    zip(scalers, _transposed(given), columns, strict=True)
                )
            },
            "metadata": {
                "original_shape": [len(given), len(names)],
                "scaled_shape": [len(scaled), len(names)],
                "features_scaled": sum(_is_scaled(scaler) for scaler in scalers),
                "total_features": len(names),
                "saved_file_path": saved,
                "job_id": str(trained.job.id),
            },
        }

    def _find(self, user_id: UUID, ref: str, job_id: UUID | None) -> Trained:
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            return in_use(tx, session_id, job_id=job_id, code=CODE)[0]

    def _save(self, trained: Trained, names: Sequence[str], rows: Rows) -> str:
        """Keep the rows beside the model; download-model-h5 hands them out by their name."""
        text = as_csv([names, *rows], line_end="\r\n")
        job, stamp = trained.job, datetime.now(UTC).strftime("%Y%m%d_%H%M%S_%f")
        name = f"scaled_{stamp}.csv"
        key = f"jobs/{job.id}/{job.attempt}/{name}"
        blob = self._blobs.put(key, io.BytesIO(text.encode()))
        with self._database.write() as tx:
            tx.add(
                ArtifactRow(
                    job_id=job.id,
                    attempt=job.attempt,
                    kind="scaled",
                    name=name,
                    media_type="text/csv",
                    size_bytes=blob.size_bytes,
                    sha256=blob.sha256,
                    blob_key=key,
                )
            )
        return name


def _is_scaled(scaler: Mapping[str, Any]) -> bool:
    return bool(scaler.get("scaled", True))


def _scaled(scaler: Mapping[str, Any], values: Sequence[float]) -> list[float]:
    """x' = (x - m) / (M - m) · (b - a) + a; the range of a constant feature counts as 1."""
    if not _is_scaled(scaler):
        return list(values)
    low, high = scaler["data_min"], scaler["data_max"]
    start, end = scaler["feature_range"]
    factor = (end - start) / ((high - low) or 1.0)
    return [(value - low) * factor + start for value in values]


def _describe(scaler: Mapping[str, Any], before: Sequence[float], after: Sequence[float]) -> dict[str, Any]:
    if not _is_scaled(scaler):
        return {"feature": scaler["name"], "scaled": False, "reason": "scaling is off for this feature"}
    return {
        "feature": scaler["name"],
        "scaled": True,
        "original_range": [min(before), max(before)],
        "scaled_range": [min(after), max(after)],
        "feature_range": list(scaler["feature_range"]),
        "data_range": [scaler["data_min"], scaler["data_max"]],
    }


def _transposed(rows: Rows) -> Rows:
    return [list(column) for column in zip(*rows, strict=True)]
