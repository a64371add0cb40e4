"""Takes back what lost workers held, and removes what was to be deleted once it had stopped."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from services.events import Event
from services.file_blobs import delete_unnamed
from services.jobs import control
from services.jobs.lease import SilenceWatch, Usage, reap
from services.jobs.states import FINISHED
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import JobRow


class Reaper:
    """One in every web process; several do no harm, since every change is conditional."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        usage: Usage,
        lease_seconds: float,
        end: Callable[[str], None] | None = None,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._usage = usage
        self._watch = SilenceWatch(lease_seconds)
        self._end = end

    def sweep(self) -> list[Event]:
        """Called about once a second; gives the events that are to be published."""
        events = reap(self._database, self._usage, self._watch, self._end)
        return [*events, *self._remove_deleted()]

    def _remove_deleted(self) -> list[Event]:
        query = select(JobRow).where(JobRow.delete_requested, JobRow.status.in_(FINISHED))
        with self._database.read() as tx:
            found = list(tx.scalars(query))
        events = []
        for row in found:
            left = control.blobs_of(self._blobs, row.id)
            with self._database.write() as tx:
                gone = control.remove(tx, row)
            if gone is not None:
                events.append(gone)
                delete_unnamed(self._database, self._blobs, left)
        return events
