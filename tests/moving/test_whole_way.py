"""By the front door: a server with a trained session is backed up while people use it, restored elsewhere,
and moved to PostgreSQL; whoever comes back finds what they left."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app import create_cli_app
from examples.client import Client
from examples.server import Server, running, wait_until
from services.moving.snapshots import named_blobs
from services.storage.blobs.disk import DiskBlobs
from services.storage.database import Database
from services.storage.tables import ArtifactRow, FileRow, SessionRow, UserRow
from tests.daemons import PostgresServer
from tests.e2e.series import ready_session, write_series

EMAIL, PASSWORD = "ada@example.org", "correct horse battery staple"
LOOKS = (
    "/api/training/list-sessions",
    "/api/training/session/{}/database",
    "/api/training/csv-files/{}",
    "/api/training/results/{}?all=true",
    "/api/training/evaluation-tables/{}",
    "/api/training/list-models-database/{}",
    "/api/training/visualizations/{}",
    "/api/v1/training/jobs",
    "/api/v1/training/jobs/{job}/events?after_seq=0",
    "/api/v1/training/jobs/{job}/metrics",
    "/api/v1/training/jobs/{job}/artifacts",
    "/api/v1/usage",
)

pytestmark = pytest.mark.slow  # an installation that has lived, with trainings


@dataclass
class Lived:
    """What became of the folder: a trained session, and backups made in the middle of other work."""

    folder: Path
    session_id: str = ""
    job_id: str = ""
    backups: list[Path] = field(default_factory=list)
    finished: list[int] = field(default_factory=list)  # sessions that were complete before each backup began
    seen: dict[str, Any] = field(default_factory=dict)
    archive: str = ""

    @property
    def address(self) -> str:
        return f"sqlite:///{self.folder / 'trainyard.db'}"


def look(client: Client, lived: Lived) -> dict[str, Any]:
    """All that the API says of the session; without what depends on when one asks."""
    paths = [path.format(lived.session_id, job=lived.job_id) for path in LOOKS]
    return {path: json.loads(json.dumps(client.call("GET", path), sort_keys=True)) for path in paths}


def archive(client: Client, lived: Lived, folder: Path) -> str:
    path = client.download(f"/api/training/download-archive/{lived.session_id}", folder / "archive.zip")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sign_in(server: Server) -> Client:
    client = Client(server.url)
    body = client.call("POST", "/api/auth/sign-in", json={"email": EMAIL, "password": PASSWORD})
    client.http.headers["Authorization"] = f"Bearer {body['access_token']}"
    return client


def train(client: Client, session_id: str) -> str:
    """A linear model; the id of its job, which has completed."""
    body = {"model_parameters": {"MODE": "LIN"}}
    job_id: str = client.call("POST", f"/api/training/train-models/{session_id}", json=body)["job_id"]

    def is_done() -> bool:
        about = client.call("GET", f"/api/v1/training/jobs/{job_id}")
        return bool(about.get("job", about)["status"] == "completed")

    wait_until(is_done, 240, "the training to complete")
    return job_id


def command(environ: dict[str, str], *arguments: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        run = create_cli_app().test_cli_runner().invoke(args=list(arguments))
    assert run.exit_code == 0, run.output
    return run.output


def keep_busy(client: Client, folder: Path, over: threading.Event, made: list[str]) -> None:
    """Sessions with files come, and every third goes again with all of its blobs."""
    path = write_series(folder / "busy.csv", days=3)
    while not over.is_set():
        body = client.call("POST", "/api/training/create-database-session", json={"sessionName": "Busy"})
        metadata = {"bezeichnung": "Load", "zeithorizontStart": -23, "zeithorizontEnd": 0}
        client.upload(body["sessionUuid"], path, "input", metadata)
        if len(made) % 3 == 2:
            client.call("POST", f"/api/training/session/{body['sessionUuid']}/delete")
        made.append(body["sessionUuid"])


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("lived")
    lived = Lived(folder / "data")
    with running(lived.folder, TRAINYARD_WORKERS="1", DATABASE_URL=lived.address) as server:
        client, busy = Client(server.url), Client(server.url)
        client.sign_up(EMAIL, PASSWORD)
        busy.sign_up("busy@example.org", PASSWORD)
        lived.session_id = ready_session(client, folder)
        lived.job_id = train(client, lived.session_id)
        made: list[str] = []
        over = threading.Event()
        worker = threading.Thread(target=keep_busy, args=(busy, folder, over, made))
        worker.start()
        try:
            for number in range(3):
                wait_until(lambda number=number: len(made) > 2 * number, 60, "some work")  # type: ignore[misc]
                lived.finished.append(len(made))
                lived.backups.append(folder / f"{number}.tar")
                environ = {"DATA_DIR": str(lived.folder), "DATABASE_URL": lived.address}
                command(environ, "backup", str(lived.backups[-1]))
        finally:
            over.set()
            worker.join(60)
        lived.seen, lived.archive = look(client, lived), archive(client, lived, folder)
    yield lived


def test_every_backup_is_whole_by_its_hashes_although_work_went_on(lived: Lived, tmp_path: Path) -> None:
    for number, (path, finished) in enumerate(zip(lived.backups, lived.finished, strict=True)):
        folder = tmp_path / f"restored-{number}"
        environ = {"DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder / 'trainyard.db'}"}
        said = command(environ, "restore", str(path))
        assert "every hash right" in said
        database, blobs = Database(environ["DATABASE_URL"]), DiskBlobs(folder / "blobs")
        with database.read() as tx:
            assert len(tx.scalars(select(SessionRow)).all()) >= finished - finished // 3
            hashes = {row.storage_path: row.file_hash for row in tx.scalars(select(FileRow))}
            hashes |= {row.series_path: row.series_hash for row in tx.scalars(select(FileRow))}
            hashes |= {row.blob_key: row.sha256 for row in tx.scalars(select(ArtifactRow))}
        missing = {key for key in named_blobs(database) if not blobs.exists(key)}
        assert missing == {line.split()[1].rstrip(",") for line in said.splitlines() if "missing:" in line}
        assert len(hashes) > 4
        for key, expected in hashes.items():
            if key is not None and key not in missing:
                with blobs.open(key) as file:
                    assert hashlib.file_digest(file, "sha256").hexdigest() == expected, key
        database.close()


def test_a_restored_installation_knows_its_people_and_their_results(lived: Lived, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    address = f"sqlite:///{folder / 'trainyard.db'}"
    command({"DATA_DIR": str(folder), "DATABASE_URL": address}, "restore", str(lived.backups[-1]))
    with running(folder, TRAINYARD_WORKERS="0", DATABASE_URL=address) as server:
        client = sign_in(server)
        assert look(client, lived) == lived.seen
        assert archive(client, lived, tmp_path) == lived.archive


def test_passwords_are_kept_as_hashes_that_cost_a_guesser_64_mb_and_three_passes(lived: Lived) -> None:
    database = Database(lived.address)
    with database.read() as tx:
        hashes = list(tx.scalars(select(UserRow.password_hash)))
    database.close()
    assert len(hashes) == 2
    assert all(each.startswith("$argon2id$v=19$m=65536,t=3,p=4$") for each in hashes)


def test_an_installation_moved_to_postgres_answers_as_before(
    lived: Lived, postgres: PostgresServer, tmp_path: Path
) -> None:
    there = {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": postgres.database()}
    said = command(there, "import-sqlite", str(lived.folder))
    assert "users: 2 rows, the same here and there" in said
    assert "the same here and there" in command(
        there, "import-sqlite", str(lived.folder)
    )  # nothing more to do
    with running(tmp_path / "data", TRAINYARD_WORKERS="0", DATABASE_URL=there["DATABASE_URL"]) as server:
        client = sign_in(server)
        assert look(client, lived) == lived.seen
        assert archive(client, lived, tmp_path) == lived.archive
