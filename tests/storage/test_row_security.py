"""Clients that ask Supabase's database directly: owners read their own rows, nobody changes any.

A real PostgreSQL with a stand-in for Supabase's roles, `auth` and `storage`; requests act as its REST
interface does, by role and claims in a transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from api.context import KEY
from app import create_app
from services.installation import CannotStart
from services.storage.blobs.places import BUCKETS
from services.storage.database import Database
from services.storage.row_security import NOBODY, RULES, NoRule, ours, statements
from services.storage.supabase_migrations import FOLDER
from tests.conftest import PASSWORD, make_settings, signed_in
from tests.daemons import PostgresServer
from tests.storage.supabase_database import Project, address_for, new_project, push

TABLES = sorted(ours())
HIDDEN = sorted(name for name, rule in RULES.items() if rule == NOBODY)
OWNED = sorted(set(TABLES) - set(HIDDEN) - {"plans"})


@dataclass
class Inhabited:
    """A project with an owner, and a stranger who owns as much."""

    project: Project
    owner: UUID
    stranger: UUID

    def whoever(self, name: str) -> tuple[str, UUID | None]:
        return {
            "owner": ("authenticated", self.owner),
            "stranger": ("authenticated", self.stranger),
            "nobody we know": ("authenticated", uuid4()),
            "anon": ("anon", None),
        }[name]


@pytest.fixture(scope="module")
def inhabited(postgres: PostgresServer) -> Iterator[Inhabited]:
    address = new_project(postgres)
    push(address, FOLDER)
    project = Project(address)
    yield Inhabited(project, project.add_user(), project.add_user())
    project.engine.dispose()


def refused(connection: Connection, statement: str) -> bool:
    try:
        connection.execute(text(statement))
    except ProgrammingError as error:
        return "permission denied" in str(error)
    return False


def columns_of(table: str) -> str:
    return ", ".join(RULES[table].columns) or "*"


@pytest.mark.parametrize("table", OWNED)
def test_an_owner_reads_their_own_rows_and_no_other(inhabited: Inhabited, table: str) -> None:
    with inhabited.project.engine.connect() as connection:
        assert connection.scalar(text(f"select count(*) from {table}")) == 2  # the owner's, the stranger's
    seen = {}
    for name in ("owner", "stranger", "nobody we know"):
        with inhabited.project.client(*inhabited.whoever(name)) as connection:
            seen[name] = connection.execute(text(f"select {columns_of(table)} from {table}")).all()
    assert {name: len(rows) for name, rows in seen.items()} == {
        "owner": 1,
        "stranger": 1,
        "nobody we know": 0,
    }
    assert seen["owner"] != seen["stranger"]


@pytest.mark.parametrize("table", HIDDEN)
@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_what_is_nobodys_is_read_by_nobody(inhabited: Inhabited, table: str, who: str) -> None:
    with inhabited.project.client(*inhabited.whoever(who)) as connection:
        assert refused(connection, f"select 1 from {table}")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("who", ["owner", "stranger", "anon"])
@pytest.mark.parametrize(
    "verb", ["insert into {0} default values", "update {0} set {1} = {1}", "delete from {0}"]
)
def test_no_client_changes_anything(inhabited: Inhabited, table: str, who: str, verb: str) -> None:
    with inhabited.project.engine.connect() as connection:
        column = connection.scalar(
            text("select column_name from information_schema.columns where table_name = :name limit 1"),
            {"name": table},
        )
    with inhabited.project.client(*inhabited.whoever(who)) as connection:
        assert refused(connection, verb.format(table, f'"{column}"'))


@pytest.mark.parametrize("table", TABLES)
def test_who_is_not_signed_in_reads_nothing_at_all(inhabited: Inhabited, table: str) -> None:
    with inhabited.project.client("anon") as connection:
        assert refused(connection, f"select 1 from {table}")


def test_everybody_who_is_signed_in_reads_the_plans(inhabited: Inhabited) -> None:
    with inhabited.project.client(*inhabited.whoever("nobody we know")) as connection:
        assert connection.scalar(text("select count(*) from plans")) >= 3


def test_the_hash_of_a_password_is_never_read(inhabited: Inhabited) -> None:
    for column in ("password_hash", "*"):
        with inhabited.project.client(*inhabited.whoever("owner")) as connection:
            assert refused(connection, f"select {column} from users")


def test_every_table_that_there_is_has_its_rule_and_keeps_to_it(inhabited: Inhabited) -> None:
    with inhabited.project.engine.connect() as connection:
        tables = connection.execute(
            text(
                "select relname, relrowsecurity, relforcerowsecurity from pg_class "
                "where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
            )
        ).all()
    assert {name for name, _enabled, _forced in tables} == set(RULES)
    assert [name for name, enabled, forced in tables if not (enabled and forced)] == []


def test_no_client_may_call_a_function_or_take_numbers_from_a_sequence(inhabited: Inhabited) -> None:
    with inhabited.project.engine.connect() as connection:
        assert (
            connection.scalar(
                text("select count(*) from pg_proc where pronamespace = 'public'::regnamespace")
            )
            == 0
        )
        sequences = connection.scalars(
            text("select relname from pg_class where relkind = 'S' and relnamespace = 'public'::regnamespace")
        ).all()
    assert sequences
    for sequence in sequences:
        for who in ("owner", "anon"):
            with inhabited.project.client(*inhabited.whoever(who)) as connection:
                assert refused(connection, f"select nextval('{sequence}')")


def test_a_table_without_a_rule_is_noticed() -> None:
    with pytest.raises(NoRule, match="says nothing of the table secrets"):
        list(statements(["secrets"]))


@pytest.fixture(scope="module")
def objects(inhabited: Inhabited) -> Inhabited:
    with inhabited.project.engine.begin() as connection:
        connection.execute(text("insert into storage.buckets (id, name) values ('elsewhere', 'elsewhere')"))
        for bucket in (*BUCKETS, "elsewhere"):
            for user_id in (inhabited.owner, inhabited.stranger):
                for name in (f"{user_id}/a/b.bin", f"x/{user_id}/c.bin", "loose.bin"):
                    connection.execute(
                        text(
                            "insert into storage.objects (bucket_id, name) values (:bucket, :name) "
                            "on conflict do nothing"
                        ),
                        {"bucket": bucket, "name": name},
                    )
    return inhabited


def test_the_buckets_are_there_and_private(objects: Inhabited) -> None:
    with objects.project.engine.connect() as connection:
        found = connection.execute(
            text("select id, public from storage.buckets where id <> 'elsewhere'")
        ).all()
    assert {tuple(row) for row in found} == {(name, False) for name in BUCKETS}


@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_in_the_buckets_everybody_sees_the_folder_of_their_own(objects: Inhabited, who: str) -> None:
    role, user_id = objects.whoever(who)
    with objects.project.client(role, user_id) as connection:
        seen = connection.execute(text("select bucket_id, name from storage.objects")).all()
    assert {tuple(row) for row in seen} == {(bucket, f"{user_id}/a/b.bin") for bucket in BUCKETS}


@pytest.mark.parametrize("who", ["owner", "stranger", "anon"])
def test_in_the_buckets_no_client_changes_anything(objects: Inhabited, who: str) -> None:
    role, user_id = objects.whoever(who)
    for statement in ("update storage.objects set name = name || 'x'", "delete from storage.objects"):
        with objects.project.client(role, user_id) as connection:
            assert connection.execute(text(statement)).rowcount == 0
    with (
        objects.project.client(role, user_id) as connection,
        pytest.raises(ProgrammingError, match="row-level"),
    ):
        connection.execute(
            text("insert into storage.objects (bucket_id, name) values ('csv-files', :name)"),
            {"name": f"{user_id}/new.csv"},
        )
    with objects.project.client("anon") as connection:
        assert connection.scalar(text("select count(*) from storage.objects")) == 0


def test_the_service_role_sees_everything(inhabited: Inhabited) -> None:
    with inhabited.project.client("service_role") as connection:
        assert connection.scalar(text("select count(*) from sessions")) == 2


def test_the_role_of_the_server_works_on_everybodys_rows(inhabited: Inhabited) -> None:
    database = Database(inhabited.project.address)
    with database.write() as tx:
        assert tx.scalar(text("select current_user")) == "project"
        assert tx.scalar(text("select count(*) from training_jobs")) == 2
        assert tx.execute(text("update training_jobs set notes = 'x'")).rowcount == 2  # type: ignore[attr-defined]
        tx.rollback()
    database.close()


def test_the_server_serves_a_project_and_its_clients_see_no_more_than_their_own(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    address = new_project(postgres)
    app = create_app(make_settings(tmp_path, DATABASE_URL=address))
    services, project = app.extensions[KEY], Project(address)
    ada, bob = (services.accounts.sign_up(f"{name}@example.org", PASSWORD) for name in ("ada", "bob"))
    client = signed_in(app, ada)
    made = client.post("/api/training/init-session", json={"sessionId": "session_1_a"})
    assert made.status_code == 200, made.text
    assert client.get("/api/training/list-sessions").json["total_count"] == 1
    for user, count in ((ada.user.id, 1), (bob.user.id, 0)):
        with project.client("authenticated", user) as connection:
            assert connection.scalar(text("select count(*) from sessions")) == count
    services.database.close()
    project.engine.dispose()


def test_an_account_that_supabase_deletes_takes_everything_along(inhabited: Inhabited) -> None:
    leaver = inhabited.project.add_user()
    with inhabited.project.engine.begin() as connection:
        connection.execute(text("set local role supabase_auth_admin"))
        connection.execute(text("delete from auth.users where id = :id"), {"id": leaver})
    with inhabited.project.engine.connect() as connection:
        for table in ("users", "sessions", "training_jobs", "artifacts", "subscriptions"):
            assert connection.scalar(text(f"select count(*) from {table}")) == 2


def test_a_user_whom_supabase_does_not_know_cannot_be_stored(inhabited: Inhabited) -> None:
    with inhabited.project.engine.connect() as connection, pytest.raises(IntegrityError, match="auth_users"):
        connection.execute(
            text("insert into users (id, email, password_hash, created_at) values (:id, 'a@b', '', now())"),
            {"id": uuid4()},
        )


def test_a_role_that_row_security_binds_is_told_at_once(postgres: PostgresServer) -> None:
    """It would find empty tables everywhere, and no word about why."""
    database = Database(address_for(new_project(postgres), "weakling"))
    with pytest.raises(CannotStart, match="bypass"):
        database.migrate()
    database.close()
