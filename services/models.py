"""Files of trained models: listed, confirmed, downloaded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.artifacts import Download, download
from services.errors import NotFound
from services.registry.in_use import in_use
from services.sessions import Sessions
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import ArtifactRow, SessionRow, TrainingResultRow
from services.trained import TRAIN_FIRST, Trained

# what may be fetched by its name; archives and plots have routes of their own
DOWNLOADABLE = ("model", "bundle", "scalers", "scaled")


class Models:
    """Every training keeps its model; nothing is replaced by a later one."""

    def __init__(self, database: Database, blobs: Blobs, sessions: Sessions) -> None:
        self._database = database
        self._blobs = blobs
        self._sessions = sessions

    def files(self, user_id: UUID, ref: str) -> list[dict[str, Any]]:
        """One entry per file, those of the newest training first."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            return _entries(tx, session_id)

    def stored(self, user_id: UUID, ref: str) -> list[dict[str, Any]]:
        """The files, for a page that asks to save them; they were stored when their job completed."""
        models = self.files(user_id, ref)
        if not models:
            raise NotFound(
                "This session has no trained model", code="MODEL_NOT_FOUND", suggestion=TRAIN_FIRST
            )
        return models

    def file(
        self, user_id: UUID, ref: str, *, filename: str | None = None, job_id: UUID | None = None
    ) -> Download:
        """A file by its name; without one the .h5 of the training, or the only file its model has."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            trained, _ = in_use(tx, session_id, job_id=job_id, filename=filename, code="MODEL_NOT_FOUND")
            artifact = _choose(trained, filename)
        return download(self._blobs, artifact, versions=trained.results.get("versions", {}))


def _choose(trained: Trained, filename: str | None) -> ArtifactRow:
    files = [artifact for kind in DOWNLOADABLE for artifact in trained.of_kind(kind)]
    if filename is not None:
        for artifact in files:
            if artifact.name == filename:
                return artifact
        raise _no_file(trained, f"{filename} is no file of a model")
    models = trained.of_kind("model")
    h5 = [artifact for artifact in models if artifact.name.endswith(".h5")]
    if len(h5 or models) == 1:
        return (h5 or models)[0]
    raise _no_file(trained, "The model has several files" if models else "The training left no model file")


def _no_file(trained: Trained, message: str) -> NotFound:
    names = [artifact.name for artifact in trained.of_kind("model")]
    return NotFound(
        message,
        code="MODEL_NOT_FOUND",
        suggestion="Name one of the files with ?filename=",
        details={"filenames": names},
    )


def _entries(tx: Session, session_id: UUID) -> list[dict[str, Any]]:
    name = tx.get_one(SessionRow, session_id).session_name
    query = (
        select(ArtifactRow, TrainingResultRow.results_metadata)
        .join(TrainingResultRow, TrainingResultRow.job_id == ArtifactRow.job_id)
        .where(TrainingResultRow.session_id == session_id, ArtifactRow.kind == "model")
        .order_by(TrainingResultRow.completed_at.desc(), ArtifactRow.name)
    )
    return [_entry(artifact, about.get("model_type"), name) for artifact, about in tx.execute(query)]


def _entry(artifact: ArtifactRow, model_type: str | None, dataset_name: str | None) -> dict[str, Any]:
    return {
        "filename": artifact.name,
        "model_type": model_type,
        "dataset_name": dataset_name,
        "format": artifact.name.rsplit(".", 1)[-1],
        "storage_path": artifact.blob_key,
        "file_size_mb": round(artifact.size_bytes / 1e6, 3),
        "modified_time": artifact.created_at.isoformat(),
        "job_id": str(artifact.job_id),
        "sha256": artifact.sha256,
    }
