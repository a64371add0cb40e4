"""A cluster on one machine: web servers and workers as processes, on a real Redis and a real PostgreSQL."""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import requests

from examples.server import ROOT, Server, wait_until
from services.jobs.celery import QUEUES
from services.settings import Settings
from services.wiring import Services, build
from tests.conftest import COLD
from tests.daemons import PostgresServer, RedisServer

PATIENCE_SECONDS = 30.0


def cluster_environment(redis: RedisServer, database_url: str) -> dict[str, str]:
    """What every machine of a cluster is told."""
    return {
        "JOB_RUNNER": "celery",
        "REDIS_URL": redis.url,
        "DATABASE_URL": database_url,
        "TRAINYARD_SECRET_KEY": secrets.token_urlsafe(48),
    }


def machine(environment: dict[str, str]) -> dict[str, str]:
    """The environment of a process that knows nothing of ours."""
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **COLD, **environment}


class Worker:
    """One worker machine: the process that `make worker` starts, with all that it starts."""

    def __init__(self, name: str, folder: Path, environment: dict[str, str]) -> None:
        self.log = folder / f"{name}.log"
        self._environment = machine(environment)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Worker:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.jobs.cluster_worker"],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        return self

    def pids(self) -> set[int]:
        """All of its processes."""
        assert self.process is not None
        main = psutil.Process(self.process.pid)
        return {main.pid} | {child.pid for child in main.children(recursive=True)}

    def working(self) -> dict[str, int]:
        """The processes that do the work, by what they are called."""
        assert self.process is not None
        found: dict[str, int] = {}
        if self.process.poll() is not None:
            return found
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                command = child.cmdline()
                if "services.jobs.worker" in command:
                    found[command[command.index("--worker-id") + 1]] = child.pid
        return found

    def is_complete(self) -> bool:
        """Whether both lanes have their worker process."""
        return len(self.working()) == 2

    def kill(self) -> None:
        """As if the machine lost power: every process at once, none can say anything."""
        processes = [psutil.Process(pid) for pid in self.pids()]
        for process in processes:
            process.send_signal(signal.SIGSTOP)
        for process in processes:
            process.kill()
        assert self.process is not None
        self.process.wait(10)

    def terminate(self) -> None:
        assert self.process is not None
        self.process.terminate()

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(30)


@dataclass
class Cluster:
    """Everything of one installation; `node` is a web server's inside without its routes."""

    folder: Path
    redis: RedisServer
    postgres: PostgresServer
    data: Path = field(init=False)
    environment: dict[str, str] = field(init=False)
    servers: list[Server] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)
    node: Services = field(init=False)

    def __post_init__(self) -> None:
        self.data = self.folder / "data"
        self.environment = {
            **cluster_environment(self.redis, self.postgres.database()),
            "TRAINYARD_WORKERS": "1",
            "TRAINYARD_LEASE_SECONDS": "2",
            "TRAINYARD_JOBS_PER_USER": "10",
            "TRAINYARD_EXTRA_WORKLOADS": "tests.toy_workloads",
        }

    def start(self, *, servers: int = 2, workers: int = 2) -> Cluster:
        modes = cycle(("threading", "eventlet"))
        self.servers = [
            Server(self.data, **self.environment, TRAINYARD_ASYNC_MODE=next(modes)) for _ in range(servers)
        ]
        for number, server in enumerate(self.servers):
            server.log = self.folder / f"server-{number}.log"
            server.start()
        settings = Settings.from_env({**self.environment, "DATA_DIR": str(self.data)})
        self.node = build(settings)
        self.node.database.migrate()
        self.node.runner.start_workers()
        self.workers = [self.worker(f"worker-{number}").start() for number in range(workers)]
        self.wait_for_workers()
        return self

    def worker(self, name: str, **environment: str) -> Worker:
        return Worker(name, self.folder, {"DATA_DIR": str(self.data), **self.environment, **environment})

    def wait_for_workers(self) -> None:
        """Until every machine has its worker processes."""
        for worker in self.workers:
            wait_until(worker.is_complete, PATIENCE_SECONDS, f"its worker processes; log: {worker.log}")

    def stop(self) -> None:
        for worker in self.workers:
            worker.stop()
        self.node.runner.stop()
        self.node.database.close()
        for server in self.servers:
            server.stop()

    def account(self) -> tuple[UUID, str]:
        """A new user and an access token."""
        email = f"{secrets.token_hex(6)}@example.org"
        tokens = self.node.accounts.sign_up(email, "correct horse battery")
        return tokens.user.id, tokens.access_token

    def session(self, user_id: UUID) -> tuple[UUID, str]:
        alias = f"session_{secrets.randbelow(10**12)}_{secrets.token_hex(4)}"
        return self.node.sessions.create(user_id, ref=alias), alias

    def submit(self, user_id: UUID, workload: str, session_id: UUID | None = None, **config: Any) -> UUID:
        return self.node.jobs.submit(user_id, workload, config, session_id=session_id).id

    def status(self, user_id: UUID, job_id: UUID) -> str:
        return self.node.jobs.get(user_id, job_id).status

    def finished(self, user_id: UUID, job_id: UUID, seconds: float = PATIENCE_SECONDS) -> str:
        ended = self.node.jobs.wait(user_id, job_id, seconds)
        assert ended.finished_at is not None, f"the job is still {ended.status}; logs in {self.folder}"
        return str(ended.status)

    def told(self, user_id: UUID, job_id: UUID) -> list[str]:
        """The types of the stored events, which have no holes."""
        events = self.node.jobs.events(user_id, job_id)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        return [event.type for event in events]

    def installation(self) -> str:
        return (self.data / "installation_id").read_text()

    def queued_messages(self) -> dict[str, int]:
        """Queues with messages that no worker has taken."""
        with self.redis.client() as client:
            keys = {
                name: f"trainyard:{self.installation()}:{name}" for names in QUEUES.values() for name in names
            }
            lengths = {name: int(client.llen(key)) for name, key in keys.items()}  # type: ignore[arg-type]
        return {name: length for name, length in lengths.items() if length}

    def messages_arrive(self, user_id: UUID) -> None:
        """Whether workers take what is sent to them, and not only find it."""
        wait_until(lambda: not self.queued_messages(), 20, "old messages to be taken")
        job = self.submit(user_id, "toy_gated", folder=str(self.folder))
        wait_until(lambda: self.status(user_id, job) == "running", 10, "the job to run")
        others = [self.submit(user_id, "toy_count") for _ in range(3)]
        wait_until(lambda: not self.queued_messages(), 20, "new messages to be taken")
        (self.folder / "go").touch()
        for each in (job, *others):
            assert self.finished(user_id, each) == "completed"
        (self.folder / "go").unlink()

    def owner_of(self, pid: int) -> Worker:
        return next(worker for worker in self.workers if pid in worker.pids())

    def call(self, server: int, method: str, path: str, token: str, **arguments: Any) -> requests.Response:
        url = self.servers[server].url + path
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, url, headers=headers, timeout=30, **arguments)


def mark_of(folder: Path, place: str, attempt: int) -> int:
    """The process that reached this place of a gated toy."""
    mark = folder / f"{place}-{attempt}"
    return int(wait_until(lambda: mark.exists() and mark.read_text(), PATIENCE_SECONDS, f"{mark}"))
