"""The clean-up: what is old and nobody's goes, everything else stays."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from services.plans.forgetting import forget
from services.retention import Retention
from services.settings import Settings
from services.storage.access_tables import KeyCallsRow
from services.storage.blobs.disk import DiskBlobs
from services.storage.database import Database
from services.storage.job_tables import CheckpointRow
from services.storage.plan_tables import LimitEventRow
from services.storage.tables import Base, UserRow
from services.uploads.chunks import ChunkStore, Upload, UploadName
from services.uploads.tus.store import TUS_UPLOADS, About, TusStore
from tests.builders import add_artifact, add_file, add_job, add_session
from utils.locks import held

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class World:
    """A server's data without the server, and a clock that stands until it is told to go on."""

    def __init__(self, folder: Path) -> None:
        self.now = START
        self.settings = Settings.from_env({"DATA_DIR": str(folder)})
        self.database = Database(self.settings.database_url)
        Base.metadata.create_all(self.database.engine)
        self.blobs = DiskBlobs(folder / "blobs")
        self.chunks = ChunkStore(folder / "file_uploads")
        self.retention = Retention(self.database, self.blobs, self.settings, lambda: self.now)
        user_id = uuid4()
        with self.database.write() as tx:
            tx.add(UserRow(id=user_id, email="a@example.org", password_hash="-"))
        self.user_id = user_id
        self.session_id = add_session(self.database, user_id)

    def upload(self, session_id: UUID, name: str = "load.csv") -> Upload:
        upload = self.chunks.start(session_id, UploadName("input", name, 2, None))
        upload.add(0, self.chunks.receive(session_id, io.BytesIO(b"first half"), 1000))
        self.stamp(upload.folder)
        return upload

    def stamp(self, folder: Path) -> None:
        """Files know the machine's clock; give them ours."""
        moment = self.now.timestamp()
        for path in (*folder.rglob("*"), folder):
            os.utime(path, (moment, moment))

    def blob(self, key: str) -> str:
        self.blobs.put(key, io.BytesIO(b"content"))
        return key

    def dataset(self, name: str) -> Path:
        folder = self.settings.data_dir / "cache" / "datasets" / name
        folder.mkdir(parents=True)
        (folder / "columns.npy").write_bytes(b"numbers")
        self.stamp(folder)
        return folder


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_an_upload_of_the_tus_protocol_expires_as_its_header_says(world: World) -> None:
    store = TusStore(world.settings.data_dir / TUS_UPLOADS)
    old, fresh = (store.create(world.user_id, About(10, "")) for _ in range(2))
    world.stamp(old.folder)
    half = old.folder.with_name(".half.new")
    half.mkdir()
    world.stamp(half)
    world.now += timedelta(hours=24, seconds=1)
    world.stamp(fresh.folder)
    assert world.retention.sweep()["uploads"] == 2
    assert store.find(world.user_id, old.id) is None
    assert store.find(world.user_id, fresh.id) is not None
    assert not half.exists()


def test_an_unfinished_upload_is_kept_for_a_day_and_then_removed(world: World) -> None:
    upload = world.upload(world.session_id)
    world.now += timedelta(hours=23, minutes=59)
    assert world.retention.sweep()["uploads"] == 0
    world.now += timedelta(minutes=2)
    assert world.retention.sweep()["uploads"] == 1
    assert not upload.folder.exists()
    assert not upload.folder.parent.exists(), "nothing is left of a session that has no uploads"


def test_one_more_chunk_keeps_an_upload_alive(world: World) -> None:
    upload = world.upload(world.session_id)
    world.now += timedelta(hours=23)
    upload.add(1, world.chunks.receive(world.session_id, io.BytesIO(b"second"), 1000))
    world.stamp(upload.folder)
    world.now += timedelta(hours=2)
    assert world.retention.sweep()["uploads"] == 0
    assert upload.missing() == []


def test_a_finalized_session_is_protected(world: World) -> None:
    upload = world.upload(world.session_id)
    world.chunks.protect(world.session_id)
    world.now += timedelta(days=30)
    assert world.retention.sweep()["uploads"] == 0
    assert upload.folder.exists()


def test_a_new_upload_ends_the_protection(world: World) -> None:
    world.upload(world.session_id)
    world.chunks.protect(world.session_id)
    world.upload(world.session_id, "more.csv")
    world.now += timedelta(days=2)
    assert world.retention.sweep()["uploads"] == 2


def test_halves_of_files_are_swept_after_an_hour(world: World) -> None:
    upload = world.upload(world.session_id)
    torn = upload.folder.parent / ".incoming" / "half"
    draft = world.settings.data_dir / "blobs" / "files" / ".x.csv.0a1b.tmp"
    for path in (torn, draft):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half of")
        world.stamp(path)
    world.now += timedelta(minutes=59)
    assert world.retention.sweep()["temp_files"] == 0
    world.now += timedelta(minutes=2)
    assert world.retention.sweep()["temp_files"] == 2
    assert not torn.exists() and not draft.exists()
    assert upload.missing() == [1]


def test_a_blob_without_a_row_goes_after_an_hour_and_one_with_a_row_never(world: World) -> None:
    named = world.blob(f"files/{world.session_id}/named.csv")
    series = world.blob(f"series/{world.session_id}/named.parquet")
    add_file(world.database, world.session_id, "Load", "input", storage_path=named, series_path=series)
    job_id = add_job(world.database, world.user_id, world.session_id, status="completed")
    artifact = add_artifact(world.database, world.blobs, job_id, "model", "model.npz", b"weights")
    orphans = [
        world.blob(key)
        for key in (f"files/{uuid4()}/a.csv", f"series/{uuid4()}/a.parquet", f"jobs/{uuid4()}/1/model.npz")
    ]
    assert world.retention.sweep()["blobs"] == 0
    world.now += timedelta(minutes=59)
    assert world.retention.sweep()["blobs"] == 0
    world.now += timedelta(minutes=2)
    assert world.retention.sweep()["blobs"] == 3
    assert not any(world.blobs.exists(key) for key in orphans)
    assert all(world.blobs.exists(key) for key in (named, series, artifact))


def test_what_a_working_job_may_still_need_is_not_orphaned(world: World) -> None:
    job_id = add_job(world.database, world.user_id, world.session_id, status="running")
    keys = [world.blob(f"jobs/{job_id}/1/half.npz"), world.blob(f"files/{world.session_id}/new.csv")]
    world.retention.sweep()
    world.now += timedelta(hours=5)
    assert world.retention.sweep()["blobs"] == 0
    assert all(world.blobs.exists(key) for key in keys)


def test_what_a_job_could_go_on_from_is_kept_while_it_may(world: World) -> None:
    ended = {"status": "failed", "finished_at": world.now}
    jobs = {
        "paused": add_job(world.database, world.user_id, world.session_id, status="paused"),
        "failed": add_job(world.database, world.user_id, world.session_id, **ended),
        "whole": add_job(world.database, world.user_id, world.session_id, **{**ended, "status": "completed"}),
    }
    kept = {name: world.blob(f"checkpoints/{job_id}/kept/fold-1.npz/x") for name, job_id in jobs.items()}
    named = {name: world.blob(f"checkpoints/{jobs[name]}/last-1.zip") for name in ("paused", "failed")}
    with world.database.write() as tx:
        for name, key in named.items():
            about = {"step": 3, "cursor": 0, "progress": {}, "config_hash": "", "fingerprint": ""}
            blob = {"blob_key": key, "sha256": "", "size_bytes": 7}
            tx.add(CheckpointRow(job_id=jobs[name], attempt=1, kind="last", **about, **blob))
    world.retention.sweep()
    world.now += timedelta(hours=2)
    assert world.retention.sweep()["blobs"] == 1
    assert not world.blobs.exists(kept["whole"])
    world.now += timedelta(days=30)
    assert world.retention.sweep()["checkpoints"] == 1
    world.now += timedelta(hours=2)
    assert world.retention.sweep()["blobs"] == 2
    assert all(world.blobs.exists(keys["paused"]) for keys in (kept, named))


def test_a_dataset_goes_thirty_days_after_its_last_use(world: World) -> None:
    unused, used, draft = world.dataset("unused"), world.dataset("used"), world.dataset(".draft-1")
    world.now += timedelta(days=29)
    world.stamp(used)
    assert world.retention.sweep()["datasets"] == 1
    assert not draft.exists()
    world.now += timedelta(days=2)
    assert world.retention.sweep()["datasets"] == 1
    assert used.exists() and not unused.exists()


def test_the_folder_of_a_worker_goes_unless_it_works(world: World) -> None:
    work = world.settings.data_dir / "work"
    for name in ("alive", "dead"):
        (work / name / "job-1").mkdir(parents=True)
        world.stamp(work / name)
    add_job(world.database, world.user_id, world.session_id, status="running", worker_id="alive")
    assert world.retention.sweep()["work"] == 0
    world.now += timedelta(hours=2)
    assert world.retention.sweep()["work"] == 1
    assert (work / "alive").exists() and not (work / "dead").exists()


def test_of_two_servers_one_sweeps_at_a_time(world: World) -> None:
    with held(world.settings.data_dir / "clean-up.lock"):
        assert world.retention.sweep() == {}
    assert world.retention.sweep() != {}


def test_an_empty_server_has_nothing_to_clean(tmp_path: Path) -> None:
    counts = World(tmp_path / "new").retention.sweep()
    assert counts == dict.fromkeys(
        (
            "sessions",
            "uploads",
            "room",
            "temp_files",
            "checkpoints",
            "blobs",
            "datasets",
            "work",
            "security_events",
            "limit_events",
            "api_key_calls",
        ),
        0,
    )


def test_reached_limits_and_calls_of_keys_are_forgotten_with_the_logs(world: World) -> None:
    """Kept for a year unless the operator says otherwise; the calls of a key that is deleted too."""
    limit = {"plan_id": "standard", "limit": 5, "used": 5, "period_start": START}
    with world.database.write() as tx:
        for kind, days in (("training", 366), ("storage", 364)):
            at = START - timedelta(days=days)
            tx.add(LimitEventRow(user_id=world.user_id, kind=kind, created_at=at, **limit))
            tx.add(KeyCallsRow(user_id=world.user_id, key_id=uuid4(), day=at, calls=days))
    counts = world.retention.sweep()
    assert (counts["limit_events"], counts["api_key_calls"]) == (1, 1)
    with world.database.read() as tx:
        assert tx.scalars(select(LimitEventRow.kind)).all() == ["storage"]
        assert tx.scalars(select(KeyCallsRow.calls)).all() == [364]


def test_a_limit_is_not_forgotten_in_the_month_in_which_it_was_reached(tmp_path: Path) -> None:
    world = World(tmp_path / "short")
    with world.database.write() as tx:
        for days in (30, 32):
            at = START - timedelta(days=days)
            row = {"kind": "training", "plan_id": "standard", "limit": 5, "used": 5}
            tx.add(LimitEventRow(user_id=world.user_id, period_start=at, created_at=at, **row))
    counts = forget(world.database, START, timedelta(days=1))
    assert counts == {"limit_events": 1, "api_key_calls": 0}
