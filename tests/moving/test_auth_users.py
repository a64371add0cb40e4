"""Accounts move to Supabase Auth with their ids and hashes; its admin API is a stand-in for no more."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select, text

from services.moving import CannotMove
from services.moving.auth_users import USERS, accounts_for
from services.moving.importing import import_sqlite
from services.settings import Settings
from services.storage.blobs.disk import DiskBlobs
from services.storage.database import Database
from services.storage.supabase_migrations import FOLDER
from services.storage.tables import UserRow
from tests.daemons import PostgresServer
from tests.moving.embedded import Embedded
from tests.storage.supabase_database import address_for, new_project, push

KEY = "sb_secret_of_the_tests"


class AdminApi:
    """POST and GET of /auth/v1/admin/users, on the `auth.users` of a database."""

    def __init__(self, address: str) -> None:
        self.engine = create_engine(address_for(address, "postgres"))
        self.asked: list[dict[str, Any]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._answering())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def make(self, about: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.asked.append(about)
        with self.engine.begin() as connection:
            if connection.scalar(text("select 1 from auth.users where email = :email"), about):
                return 422, {"error_code": "email_exists"}
            insert = (
                "insert into auth.users (id, email, encrypted_password) values (:id, :email, :password_hash)"
            )
            connection.execute(text(insert), about)
        return 200, {"id": about["id"], "email": about["email"]}

    def known(self, user_id: str) -> tuple[int, dict[str, Any]]:
        with self.engine.begin() as connection:
            found = connection.execute(
                text("select email from auth.users where id = :id"), {"id": user_id}
            ).first()
        return (200, {"id": user_id, "email": found.email}) if found else (404, {})

    def _answering(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                about = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                allowed = self.headers["Authorization"] == f"Bearer {KEY}" and self.path == USERS
                self._say(*(api.make(about) if allowed else (403, {})))

            def do_GET(self) -> None:
                self._say(*api.known(self.path.removeprefix(f"{USERS}/")))

            def _say(self, status: int, body: dict[str, Any]) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: Any) -> None: ...

        return Answering


@pytest.fixture
def address(postgres: PostgresServer) -> str:
    address = new_project(postgres)
    push(address, FOLDER)
    return address


@pytest.fixture
def api(address: str) -> Iterator[AdminApi]:
    api = AdminApi(address)
    yield api
    api.server.shutdown()
    api.server.server_close()
    api.engine.dispose()


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Embedded:
    return Embedded(tmp_path_factory.mktemp("embedded") / "data")


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    database = Database(address)
    yield database
    database.close()


def settings(folder: Path, database: Database, url: str, key: str = KEY) -> Settings:
    environ = {
        "DATA_DIR": str(folder),
        "DATABASE_URL": database.url,
        "TRAINYARD_ACCOUNTS": "supabase",
        "SUPABASE_URL": url,
        "SUPABASE_ANON_KEY": "sb_publishable_of_the_tests",
        "SUPABASE_SERVICE_ROLE_KEY": key,
    }
    return Settings.from_env(environ)


def move(embedded: Embedded, database: Database, chosen: Settings) -> None:
    blobs = DiskBlobs(chosen.data_dir / "blobs")
    import_sqlite(embedded.folder, database, blobs, lambda _line: None, accounts_for(chosen))


def test_everybody_has_the_account_they_had(
    embedded: Embedded, database: Database, api: AdminApi, tmp_path: Path
) -> None:
    move(embedded, database, settings(tmp_path, database, api.url))
    with embedded.database.read() as tx:
        expected = {(row.id, row.email, row.password_hash) for row in tx.scalars(select(UserRow))}
    with api.engine.connect() as connection:
        found = connection.execute(text("select id, email, encrypted_password from auth.users")).all()
    assert {tuple(row) for row in found} == expected
    assert all(about["email_confirm"] for about in api.asked)


def test_accounts_of_an_attempt_before_are_let_be(
    embedded: Embedded, database: Database, api: AdminApi, tmp_path: Path
) -> None:
    chosen = settings(tmp_path, database, api.url)
    with embedded.database.engine.connect() as source:
        accounts = accounts_for(chosen)
        assert accounts is not None
        accounts(source)
    move(embedded, database, chosen)
    with api.engine.connect() as connection:
        assert connection.scalar(text("select count(*) from auth.users")) == 2


def test_an_address_that_somebody_else_has_there_stops_it(
    embedded: Embedded, database: Database, api: AdminApi, tmp_path: Path
) -> None:
    with embedded.database.read() as tx:
        email = tx.scalars(select(UserRow.email)).first()
    with api.engine.begin() as connection:
        taken = "insert into auth.users (id, email) values (gen_random_uuid(), :email)"
        connection.execute(text(taken), {"email": email})
    with pytest.raises(CannotMove, match=r"refuses the account of \w+ \(422\)"):
        move(embedded, database, settings(tmp_path, database, api.url))
    with database.read() as tx:
        assert tx.scalars(select(UserRow)).all() == []


def test_without_the_key_it_is_not_begun(embedded: Embedded, database: Database, tmp_path: Path) -> None:
    with pytest.raises(CannotMove, match="SUPABASE_SERVICE_ROLE_KEY"):
        move(embedded, database, settings(tmp_path, database, "http://127.0.0.1:9", key=""))
