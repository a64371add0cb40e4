"""PgBouncer between a test and its PostgreSQL: what Supabase's pooler does, on the machine's own loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from examples.server import free_port, wait_until
from tests.daemons import ACCOUNT, PostgresServer

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/bin")


class Pooler:
    """`mode` is transaction or session; very few connections behind it, so that they are shared at once."""

    def __init__(self, behind: PostgresServer, mode: str, *, size: int = 3) -> None:
        self._mode = mode
        self._folder = Path(tempfile.mkdtemp(prefix="pooler-"))
        self._port = free_port()
        self._settings = f"""
[databases]
* = host=127.0.0.1 port={behind.port} user={ACCOUNT}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self._port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 500
logfile = {self._folder / "log"}
"""

    def through(self, address: str) -> str:
        """The same database, by way of the pooler."""
        url = make_url(address).set(port=self._port)
        if self._mode == "transaction":
            url = url.update_query_dict({"pooler": "transaction"})
        return url.render_as_string(hide_password=False)

    def start(self) -> Pooler:
        assert PROGRAM is not None
        as_other: dict[str, object] = {}
        settings = self._folder / "pgbouncer.ini"
        settings.write_text(self._settings)
        if os.geteuid() == 0:  # as which it refuses to run
            account = pwd.getpwnam(ACCOUNT)
            os.chown(self._folder, account.pw_uid, account.pw_gid)
            as_other = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        self._process = subprocess.Popen(
            [PROGRAM, "-q", settings],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **as_other,  # type: ignore[call-overload]
        )
        wait_until(self._answers, 10, f"PgBouncer to answer: {self._folder / 'log'}")
        return self

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            psycopg.connect(
                host="127.0.0.1", port=self._port, user=ACCOUNT, dbname="postgres", connect_timeout=1
            ).close()
        except psycopg.OperationalError:
            return False
        return True
