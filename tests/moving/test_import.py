"""An embedded installation moves to PostgreSQL: every row, every blob, the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, text

from services.installation import LOCK
from services.moving import CannotMove
from services.moving.importing import import_sqlite
from services.moving.table_copies import content, tables
from services.storage.blobs import Blob
from services.storage.blobs.disk import DiskBlobs
from services.storage.database import Database
from services.storage.tables import MetricRow, TrainingResultRow, UserRow
from tests.daemons import PostgresServer
from tests.moving.embedded import HARD, Embedded
from utils.locks import held


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Embedded:
    return Embedded(tmp_path_factory.mktemp("embedded") / "data")


@pytest.fixture
def target(postgres: PostgresServer) -> Iterator[Database]:
    database = Database(postgres.migrated())
    yield database
    database.close()


def silent(_line: str) -> None: ...


def move(embedded: Embedded, database: Database, blobs: DiskBlobs) -> list[str]:
    told: list[str] = []
    import_sqlite(embedded.folder, database, blobs, told.append)
    return told


def assert_moved(embedded: Embedded, database: Database, blobs: DiskBlobs) -> None:
    with embedded.database.engine.connect() as here, database.engine.connect() as there:
        for table in tables():
            assert content(here, table) == content(there, table), table.name
            assert content(there, table).rows > 0, f"{table.name} has no row to be compared"
        users = here.execute(select(UserRow.id).order_by(UserRow.email)).all()
        assert there.execute(select(UserRow.id).order_by(UserRow.email)).all() == users
    assert list(blobs.list("")) == list(embedded.blobs.list(""))
    for key in blobs.list(""):
        with blobs.open(key) as one, embedded.blobs.open(key) as other:
            assert one.read() == other.read()


def test_every_row_and_blob_is_there_afterwards(embedded: Embedded, target: Database, tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path / "blobs")
    told = move(embedded, target, blobs)
    assert_moved(embedded, target, blobs)
    assert "training_jobs: 2 rows, the same here and there" in told
    assert told[-1] == "2 blobs with 1600000 bytes, the same here and there"
    with target.read() as tx:
        for row in tx.scalars(select(TrainingResultRow)):
            assert row.results.pop("z") == pytest.approx(HARD["z"])  # the same number, now as an integer
            assert row.results == {name: value for name, value in HARD.items() if name != "z"}
        tx.rollback()


def test_numbers_go_on_behind_those_that_were_copied(
    embedded: Embedded, target: Database, tmp_path: Path
) -> None:
    move(embedded, target, DiskBlobs(tmp_path / "blobs"))
    with target.write() as tx:
        known = tx.scalars(select(MetricRow)).all()
        again = {
            "job_id": known[0].job_id,
            "attempt": 1,
            "key": "x",
            "value": 1.0,
            "step": 9,
            "phase": "train",
        }
        new = tx.scalar(insert(MetricRow).values(again).returning(MetricRow.id))
    assert new is not None and new > max(row.id for row in known)


def test_an_import_that_broke_off_goes_on_where_it_was(
    embedded: Embedded, target: Database, tmp_path: Path
) -> None:
    class Breaking(DiskBlobs):
        calls = 0

        def put_file(self, key: str, path: Path) -> Blob:
            self.calls += 1
            if self.calls == 2:
                raise OSError("the line went dead")
            return super().put_file(key, path)

    with pytest.raises(OSError, match="went dead"):
        import_sqlite(embedded.folder, target, Breaking(tmp_path / "blobs"), silent)
    blobs = DiskBlobs(tmp_path / "blobs")
    assert len(list(blobs.list(""))) == 1
    told = move(embedded, target, blobs)
    assert told[0].startswith("The database is not empty: comparing it")
    assert_moved(embedded, target, blobs)


def test_one_that_broke_off_among_the_rows_has_left_none(
    embedded: Embedded,
    target: Database,
    tmp_path: Path,
) -> None:
    with target.engine.begin() as connection:
        connection.execute(text("alter table evaluation_tables add column extra int not null"))
    with pytest.raises(CannotMove, match="A row of evaluation_tables does not fit"):
        import_sqlite(embedded.folder, target, DiskBlobs(tmp_path / "blobs"), silent)
    with target.engine.begin() as connection:
        assert connection.scalar(text("select count(*) from users")) == 0
        assert connection.scalar(text("select count(*) from plans")) >= 3
        connection.execute(text("alter table evaluation_tables drop column extra"))
    move(embedded, target, DiskBlobs(tmp_path / "blobs"))


def test_a_database_with_rows_of_its_own_is_refused_and_left_alone(
    embedded: Embedded, target: Database, tmp_path: Path
) -> None:
    with target.write() as tx:
        tx.add(UserRow(id=uuid4(), email="ada@example.org", password_hash="x"))
    with pytest.raises(CannotMove, match=r"holds other rows .*users"):
        import_sqlite(embedded.folder, target, DiskBlobs(tmp_path / "blobs"), silent)
    with target.read() as tx:
        assert [row.email for row in tx.scalars(select(UserRow))] == ["ada@example.org"]
    assert list(DiskBlobs(tmp_path / "blobs").list("")) == []


def test_a_row_that_was_changed_there_is_noticed(
    embedded: Embedded, target: Database, tmp_path: Path
) -> None:
    blobs = DiskBlobs(tmp_path / "blobs")
    move(embedded, target, blobs)
    with target.engine.begin() as connection:
        connection.execute(text("update training_metrics set step = step + 1"))
    with pytest.raises(CannotMove, match=r"holds other rows \(training_metrics\)"):
        move(embedded, target, blobs)


def test_a_server_that_works_there_must_be_stopped_first(
    embedded: Embedded, target: Database, tmp_path: Path
) -> None:
    with held(embedded.folder / LOCK) as ours:
        assert ours
        with pytest.raises(CannotMove, match="stop it"):
            move(embedded, target, DiskBlobs(tmp_path / "blobs"))


def test_a_folder_without_a_database_is_said(target: Database, tmp_path: Path) -> None:
    with pytest.raises(CannotMove, match="There is no database"):
        import_sqlite(tmp_path, target, DiskBlobs(tmp_path / "blobs"), silent)


def test_a_lost_blob_is_named_and_the_rest_moves(
    embedded: Embedded, target: Database, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(embedded.folder, copy)
    lost = next(iter(embedded.blobs.list("")))
    (copy / "blobs" / lost).unlink()
    moved = import_sqlite(copy / "trainyard.db", target, DiskBlobs(tmp_path / "blobs"), silent)
    assert (moved.blobs, moved.missing) == (1, [lost])
