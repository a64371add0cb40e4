"""A backup that is damaged, cut, not ours or too new is refused whole; a good one comes back as it was."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from services.installation import LOCK
from services.moving import CannotMove
from services.moving.backup import backup
from services.moving.restore import restore
from services.moving.table_copies import content, tables
from services.storage.blobs.disk import DiskBlobs
from services.storage.database import Database
from tests.conftest import make_settings
from tests.moving.embedded import Embedded
from utils.locks import held


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Embedded:
    return Embedded(tmp_path_factory.mktemp("embedded") / "data")


@pytest.fixture(scope="module")
def archive(embedded: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "backup.tar"
    report = backup(embedded.settings, path)
    assert (report.files, report.missing) == (4, [])  # database, secret, two blobs
    return path


def rewritten(archive: Path, target: Path, change: Callable[[str, bytes], list[tuple[str, bytes]]]) -> Path:
    """The archive with each member replaced by what `change` makes of it."""
    with tarfile.open(archive) as old, tarfile.open(target, "w") as new:
        for member in old:
            file = old.extractfile(member)
            assert file is not None
            for name, content in change(member.name, file.read()):
                about = tarfile.TarInfo(name)
                about.size = len(content)
                new.addfile(about, io.BytesIO(content))
    return target


def test_it_comes_back_as_it_was(embedded: Embedded, archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert restore(archive, folder).files == 4
    assert (folder / "secret_key").read_text() == embedded.settings.secret_key
    assert (folder / "secret_key").stat().st_mode & 0o077 == 0
    assert archive.stat().st_mode & 0o077 == 0
    blobs, database = DiskBlobs(folder / "blobs"), Database(f"sqlite:///{folder / 'trainyard.db'}")
    assert list(blobs.list("")) == list(embedded.blobs.list(""))
    for key in blobs.list(""):
        with blobs.open(key) as one, embedded.blobs.open(key) as other:
            assert one.read() == other.read()
    with embedded.database.engine.connect() as here, database.engine.connect() as there:
        for table in tables():
            assert content(here, table) == content(there, table), table.name
    database.close()


def test_nothing_is_restored_over_an_installation(embedded: Embedded, archive: Path) -> None:
    with pytest.raises(CannotMove, match="holds an installation"):
        restore(archive, embedded.folder)


def test_nothing_is_restored_below_a_running_server(archive: Path, tmp_path: Path) -> None:
    with held(tmp_path / LOCK), pytest.raises(CannotMove, match="stop it first"):
        restore(archive, tmp_path)


def test_one_flipped_bit_is_found(archive: Path, tmp_path: Path) -> None:
    damaged = bytearray(archive.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "damaged.tar").write_bytes(damaged)
    with pytest.raises(CannotMove, match="damaged"):
        restore(tmp_path / "damaged.tar", tmp_path / "new")
    assert not (tmp_path / "new" / "trainyard.db").exists()
    assert not (tmp_path / "new" / "blobs").exists()
    restore(archive, tmp_path / "new")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.99])
def test_a_part_of_one_is_refused(archive: Path, tmp_path: Path, share: float) -> None:
    whole = archive.read_bytes()
    (tmp_path / "part.tar").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(CannotMove):
        restore(tmp_path / "part.tar", tmp_path / "new")
    assert not (tmp_path / "new" / "trainyard.db").exists()


def test_a_file_that_is_missing_is_named(archive: Path, tmp_path: Path) -> None:
    without = rewritten(
        archive,
        tmp_path / "without.tar",
        lambda name, content: [] if name == "secret_key" else [(name, content)],
    )
    with pytest.raises(CannotMove, match="secret_key is not what"):
        restore(without, tmp_path / "new")


@pytest.mark.parametrize(
    "name", ["../outside", "blobs/../../outside", "/etc/outside", "blobs//x", "notes.txt"]
)
def test_nothing_is_written_outside_the_folder(archive: Path, tmp_path: Path, name: str) -> None:
    more = rewritten(
        archive, tmp_path / "more.tar", lambda old, content: [(name, b"x"), (old, content)] if old else []
    )
    with pytest.raises(CannotMove):
        restore(more, tmp_path / "new")
    assert not list(tmp_path.rglob("outside"))


def test_one_of_a_newer_version_is_refused(embedded: Embedded, tmp_path: Path) -> None:
    folder = tmp_path / "newer"
    made = Embedded(folder)
    with made.database.engine.execution_options(write=True).begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    made.database.close()
    backup(made.settings, tmp_path / "newer.tar")
    with pytest.raises(CannotMove, match="newer version"):
        restore(tmp_path / "newer.tar", tmp_path / "new")


def test_a_blob_that_is_gone_is_named_in_backup_and_restore(tmp_path: Path) -> None:
    made = Embedded(tmp_path / "data")
    lost = next(iter(made.blobs.list("")))
    made.blobs.delete(lost)
    assert backup(made.settings, tmp_path / "backup.tar").missing == [lost]
    assert restore(tmp_path / "backup.tar", tmp_path / "new").missing == [lost]
    with tarfile.open(tmp_path / "backup.tar") as archive:
        manifest = json.load(archive.extractfile("manifest.json"))  # type: ignore[arg-type]
    assert manifest["missing"] == [lost]


def test_what_cannot_be_written_leaves_nothing_behind(embedded: Embedded, tmp_path: Path) -> None:
    with pytest.raises(CannotMove, match="cannot be written"):
        backup(embedded.settings, tmp_path / "no such folder" / "backup.tar")
    (embedded.folder / "trainyard.db").rename(tmp_path / "moved.db")
    try:
        with pytest.raises(CannotMove, match="There is no database"):
            backup(embedded.settings, tmp_path / "backup.tar")
    finally:
        (tmp_path / "moved.db").rename(embedded.folder / "trainyard.db")
    assert not list(tmp_path.glob("*backup.tar*"))


def test_it_is_for_embedded_installations(tmp_path: Path) -> None:
    elsewhere = make_settings(tmp_path, DATABASE_URL="postgresql+psycopg://u:p@db/trainyard")
    with pytest.raises(CannotMove, match="pg_dump"):
        backup(elsewhere, tmp_path / "backup.tar")
