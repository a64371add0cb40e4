"""Makes a completed training the next version of a model, in the transaction of the caller."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.storage.registry_tables import ModelRow, ModelVersionRow
from services.storage.tables import JobRow, SessionRow, UserRow

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MAX_NAME = 255


def register_in_session(tx: Session, job: JobRow) -> tuple[ModelVersionRow, bool]:
    """The next version of the model of its session, which the first training makes; False: it was one."""
    assert job.session_id is not None, "a forecast belongs to a session"
    session = tx.get_one(SessionRow, job.session_id)
    owner = session.user_id  # whoever trained in it
    _lock(tx, owner)
    model = tx.scalar(select(ModelRow).where(ModelRow.session_id == job.session_id))
    if model is None:
        wanted = session.session_name or f"session {str(session.id)[:8]}"
        model = _added(tx, owner, _free_name(tx, owner, wanted), job.session_id)
    return _version(tx, model, job.id)


def register_by_name(tx: Session, job: JobRow, name: str) -> tuple[ModelVersionRow, bool]:
    """The next version of the user's model of this name, made if there is none; False: it was one."""
    _lock(tx, job.user_id)
    model = tx.scalar(select(ModelRow).where(ModelRow.user_id == job.user_id, ModelRow.name == name))
    return _version(tx, model or _added(tx, job.user_id, name, None), job.id)


def is_id(text: str) -> bool:
    """A name must not look like one."""
    return _UUID.fullmatch(text) is not None


def _version(tx: Session, model: ModelRow, job_id: UUID) -> tuple[ModelVersionRow, bool]:
    mine = ModelVersionRow.model_id == model.id, ModelVersionRow.job_id == job_id
    found = tx.scalar(select(ModelVersionRow).where(*mine))
    if found is not None:
        return found, False
    model.last_version += 1
    found = ModelVersionRow(model_id=model.id, version=model.last_version, job_id=job_id)
    tx.add(found)
    tx.flush()
    return found, True


def _added(tx: Session, user_id: UUID, name: str, session_id: UUID | None) -> ModelRow:
    model = ModelRow(id=uuid4(), user_id=user_id, session_id=session_id, name=name, last_version=0)
    tx.add(model)
    tx.flush()
    return model


def _free_name(tx: Session, user_id: UUID, wanted: str) -> str:
    """Names are parts of addresses, so no slash; the second of a name gets a number."""
    plain = wanted.replace("/", "-").replace("\\", "-")[: MAX_NAME - 10].strip(" .") or "model"
    plain = f"model {plain}" if is_id(plain) else plain
    taken = set(tx.scalars(select(ModelRow.name).where(ModelRow.user_id == user_id)))
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain} ({number})"
    return name


def _lock(tx: Session, user_id: UUID) -> None:
    """Two trainings of a user that end at once get two numbers, and two models two names."""
    tx.scalar(select(UserRow.id).where(UserRow.id == user_id).with_for_update())
