"""The registry as its owner uses it: list, look at, register, rename, promote, compare, take home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.artifacts import Download, download
from services.errors import BadRequest, Conflict, NotFound
from services.registry import comparing, lineage, reading, registering
from services.registry.registering import is_id
from services.sessions import Sessions
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.registry_tables import ModelRow, PromotionRow
from services.storage.tables import ArtifactRow, SessionRow, now
from services.tags import line
from services.trained import Trained, find_by_job
from services.validation import checked

CODE = "INVALID_FIELD"
MAX_LISTED = 200


def _no_address(name: str) -> str:
    """A name stands in addresses, beside ids."""
    if any(letter in "/\\" for letter in name) or name.startswith(".") or is_id(name):
        raise ValueError("must hold no slash, begin with no dot and be no id")
    return line(name)


Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255), AfterValidator(_no_address)
]
Text = Annotated[str, StringConstraints(max_length=10_000)]


class RegisterBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    job_id: str = Field(description="a completed training")
    name: Name | None = Field(default=None, description="of the model; left out: that of the session's model")


class PromoteBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    version: int = Field(ge=1, description="which shall be the champion")
    note: Text | None = Field(default=None, description="why; kept in the log")


class ModelChange(BaseModel):
    """Only what is named changes."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    name: Name | None = None
    description: Text | None = Field(default=None, description="null empties it")


class Registry:
    """A model of somebody else does not exist."""

    def __init__(self, database: Database, blobs: Blobs, sessions: Sessions) -> None:
        self._database = database
        self._blobs = blobs
        self._sessions = sessions

    def list(
        self, user_id: UUID, *, session: str | None, search: str | None, limit: int, offset: int
    ) -> tuple[list[dict[str, Any]], int]:
        """Those that changed last first; `search` is any part of the name."""
        if not 1 <= limit <= MAX_LISTED or offset < 0:
            field = "offset" if offset < 0 else "limit"
            wanted = "0 or more" if offset < 0 else f"from 1 to {MAX_LISTED}"
            raise BadRequest(f"{field} must be {wanted}", details={"field": field})
        where = list(reading.shown_models(user_id))
        if session is not None:
            where.append(ModelRow.session_id == self._sessions.resolve(user_id, session))
        if search is not None:
            where.append(ModelRow.name.icontains(search, autoescape=True))
        query = select(ModelRow).where(*where).order_by(ModelRow.updated_at.desc(), ModelRow.name)
        with self._database.read() as tx:
            total = tx.scalar(select(func.count()).select_from(ModelRow).where(*where)) or 0
            rows = tx.scalars(query.limit(limit).offset(offset)).all()
            versions = reading.versions_of(tx, [row.id for row in rows])
            return [_shown(tx, row, versions.get(row.id, [])) for row in rows], total

    def get(self, user_id: UUID, ref: str) -> dict[str, Any]:
        """With every version and the whole log of promotions, the newest first."""
        with self._database.read() as tx:
            return _whole(tx, reading.model_of(tx, user_id, ref))

    def register(self, user_id: UUID, body: Mapping[str, Any]) -> tuple[dict[str, Any], int, bool]:
        """The model, the number of its version, and whether that is a new one."""
        request = checked(RegisterBody, body, where="", code=CODE)
        if not is_id(request.job_id):
            raise BadRequest(
                f"job_id {request.job_id[:80]!r} is no UUID", code="BAD_UUID", details={"field": "job_id"}
            )
        with self._database.write() as tx:
            trained = find_by_job(tx, user_id, UUID(request.job_id))
            _require_model(trained)
            if request.name is None:
                row, fresh = registering.register_in_session(tx, trained.job)
            else:
                row, fresh = registering.register_by_name(tx, trained.job, request.name)
            return _whole(tx, tx.get_one(ModelRow, row.model_id)), row.version, fresh

    def change(self, user_id: UUID, ref: str, body: Mapping[str, Any]) -> dict[str, Any]:
        change = checked(ModelChange, body, where="", code=CODE)
        with self._database.write() as tx:
            model = reading.model_of(tx, user_id, ref)
            if change.name is not None and change.name != model.name:
                taken = ModelRow.user_id == user_id, ModelRow.name == change.name
                if tx.scalar(select(ModelRow.id).where(*taken)) is not None:
                    raise Conflict(
                        f"There is a model {change.name!r} already",
                        code="NAME_TAKEN",
                        suggestion="Choose another name",
                        details={"field": "name"},
                    )
                model.name = change.name
            if "description" in change.model_fields_set:
                model.description = change.description or None
            tx.flush()
            return _whole(tx, model)

    def delete(self, user_id: UUID, ref: str) -> None:
        """A model that was made by name; its trainings stay. Conflict for that of a session."""
        with self._database.write() as tx:
            tx.delete(_named(reading.model_of(tx, user_id, ref)))

    def delete_version(self, user_id: UUID, ref: str, which: str) -> None:
        """Out of a model that was made by name; the training stays. Conflict for the champion."""
        with self._database.write() as tx:
            model = _named(reading.model_of(tx, user_id, ref))
            version = reading.version_of(tx, model, which)
            if version.champion:
                raise Conflict(
                    f"Version {version.number} is the champion",
                    code="VERSION_IN_USE",
                    suggestion="Promote another version first, or delete the model",
                    details={"champion": version.number},
                )
            tx.delete(version.row)
            model.updated_at = now()

    def promote(self, user_id: UUID, ref: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Conflict where it is the champion already, or could not forecast."""
        request = checked(PromoteBody, body, where="", code=CODE)
        with self._database.write() as tx:
            model = reading.model_of(tx, user_id, ref)
            version = reading.version_of(tx, model, str(request.version))
            if version.champion:
                raise Conflict(
                    f"Version {version.number} is the champion already",
                    code="ALREADY_CHAMPION",
                    suggestion="Promote another version",
                    details={"champion": version.number},
                )
            _require_model(reading.trained_of(tx, user_id, version))
            previous = reading.champions(tx, [model.id]).get(model.id)
            tx.add(
                PromotionRow(
                    model_id=model.id, version=version.number, previous=previous, note=request.note or None
                )
            )
            model.updated_at = now()
            tx.flush()
            return _whole(tx, model)

    def version(self, user_id: UUID, ref: str, which: str) -> dict[str, Any]:
        """One version with its lineage."""
        with self._database.read() as tx:
            model = reading.model_of(tx, user_id, ref)
            version = reading.version_of(tx, model, which)
            trained = reading.trained_of(tx, user_id, version)
            return {
                "model": {"id": str(model.id), "name": model.name},
                "version": lineage.version_json(version),
                "lineage": lineage.lineage(tx, trained),
            }

    def compare(self, user_id: UUID, ref: str, a: str, b: str) -> dict[str, Any]:
        with self._database.read() as tx:
            model = reading.model_of(tx, user_id, ref)
            pair = [reading.version_of(tx, model, which) for which in (a, b)]
            return comparing.compared(*pair)

    def download(
        self, user_id: UUID, ref: str, which: str, *, form: str | None, name: str | None
    ) -> Download:
        """A file of a version: by format, and by name where the model has several files of it."""
        with self._database.read() as tx:
            version = reading.version_of(tx, reading.model_of(tx, user_id, ref), which)
            trained = reading.trained_of(tx, user_id, version)
        artifact = _chosen(trained, form or "archive", name)
        mode = str(trained.results["model_type"]).replace(" ", "_")
        title = f"{mode}_v{version.number}_{artifact.name}" if artifact.kind != "model" else artifact.name
        return download(self._blobs, artifact, title, trained.results.get("versions", {}))


def _named(model: ModelRow) -> ModelRow:
    if model.session_id is not None:
        raise Conflict(
            f"{model.name!r} is the model of a session: all its trainings are its versions",
            code="MODEL_OF_SESSION",
            suggestion="Delete trainings (DELETE /api/v1/training/jobs/<id>), or the session",
            details={"session_id": str(model.session_id)},
        )
    return model


def _shown(tx: Session, model: ModelRow, versions: list[reading.Version]) -> dict[str, Any]:
    session = tx.get(SessionRow, model.session_id) if model.session_id else None
    return lineage.model_json(model, session.session_name if session else None, versions)


def _whole(tx: Session, model: ModelRow) -> dict[str, Any]:
    versions = reading.versions_of(tx, [model.id]).get(model.id, [])
    promotions = reading.promotions_of(tx, model.id)
    return {
        **_shown(tx, model, versions),
        "versions": [lineage.version_json(version) for version in versions],
        "promotions": [lineage.promotion_json(row) for row in promotions],
    }


def _require_model(trained: Trained) -> None:
    if not trained.of_kind("bundle"):
        raise Conflict(
            f"Job {trained.job.id} left no model that could forecast",
            code="NO_MODEL",
            suggestion="Train it again",
        )


def _chosen(trained: Trained, form: str, name: str | None) -> ArtifactRow:
    files = [each for each in trained.artifacts if lineage.format_of(each) == form]
    there = lineage.formats(trained.artifacts)
    if not files:
        known = ", ".join(each["format"] for each in there)
        raise NotFound(
            f"This version has no {form[:40]!r} file; there are: {known}",
            code="FORMAT_NOT_FOUND",
            details={"formats": there},
        )
    if name is not None:
        files = [each for each in files if each.name == name]
    if len(files) != 1:
        said = f"has no file {name[:80]!r}" if name else "is several files"
        raise NotFound(
            f"The model {said}",
            code="FILE_NOT_FOUND",
            suggestion="Name one of them with ?file=, or take format=archive",
            details={"formats": there},
        )
    return files[0]
