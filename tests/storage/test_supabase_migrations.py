"""The files in supabase/migrations say what the Alembic revisions do, no more and no less."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from services.storage import database as storage_database
from services.storage import row_security
from services.storage.database import MIGRATIONS, Database
from services.storage.recorded_rules import changed_rules
from services.storage.row_security import NOBODY, Rule
from services.storage.supabase_migrations import FOLDER, files, write
from tests.daemons import PostgresServer
from tests.storage.supabase_database import new_project, push

LOOKS = {
    "columns": "select table_name, column_name, data_type, character_maximum_length, is_nullable, "
    "column_default from information_schema.columns where table_schema = 'public'",
    "constraints": "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint "
    "where connamespace = 'public'::regnamespace",
    "indexes": "select indexname, indexdef from pg_indexes where schemaname = 'public'",
    "plans": "select id, max_file_size_mb, can_use_training from plans",
    "version": "select version_num from alembic_version",
}
SUPABASE = {
    "policies": "select schemaname, tablename, policyname, roles::text, cmd, qual, with_check "
    "from pg_policies",
    "security": "select oid::regclass::text, relrowsecurity, relforcerowsecurity, relacl::text from pg_class "
    "where relnamespace = 'public'::regnamespace and relkind in ('r', 'S')",
    "columns' grants": "select attrelid::regclass::text, attname, attacl::text from pg_attribute "
    "where attacl is not null and attrelid::regclass::text !~ '^pg_'",
    "buckets": "select id, public from storage.buckets",
}
Look = dict[str, set[tuple[object, ...]]]


def look(address: str, *, at: dict[str, str]) -> Look:
    engine = create_engine(address)
    with engine.connect() as connection:
        found = {name: {tuple(row) for row in connection.execute(text(query))} for name, query in at.items()}
    engine.dispose()
    return found


def differences(one: Look, other: Look) -> Look:
    return {name: one[name] ^ other[name] for name in one if one[name] != other[name]}


@pytest.fixture(scope="module")
def pushed(postgres: PostgresServer) -> Iterator[str]:
    address = new_project(postgres)
    push(address, FOLDER)
    yield address


def test_the_files_are_what_the_revisions_give() -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.sql")}
    assert kept == files(), "run: flask --app app:create_cli_app supabase-migrations"
    assert changed_rules(FOLDER) == [], "the same: it writes a revision for these tables"


def test_pushed_files_make_what_the_server_would_make_itself(pushed: str, postgres: PostgresServer) -> None:
    address = new_project(postgres)
    database = Database(address)
    database.migrate(supabase_accounts=True)
    database.close()
    everything = {**LOOKS, **SUPABASE}
    assert differences(look(address, at=everything), look(pushed, at=everything)) == {}


def test_on_a_plain_postgres_the_server_makes_the_same_tables(pushed: str, postgres: PostgresServer) -> None:
    plain, there = look(postgres.migrated(), at=LOOKS), look(pushed, at=LOOKS)
    accounts = {row for row in there["constraints"] if row[1] == "fk_users_id_auth_users"}
    assert len(accounts) == 1
    there["constraints"] -= accounts
    assert differences(there, plain) == {}


def test_the_server_finds_nothing_left_to_do_after_a_push(postgres: PostgresServer) -> None:
    address = new_project(postgres)
    push(address, FOLDER)
    everything = {**LOOKS, **SUPABASE}
    before = look(address, at=everything)
    database = Database(address)
    database.migrate()
    database.close()
    assert look(address, at=everything) == before


def test_a_changed_rule_gets_a_revision_of_its_own_and_what_was_released_stays(
    tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, migrations = tmp_path / "supabase", tmp_path / "migrations"
    shutil.copytree(FOLDER, folder)
    shutil.copytree(MIGRATIONS, migrations, ignore=shutil.ignore_patterns("__pycache__"))
    released = {path.name: path.read_bytes() for path in folder.iterdir()}
    before, migrating = new_project(postgres), new_project(postgres)
    push(before, FOLDER)
    push(migrating, FOLDER)

    monkeypatch.setitem(row_security.RULES, "plans", NOBODY)
    monkeypatch.setitem(row_security.RULES, "users", Rule("true", columns=("id",)))
    monkeypatch.setitem(row_security.RULES, "workers", Rule("host = 'public'"))
    monkeypatch.setattr(row_security, "BUCKETS", ("csv-files", "models"))
    assert changed_rules(folder) == ["plans", "storage", "users", "workers"]
    revision, file = write(folder, migrations)
    assert 'row_rules = ("plans", "storage", "users", "workers")' in revision.read_text(encoding="utf-8")
    assert released.items() <= {path.name: path.read_bytes() for path in folder.iterdir()}.items()
    assert changed_rules(folder) == []

    new = tmp_path / "new"
    new.mkdir()
    shutil.copy(file, new)
    push(before, new)
    monkeypatch.setattr(storage_database, "MIGRATIONS", migrations)
    database = Database(migrating)
    database.migrate(supabase_accounts=True)
    database.close()
    fresh = new_project(postgres)
    database = Database(fresh)
    database.migrate(supabase_accounts=True)
    database.close()
    everything = {"version": LOOKS["version"], **SUPABASE}
    found = look(fresh, at=everything)
    assert not any(row[1] == "plans" for row in found["policies"])
    assert ("users", "id") in {row[:2] for row in found["columns' grants"]}
    assert ("users", "email") not in {row[:2] for row in found["columns' grants"]}
    del everything["buckets"], found["buckets"]  # one that is not ours any more stays, with what is in it
    assert differences(look(before, at=everything), found) == {}, "pushed"
    assert differences(look(migrating, at=everything), found) == {}, "migrated by the server"


def test_writing_says_which_files_it_changed(tmp_path: Path) -> None:
    assert len(write(tmp_path)) == len(files())
    assert write(tmp_path) == []
    first = min(tmp_path.iterdir())
    first.write_text("something else", encoding="utf-8")
    (tmp_path / "20260101999900_gone.sql").touch()
    assert {path.name for path in write(tmp_path)} == {first.name, "20260101999900_gone.sql"}
    assert first.read_text(encoding="utf-8") == files()[first.name]
