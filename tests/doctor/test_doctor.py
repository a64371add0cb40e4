"""`flask doctor` finds each thing that can be wrong, says how to repair it, and is content when nothing is.

The Supabase project is a stand-in: a PostgreSQL that looks like one, and a small HTTP server that answers as
its Auth and Storage do.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from click.testing import Result
from sqlalchemy import create_engine, text

from app import create_cli_app
from examples.server import ROOT, free_port
from services.doctor import Finding, examine, on_this_machine
from services.installation import identify
from services.storage.database import Database
from services.storage.supabase_migrations import FOLDER
from services.uploads.tus.store import TUS_UPLOADS, About, TusStore
from tests.daemons import PostgresServer, RedisServer
from tests.storage.supabase_database import address_for, new_project, push

SECRET = "a secret of the project, long enough to sign"
EC_KEY = {"kty": "EC", "crv": "P-256", "kid": "one", "x": "x", "y": "y"}


def key(role: str, secret: str = SECRET, iss: str = "supabase") -> str:
    return jwt.encode({"iss": iss, "role": role}, secret, algorithm="HS256")


def wrongs(environ: dict[str, str]) -> dict[str, Finding]:
    return {finding.place: finding for finding in examine(environ) if not finding.is_well}


def only_wrong(environ: dict[str, str], place: str) -> Finding:
    found = wrongs(environ)
    assert list(found) == [place], found
    assert found[place].repair
    return found[place]


@pytest.fixture
def here(tmp_path: Path, migrated: Path) -> dict[str, str]:
    """An embedded installation that has been started once."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(migrated, folder / "trainyard.db")
    address = f"sqlite:///{folder / 'trainyard.db'}"
    database = Database(address)
    identify(database, folder)
    database.close()
    return {"DATA_DIR": str(folder), "DATABASE_URL": address}


@pytest.fixture
def on_postgres(tmp_path: Path, postgres: PostgresServer) -> dict[str, str]:
    address = postgres.migrated()
    database = Database(address)
    identify(database, tmp_path / "data")
    database.close()
    return {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": address}


def test_an_embedded_installation_is_well(here: dict[str, str]) -> None:
    found = list(examine(here))
    assert [finding for finding in found if not finding.is_well] == []
    assert [finding.place for finding in found] == [
        *("data folder", "disk", "secret", "database", "schema", "installation", "uploads")
    ]


def test_one_on_postgres_is_well(on_postgres: dict[str, str]) -> None:
    assert wrongs(on_postgres) == {}


def test_settings_that_are_none_are_named(here: dict[str, str]) -> None:
    found = list(examine({**here, "TRAINYARD_WORKER": "2", "PORT": "none"}))
    assert [finding.place for finding in found] == ["settings", "settings"]
    assert "TRAINYARD_WORKER is no setting" in found[0].said and found[1].said.startswith("PORT:")


def test_a_folder_that_is_a_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert only_wrong({"DATA_DIR": str(tmp_path / "file")}, "data folder").said.startswith(str(tmp_path))


def test_a_folder_that_cannot_be_written_is_found(
    here: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_options: Any) -> None:
        raise PermissionError(13, "Permission denied")

    list(examine(here))  # the secret is made
    monkeypatch.setattr(on_this_machine.tempfile, "TemporaryFile", refuse)
    assert "Permission denied" in only_wrong(here, "data folder").said


def test_a_full_disk_is_found(here: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil._ntuple_diskusage(10**12, 10**12 - 10**9, 10**9)  # type: ignore[attr-defined]
    monkeypatch.setattr(on_this_machine.shutil, "disk_usage", lambda _folder: full)
    assert "0.9 GB free" in only_wrong(here, "disk").said


def test_a_secret_that_others_may_read_is_found(here: dict[str, str]) -> None:
    list(examine(here))
    path = Path(here["DATA_DIR"]) / "secret_key"
    path.chmod(0o644)
    assert only_wrong(here, "secret").repair == f"chmod 600 {path}"
    path.chmod(0o600)
    path.write_text("short")
    assert "too short" in only_wrong(here, "secret").said


def test_a_database_that_is_not_migrated_is_found(here: dict[str, str], tmp_path: Path) -> None:
    empty = {**here, "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.db'}"}
    assert "migrate" in only_wrong(empty, "schema").repair
    _change(here["DATABASE_URL"], "update alembic_version set version_num = '0003'")
    assert only_wrong(here, "schema").said.startswith("revision 0003 of ")
    _change(here["DATABASE_URL"], "update alembic_version set version_num = '9999'")
    assert "newer version" in only_wrong(here, "schema").said


def test_a_damaged_database_is_found(here: dict[str, str]) -> None:
    path = Path(here["DATA_DIR"]) / "trainyard.db"
    content = bytearray(path.read_bytes())
    content[40 * 4096 : 60 * 4096] = b"\xff" * (20 * 4096)
    path.write_bytes(content)
    assert "damaged" in wrongs(here)["database"].said or "malformed" in wrongs(here)["database"].said


def test_a_folder_of_another_installation_is_found(on_postgres: dict[str, str]) -> None:
    (Path(on_postgres["DATA_DIR"]) / "installation_id").write_text("another")
    assert "belongs to installation another" in only_wrong(on_postgres, "installation").said


def test_a_database_that_does_not_answer_is_found_and_its_password_not_shown(tmp_path: Path) -> None:
    address = f"postgresql+psycopg://ada:sesame@127.0.0.1:{free_port()}/trainyard"
    said = only_wrong({"DATA_DIR": str(tmp_path), "DATABASE_URL": address}, "database").said
    assert "refused" in said and "sesame" not in said and "ada:***" in said


def test_a_redis_that_does_not_answer_is_found(on_postgres: dict[str, str], redis: RedisServer) -> None:
    cluster = {**on_postgres, "JOB_RUNNER": "celery", "TRAINYARD_SECRET_KEY": "x" * 32}
    assert wrongs({**cluster, "REDIS_URL": redis.url}) == {}
    gone = {**cluster, "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    assert "does not answer" in only_wrong(gone, "redis").said


def _change(address: str, *statements: str) -> None:
    engine = create_engine(address)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


class Answers:
    """A project's HTTP side; `routes` are its answers by path, for who shows one of `keys`."""

    def __init__(self) -> None:
        self.keys = {key("anon"), key("service_role")}
        self.routes: dict[str, tuple[int, Any]] = {
            "/auth/v1/settings": (200, {"disable_signup": False}),
            "/auth/v1/.well-known/jwks.json": (200, {"keys": [EC_KEY]}),
            "/storage/v1/bucket": (
                200,
                [{"id": name, "public": False} for name in ("csv-files", "training-results", "models")],
            ),
        }
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._answering())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _answering(self) -> type[BaseHTTPRequestHandler]:
        project = self

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.headers["apikey"] in project.keys
                status, body = project.routes.get(self.path, (404, {})) if known else (401, {"msg": "no"})
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: Any) -> None: ...

        return Answering


@pytest.fixture
def answers() -> Iterator[Answers]:
    answers = Answers()
    yield answers
    answers.server.shutdown()
    answers.server.server_close()


@pytest.fixture(scope="module")
def pushed(postgres: PostgresServer) -> str:
    address = new_project(postgres)
    push(address, FOLDER)
    return address


@pytest.fixture
def project(answers: Answers, pushed: str, tmp_path: Path) -> dict[str, str]:
    return {
        "DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": pushed,
        "TRAINYARD_BLOBS": "supabase",
        "TRAINYARD_ACCOUNTS": "supabase",
        "SUPABASE_URL": answers.url,
        "SUPABASE_ANON_KEY": key("anon"),
        "SUPABASE_SERVICE_ROLE_KEY": key("service_role"),
        "SUPABASE_JWT_SECRET": SECRET,
    }


def test_a_project_of_supabase_is_well(project: dict[str, str]) -> None:
    found = list(examine(project))
    assert [finding for finding in found if not finding.is_well] == []
    said = {finding.said for finding in found}
    assert {"models is there, and private", "users are tied to those of Supabase Auth"} <= said


@pytest.mark.parametrize(
    ("opening", "closing", "said"),
    [
        ("alter table sessions disable row level security", "", "sessions: row-level security is off"),
        ("grant update on files to authenticated", "", "files: clients may change rows"),
        ("grant select on refresh_tokens to authenticated", "", "refresh_tokens: clients may read it"),
        ("grant select on sessions to anon", "", "sessions: clients may read it"),
        (
            "create policy everybody on training_jobs for select to authenticated using (true)",
            "drop policy everybody on training_jobs",
            "training_jobs: its policies are everybody, owner reads",
        ),
        ('drop policy "owner reads" on artifacts', "", "artifacts: its policies are missing"),
    ],
)
def test_every_way_past_the_rules_is_found_and_closed_again(
    project: dict[str, str], opening: str, closing: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _change(project["DATABASE_URL"], opening)
    found = only_wrong(project, "row security")
    assert found.said == said and "secure-database" in found.repair
    if closing:
        _change(project["DATABASE_URL"], closing)
    else:
        run = command(monkeypatch, project, "secure-database")
        assert run.exit_code == 0, run.output
    assert wrongs(project) == {}


def test_a_role_that_row_security_binds_is_found(project: dict[str, str]) -> None:
    weak = {**project, "DATABASE_URL": address_for(project["DATABASE_URL"], "weakling")}
    _change(
        project["DATABASE_URL"],
        "grant select on alembic_version, installation to weakling",
        "create policy weak on alembic_version to weakling using (true)",
    )
    try:
        assert "bypassrls" in wrongs(weak)["role"].repair
    finally:
        _change(
            project["DATABASE_URL"],
            "drop policy weak on alembic_version",
            "revoke all on alembic_version, installation from weakling",
        )


def test_a_folder_that_lacks_the_uploads_of_the_database_is_found(project: dict[str, str]) -> None:
    """As on a machine that has not mounted the shared folder and was given the id by hand."""
    user, key = uuid4(), uuid4().hex
    _change(
        project["DATABASE_URL"],
        f"insert into auth.users (id, email) values ('{user}', 'a@example.org')",
        "insert into users (id, email, password_hash, created_at) "
        f"values ('{user}', 'a@example.org', '', now())",
        "insert into unfinished_uploads (key, user_id, size_bytes, created_at) "
        f"values ('{key}', '{user}', 7, now() - interval '1 hour')",
    )
    try:
        found = only_wrong(project, "uploads")
        assert found.said == "1 unfinished uploads do not lie in DATA_DIR"
        assert "Mount the folder" in found.repair
        TusStore(Path(project["DATA_DIR"]) / TUS_UPLOADS).create(user, About(7, ""), key)
        assert wrongs(project) == {}
    finally:
        _change(project["DATABASE_URL"], f"delete from auth.users where id = '{user}'")


def test_accounts_that_cannot_be_made_are_found(project: dict[str, str]) -> None:
    assert "nobody can sign up" in only_wrong({**project, "TRAINYARD_ACCOUNTS": "local"}, "accounts").said


def test_an_auth_that_refuses_or_is_silent_is_found(project: dict[str, str], answers: Answers) -> None:
    answers.keys.remove(key("anon"))
    assert "refuses SUPABASE_ANON_KEY (401)" in only_wrong(project, "auth").said
    silent = {**project, "SUPABASE_URL": f"http://127.0.0.1:{free_port()}"}
    found = wrongs(silent)
    assert set(found) == {"auth", "storage"} and "does not answer" in found["auth"].said


def test_the_issuer_of_tokens_is_told_and_compared(project: dict[str, str], answers: Answers) -> None:
    ours = f"{answers.url}/auth/v1"
    assert f"tokens must name {ours}" in {finding.said for finding in examine(project)}
    discovery = "/auth/v1/.well-known/openid-configuration"
    answers.routes[discovery] = (200, {"issuer": "https://auth.example.com/auth/v1"})
    found = only_wrong(project, "issuer")
    assert ours in found.said and "TRAINYARD_SUPABASE_ISSUER=https://auth.example.com/auth/v1" in found.repair
    repaired = {**project, "TRAINYARD_SUPABASE_ISSUER": "https://auth.example.com/auth/v1"}
    assert wrongs(repaired) == {}
    answers.routes[discovery] = (200, {"issuer": ""})
    assert "GOTRUE_JWT_ISSUER" in only_wrong(project, "issuer").repair
    assert wrongs({**project, "TRAINYARD_SUPABASE_ISSUER": "none"}) == {}
    del answers.routes[discovery]
    foreign = key("anon", iss="https://another.example/auth/v1")
    answers.keys.add(foreign)
    assert "another.example" in only_wrong({**project, "SUPABASE_ANON_KEY": foreign}, "issuer").said


def test_keys_that_do_not_belong_together_are_found(project: dict[str, str], answers: Answers) -> None:
    found = only_wrong({**project, "SUPABASE_JWT_SECRET": "x" * 40}, "jwt")
    assert "did not sign" in found.said
    answers.routes["/auth/v1/.well-known/jwks.json"] = (200, {"keys": []})
    assert wrongs(project) == {}
    assert "publishes no key" in only_wrong({**project, "SUPABASE_JWT_SECRET": ""}, "jwt").said


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        (lambda buckets: buckets.pop(), "bucket", "there is no bucket models"),
        (lambda buckets: buckets[0].update(public=True), "bucket", "csv-files is public"),
    ],
)
def test_a_bucket_that_is_missing_or_open_is_found(
    project: dict[str, str], answers: Answers, change: Callable[[Any], Any], place: str, said: str
) -> None:
    change(answers.routes["/storage/v1/bucket"][1])
    assert said in only_wrong(project, place).said


def test_a_service_key_that_is_refused_is_found(project: dict[str, str], answers: Answers) -> None:
    answers.keys.remove(key("service_role"))
    assert "refuses SUPABASE_SERVICE_ROLE_KEY (401)" in only_wrong(project, "storage").said


def command(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], *arguments: str) -> Result:
    for name in (*os.environ,):
        if name.startswith(("TRAINYARD_", "SUPABASE_", "DATABASE_URL", "DATA_DIR")):
            monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return create_cli_app().test_cli_runner().invoke(args=list(arguments))


def test_the_command_says_all_in_lines_and_ends_accordingly(
    here: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    well = command(monkeypatch, here, "doctor")
    assert well.exit_code == 0 and well.stdout.endswith("All is well\n"), well.output
    ill = command(monkeypatch, {**here, "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.db'}"}, "doctor")
    assert ill.exit_code == 1
    assert "WRONG  schema        there are no tables yet\n" in ill.stdout
    assert ill.stdout.endswith("1 to repair\n")


def test_a_command_that_finds_no_configuration_says_so_without_a_traceback(here: dict[str, str]) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app:create_cli_app", "clean-up"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **here, "TRAINYARD_X": "1"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1 and "TRAINYARD_X is no setting" in run.stderr
    assert "Traceback" not in run.stderr
