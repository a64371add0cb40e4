"""Is the process alive, can it work, and its measurements."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from api.context import services
from services.errors import Unavailable
from services.jobs.states import Status
from services.measurements import JOBS
from services.storage.tables import JobRow

log = logging.getLogger(__name__)
blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
def live() -> dict[str, str]:
    """The process answers; touches nothing else."""
    return {"status": "live"}


@blueprint.get("/health/ready")
def ready() -> tuple[dict[str, Any], int]:
    """Database and file store answer and workers live; 503 otherwise, naming what does not."""
    checks = {
        "database": _works(_database),
        "files": _works(_files),
        "workers": services().runner.is_working(),
    }
    ok = all(checks.values())
    said = {name: "ok" if works else "failed" for name, works in checks.items()}
    return {"status": "ready" if ok else "unready", "checks": said}, 200 if ok else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    with services().database.read() as tx:
        query = select(JobRow.status, func.count()).group_by(JobRow.status)
        counted = dict(tx.execute(query).all())
    for status in Status:
        JOBS.labels(status.value).set(counted.get(status.value, 0))
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _works(check: Any) -> bool:
    try:
        check()
    except (SQLAlchemyError, OSError, Unavailable):
        log.exception("not ready")
        return False
    return True


def _database() -> None:
    services().database.ping()


def _files() -> None:
    services().blobs.check()
