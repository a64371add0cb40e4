"""Removes what nobody will come back for: unfinished uploads, orphaned blobs, unused datasets."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Text, and_, cast, delete, or_, select
from sqlalchemy.orm import Session

from services.audit import Audit
from services.jobs.checkpoints import folder_of
from services.jobs.states import ACTIVE, FINISHED, Status
from services.local_training.embeddings import PREFIX as EMBEDDINGS
from services.plans.forgetting import forget
from services.plans.room import Room
from services.session_removal import SessionRemoval
from services.settings import Settings
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.job_tables import CheckpointRow
from services.storage.tables import (
    ArtifactRow,
    FileRow,
    JobRow,
    SessionRow,
    TrainingResultRow,
    VisualizationRow,
    now,
)
from services.uploads.chunks import UPLOADS, ChunkStore, newest_change
from services.uploads.tus.store import TUS_UPLOADS, TusStore
from utils.locks import held

LOCK = "clean-up.lock"
ORPHAN_AGE = timedelta(hours=1)
DATASET_AGE = timedelta(days=30)
BLOB_PREFIXES = ("files/", "series/", "jobs/", "checkpoints/", EMBEDDINGS)
log = logging.getLogger(__name__)


class Retention:
    """One `sweep` is a whole clean-up; it may be repeated or interrupted at any moment."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        settings: Settings,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._chunks = ChunkStore(settings.data_dir / UPLOADS)
        self._tus = TusStore(settings.data_dir / TUS_UPLOADS)
        self._room = Room(database, clock)
        self._data_dir = settings.data_dir
        self._datasets = settings.data_dir / "cache" / "datasets"
        self._upload_age = timedelta(hours=settings.upload_ttl_hours)
        self._checkpoint_age = timedelta(days=settings.checkpoint_days)
        self._deleted_age = timedelta(days=settings.deleted_session_days)
        self._clock = clock
        self._log_age = timedelta(days=settings.audit_days)
        self._audit = Audit(database, settings.audit_days, clock)
        self._orphan_since: dict[str, datetime] = {}

    def sweep(self) -> dict[str, int]:
        """What was removed, by kind; nothing while another server of the installation sweeps."""
        with held(self._data_dir / LOCK) as ours:
            return self._sweep() if ours else {}

    def _sweep(self) -> dict[str, int]:
        counts = {
            "sessions": self._sweep_sessions(),
            "uploads": self._sweep_uploads() + self._sweep_tus_uploads(),
            "room": self._sweep_room(),
            "temp_files": self._sweep_temp_files(),
            "checkpoints": self._sweep_checkpoints(),
            "blobs": self._sweep_blobs(),
            "datasets": self._sweep_datasets(),
            "work": self._sweep_work(),
            "security_events": self._audit.forget(),
            **forget(self._database, self._clock(), self._log_age),
        }
        if any(counts.values()):
            log.info("clean-up removed %s", counts)
        return counts

    def _sweep_sessions(self) -> int:
        """Deleted ones that cannot be restored any more, as soon as nobody works in them."""
        working = select(JobRow.id).where(JobRow.session_id == SessionRow.id, JobRow.status.in_(ACTIVE))
        old = SessionRow.deleted_at < self._clock() - self._deleted_age
        with self._database.read() as tx:
            expired = tx.scalars(select(SessionRow.id).where(old, ~working.exists())).all()
        return SessionRemoval(self._database, self._blobs, self._chunks).remove(expired)["sessions"]

    def _sweep_uploads(self) -> int:
        """Uploads that nothing was added to for long, except in finalized sessions."""
        removed = 0
        for folder, session_id in self._session_folders():
            if (folder / ".finalized").exists():
                continue
            with self._chunks.locked(session_id):
                for upload in [path for path in folder.iterdir() if _is_upload(path)]:
                    if self._is_older(newest_change(upload), self._upload_age):
                        shutil.rmtree(upload, ignore_errors=True)
                        removed += 1
                if not any(_is_upload(path) for path in folder.iterdir()) and not _is_receiving(folder):
                    shutil.rmtree(folder, ignore_errors=True)
        return removed

    def _sweep_tus_uploads(self) -> int:
        """Those that expired, whether they are complete or not: the bytes of a complete one are elsewhere."""
        expired = (self._clock() - self._upload_age).timestamp()
        return self._tus.sweep(expired)

    def _sweep_room(self) -> int:
        """What was held for uploads that are not there any more."""
        there = {folder.name for folder in self._tus.folders()}
        return self._room.forget_others({*there, *self._chunks.keys()})

    def _sweep_temp_files(self) -> int:
        """Halves of chunks and drafts of files, left by a process that was killed."""
        chunks = [path for folder, _ in self._session_folders() for path in (folder / ".incoming").glob("*")]
        removed = 0
        for path in (*chunks, *self._data_dir.rglob(".*.tmp")):
            with suppress(FileNotFoundError):
                if self._is_older(path.stat().st_mtime, ORPHAN_AGE):
                    path.unlink()
                    removed += 1
        return removed

    def _sweep_checkpoints(self) -> int:
        """Rows of jobs that ended long ago and were never taken up again; their blobs are nobody's then."""
        old = select(JobRow.id).where(JobRow.finished_at < self._clock() - self._checkpoint_age)
        with self._database.write() as tx:
            gone = tx.execute(
                delete(CheckpointRow)
                .where(CheckpointRow.job_id.in_(old))
                .returning(CheckpointRow.id)
                .execution_options(synchronize_session=False)
            )
            return len(gone.all())

    def _sweep_blobs(self) -> int:
        """Blobs that no row named for an hour; a job that works may still be about to name its own."""
        keys = [key for prefix in BLOB_PREFIXES for key in self._blobs.list(prefix)]
        with self._database.read() as tx:
            named = {*_named_keys(tx), *_named_embeddings(tx)}
            protected = (*_active_prefixes(tx), *self._resumable_prefixes(tx))
        orphans = {key for key in keys if key not in named and not key.startswith(protected)}
        moment = self._clock()
        self._orphan_since = {key: self._orphan_since.get(key, moment) for key in orphans}
        old = [key for key, since in self._orphan_since.items() if moment - since >= ORPHAN_AGE]
        for key in old:
            self._blobs.delete(key)
            del self._orphan_since[key]
        return len(old)

    def _resumable_prefixes(self, tx: Session) -> Iterator[str]:
        """What a job may go on from: while it has not ended, and for a while after it ended badly."""
        since = self._clock() - self._checkpoint_age
        lately = and_(
            JobRow.finished_at >= since, or_(JobRow.status != Status.COMPLETED, JobRow.reason == "partial")
        )
        for job_id in tx.scalars(select(JobRow.id).where(or_(JobRow.status.not_in(FINISHED), lately))):
            yield folder_of(job_id)

    def _sweep_datasets(self) -> int:
        """Cached datasets are touched at every use and can be built again."""
        if not self._datasets.is_dir():
            return 0
        old = [
            path
            for path in self._datasets.iterdir()
            if self._is_older(path.stat().st_mtime, ORPHAN_AGE if _is_draft(path) else DATASET_AGE)
        ]
        for path in old:
            shutil.rmtree(path, ignore_errors=True)
        return len(old)

    def _sweep_work(self) -> int:
        """What workers left whose machine lost power; one that lives on makes its folder again."""
        with self._database.read() as tx:
            busy = set(tx.scalars(select(JobRow.worker_id).where(JobRow.status == Status.RUNNING)))
        old = [
            path
            for path in (self._data_dir / "work").glob("*")
            if path.name not in busy and self._is_older(path.stat().st_mtime, ORPHAN_AGE)
        ]
        for path in old:
            shutil.rmtree(path, ignore_errors=True)
        return len(old)

    def _session_folders(self) -> Iterator[tuple[Path, UUID]]:
        if not self._chunks.root.is_dir():
            return
        for folder in sorted(self._chunks.root.iterdir()):
            try:
                yield folder, UUID(folder.name)
            except ValueError:
                log.warning("%s is no upload of ours and is left alone", folder)

    def _is_older(self, changed: float, age: timedelta) -> bool:
        return self._clock().timestamp() - changed >= age.total_seconds()


def _is_upload(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".")


def _is_receiving(folder: Path) -> bool:
    return any((folder / ".incoming").glob("*"))


def _is_draft(path: Path) -> bool:
    return path.name.startswith(".")


def _named_keys(tx: Session) -> Iterator[str]:
    for column in (
        FileRow.storage_path,
        FileRow.series_path,
        ArtifactRow.blob_key,
        CheckpointRow.blob_key,
        TrainingResultRow.results_file_path,
        VisualizationRow.image_path,
    ):
        yield from (key for key in tx.scalars(select(column)) if key)


def _named_embeddings(tx: Session) -> Iterator[str]:
    """Those that jobs were given, for as long as the jobs exist: they may be started again."""
    name_some = cast(JobRow.config, Text).contains(EMBEDDINGS)
    for config in tx.scalars(select(JobRow.config).where(name_some)):
        stored = (value for value in config.values() if isinstance(value, dict))
        yield from (value["blob_key"] for value in stored if "blob_key" in value)


def _active_prefixes(tx: Session) -> Iterator[str]:
    for job_id, session_id in tx.execute(
        select(JobRow.id, JobRow.session_id).where(JobRow.status.in_(ACTIVE))
    ):
        yield f"jobs/{job_id}/"
        yield from (f"files/{session_id}/", f"series/{session_id}/") if session_id else ()
