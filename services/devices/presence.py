"""A worker process says in the database that it is there, on which device, and how much memory is in use."""

from __future__ import annotations

import logging
import os
import socket
from datetime import timedelta
from threading import Event as Flag
from threading import Lock, Thread
from typing import Any

from sqlalchemy import delete, func, update
from sqlalchemy.exc import SQLAlchemyError

from services.devices.device import DeviceManager
from services.storage.database import Database
from services.storage.job_tables import WorkerRow
from services.storage.tables import UtcDateTime, now

REFRESH_SECONDS = 5.0
DEAD_AFTER = timedelta(seconds=30)
FORGOTTEN_AFTER = timedelta(hours=1)
# The database's clock, one for all: those of the machines may differ from each other.
DATABASE_TIME = func.current_timestamp(type_=UtcDateTime())
log = logging.getLogger(__name__)


class Presence:
    """Written by a thread of its own, so that neither a long training nor a slow database is in the way."""

    def __init__(
        self,
        database: Database,
        worker_id: str,
        lane: str,
        device: DeviceManager,
        *,
        every_seconds: float = REFRESH_SECONDS,
    ) -> None:
        self._database = database
        self._id = worker_id
        self._lane = lane
        self._device = device
        self._every_seconds = every_seconds
        self._started_at = now()
        self._ended = Flag()
        self._writing = Lock()

    def begin(self) -> None:
        Thread(target=self._tell, name="presence", daemon=True).start()

    def end(self) -> None:
        """Say that it is gone; nothing is told afterwards."""
        self._ended.set()
        with self._writing:
            try:
                forget(self._database, self._id)
            except SQLAlchemyError:
                log.warning("worker %s could not sign off; it will count as lost soon", self._id)

    def _tell(self) -> None:
        info = self._device.device_info
        while True:
            with self._writing:
                if self._ended.is_set():
                    return
                try:
                    self._write(info)
                except SQLAlchemyError:
                    log.warning("the database did not take what worker %s says of itself", self._id)
            if self._ended.wait(self._every_seconds):
                return

    def _write(self, info: dict[str, Any]) -> None:
        memory = self._device.get_memory_usage()
        seen = {"memory": memory, "seen_at": DATABASE_TIME}
        with self._database.write() as tx:
            known = update(WorkerRow).where(WorkerRow.id == self._id).values(seen).returning(WorkerRow.id)
            if tx.execute(known.execution_options(synchronize_session=False)).one_or_none() is None:
                tx.add(self._row(info, memory))
                tx.flush()
                tx.execute(
                    delete(WorkerRow)
                    .where(WorkerRow.seen_at < now() - FORGOTTEN_AFTER)
                    .execution_options(synchronize_session=False)
                )

    def _row(self, info: dict[str, Any], memory: dict[str, float] | None) -> WorkerRow:
        return WorkerRow(
            id=self._id,
            host=socket.gethostname(),
            lane=self._lane,
            device=self._device.name,
            pid=os.getpid(),
            info=info,
            memory=memory,
            started_at=self._started_at,
            seen_at=DATABASE_TIME,
        )


def forget(database: Database, worker_id: str) -> None:
    """A worker that is known to be gone."""
    with database.write() as tx:
        gone = delete(WorkerRow).where(WorkerRow.id == worker_id)
        tx.execute(gone.execution_options(synchronize_session=False))
