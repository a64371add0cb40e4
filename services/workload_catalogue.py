"""What kinds of job there are, what each takes, and whether a config would be accepted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined, to_jsonable_python

from services.datasets import Datasets
from services.errors import Invalid, NotFound
from services.file_fields import refuse_unknown
from services.sessions import Sessions
from services.training_fields import read_options
from services.validation import checked
from services.workload_forms import FORMS, ROUTES, Creation
from services.workloads.base import Workload


def creation(workload: Workload) -> Creation:
    """How a job of it comes about: from a config as sent, from a session, or only by a route of its own.

    What nobody has declared open is closed: its config may name what belongs to somebody else.
    """
    if workload.name in FORMS:
        return "session"
    return "config" if workload.open_config else "route"


class WorkloadCatalogue:
    """Read-only; the same for every user."""

    def __init__(self, workloads: Mapping[str, Workload], sessions: Sessions, datasets: Datasets) -> None:
        self._workloads = workloads
        self._sessions = sessions
        self._datasets = datasets

    def all(self) -> list[dict[str, Any]]:
        return [self._describe(workload) for workload in self._workloads.values()]

    def get(self, name: str) -> dict[str, Any]:
        return self._describe(self.workload(name))

    def workload(self, name: str) -> Workload:
        if name not in self._workloads:
            raise NotFound(
                f"There is no workload {name[:80]!r}",
                code="WORKLOAD_NOT_FOUND",
                suggestion=f"There are {', '.join(sorted(self._workloads))}",
            )
        return self._workloads[name]

    def knows(self, name: str) -> bool:
        return name in self._workloads

    def total_epochs(self, name: str, config: Mapping[str, Any]) -> int | None:
        """How many epochs a stored config asks for, where its workload counts in epochs; None otherwise."""
        workload = self._workloads.get(name)
        if workload is None:
            return None
        try:
            valid = workload.config.model_validate(config)
        except ValidationError:  # of an older version of the workload
            return None
        found = workload.about(valid).get("total_epochs")
        return found if isinstance(found, int) else None

    def native_names(self) -> list[str]:
        """Of those that POST /api/v1/training/jobs creates."""
        return [name for name, workload in self._workloads.items() if creation(workload) != "route"]

    def check(
        self, user_id: UUID, name: str, config: Mapping[str, Any], session: str | None
    ) -> dict[str, Any]:
        """Refuses what creating a job of this config would; else what the config amounts to."""
        workload = self.workload(name)
        how = creation(workload)
        if how == "route":
            raise route_only(name)
        if how == "config":
            refuse_session(name, session)
            valid = checked(workload.config, config, where="config", code="INVALID_CONFIG")
            return {"config": valid.model_dump(mode="json"), "resumable": workload.resumable(valid)}
        form = FORMS[name]
        refuse_unknown(config, form.fields, "config")
        form.read(config)
        if session is not None:
            self._datasets.config(self._sessions.resolve(user_id, session), read_options(config))
        return {"config": {**defaults(form.body), **config}, "resumable": None}

    def _describe(self, workload: Workload) -> dict[str, Any]:
        how = creation(workload)
        body = FORMS[workload.name].body if how == "session" else workload.config
        return {
            "name": workload.name,
            "summary": workload.summary,
            "lane": workload.lane,
            "unit": workload.unit,
            "usage": workload.usage,
            "created_from": how,
            "native": how != "route",
            "route": _route(workload.name),
            "schema": body.model_json_schema() if how != "route" else None,
            "defaults": defaults(body) if how != "route" else None,
            "config_schema": workload.config.model_json_schema(mode="serialization"),
        }


def route_only(name: str) -> Invalid:
    """The refusal of a job that only its own route may start."""
    way = ROUTES.get(name)
    return Invalid(
        f"Jobs of the workload {name!r} are not created here: their config names stored files",
        code="WORKLOAD_NOT_NATIVE",
        suggestion=f"Use {way}" if way else "GET /api/v1/workloads says which workloads can be created",
        details={"errors": [{"field": "workload", "message": f"workload {name!r} is started by a route"}]},
    )


def refuse_session(name: str, session: str | None) -> None:
    if session is not None:
        message = f"session_id does nothing for {name!r}: its config is complete as it is sent"
        raise Invalid(
            message,
            code="INVALID_CONFIG",
            suggestion="Leave session_id out",
            details={"errors": [{"field": "session_id", "message": message}]},
        )


def defaults(model: type[BaseModel]) -> dict[str, Any]:
    """What a field is when it is left out; fields that must be given are missing."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        value = field.get_default(call_default_factory=True) if not field.is_required() else PydanticUndefined
        if value is not PydanticUndefined:
            found[name] = to_jsonable_python(value, by_alias=True)
    return found


def _route(name: str) -> str | None:
    form = FORMS.get(name)
    return ROUTES.get(name) if form is None else f"POST /api/training/{form.route}"
