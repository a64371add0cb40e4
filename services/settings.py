"""Every setting of the server, its default and its check; the environment is read here and nowhere else."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.setting_readers import (
    Setting,
    choice,
    database_url,
    devices,
    emails,
    integer,
    number,
    origins,
    redis_url,
    secret,
)
from services.supabase.settings import SUPABASE
from services.supabase.settings import contradictions as contradictions_of_supabase

PREFIX = "TRAINYARD_"


class SettingsError(Exception):
    """All problems of the environment at once, one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("The configuration has problems:\n" + "\n".join(f"  - {p}" for p in problems))
        self.problems = problems


SETTINGS: tuple[Setting, ...] = (
    Setting("data_dir", "DATA_DIR", "uploads", Path, "Folder of everything kept at run time"),
    Setting("port", "PORT", "5000", integer(1, 65535), "Port to listen on"),
    Setting("host", "TRAINYARD_HOST", "127.0.0.1", str, "Address to listen on; 0.0.0.0 for all"),
    Setting(
        "database_url",
        "DATABASE_URL",
        "",
        lambda text: database_url(text) if text else "",
        "SQLAlchemy address of the database; empty: SQLite in DATA_DIR",
    ),
    Setting(
        "secret_key",
        "TRAINYARD_SECRET_KEY",
        "",
        lambda text: secret(text) if text else "",
        "Key that signs tokens, 32 characters or more; empty: made once and kept in DATA_DIR",
    ),
    Setting(
        "job_runner",
        "JOB_RUNNER",
        "local",
        choice("local", "celery"),
        "Who executes jobs: local (processes of this server) or celery (workers on any number of machines)",
    ),
    Setting(
        "redis_url",
        "REDIS_URL",
        "",
        lambda text: redis_url(text) if text else "",
        "Redis that all machines of a cluster share, with JOB_RUNNER=celery",
    ),
    Setting(
        "async_mode",
        "TRAINYARD_ASYNC_MODE",
        "threading",
        choice("threading", "eventlet"),
        "How Socket.IO serves its clients",
    ),
    Setting(
        "workers",
        "TRAINYARD_WORKERS",
        str(max(1, (os.cpu_count() or 1) - 1)),
        integer(0, 256),
        "Training processes of this server or, in a cluster, of this worker machine (0: none here); "
        "default: cores - 1, at least 1",
    ),
    Setting(
        "device",
        "TRAINYARD_DEVICE",
        "auto",
        devices,
        "What trainings here compute on: auto (the best there is), cpu, mps, cuda (every GPU), cuda:1; "
        "several with commas are shared out among the workers in turn; one that is not there: no start",
    ),
    Setting(
        "jobs_per_user",
        "TRAINYARD_JOBS_PER_USER",
        "2",
        integer(1, 1000),
        "Trainings of one user that may run at the same time",
    ),
    Setting(
        "jobs_per_device",
        "TRAINYARD_JOBS_PER_DEVICE",
        "0",
        integer(0, 1000),
        "Trainings that may share one device of a machine (0: as many as it has workers)",
    ),
    Setting(
        "workers_start",
        "TRAINYARD_WORKERS_START",
        "warm",
        choice("warm", "cold"),
        "warm: an idle worker loads the libraries that trainings need (some 1 GB), so that the first step "
        "comes at once; cold: it loads them when a job needs them",
    ),
    Setting(
        "checkpoint_seconds",
        "TRAINYARD_CHECKPOINT_SECONDS",
        "10",
        number(0, 86400),
        "Shortest time between two checkpoints of a training (0: one after every epoch)",
    ),
    Setting(
        "extra_workloads",
        "TRAINYARD_EXTRA_WORKLOADS",
        "",
        lambda text: tuple(part.strip() for part in text.split(",") if part.strip()),
        "Comma separated modules whose WORKLOADS are added to the built-in ones",
    ),
    Setting(
        "lease_seconds",
        "TRAINYARD_LEASE_SECONDS",
        "10",
        number(1, 3600),
        "After how long a silent worker counts as lost",
    ),
    Setting(
        "interactive_wait_seconds",
        "TRAINYARD_INTERACTIVE_WAIT_SECONDS",
        "120",
        number(0, 900),
        "How long a request waits for its small job before it answers 202",
    ),
    Setting(
        "access_token_minutes",
        "TRAINYARD_ACCESS_TOKEN_MINUTES",
        "60",
        number(0.01, 1440),
        "Life of an access token",
    ),
    Setting(
        "refresh_token_days",
        "TRAINYARD_REFRESH_TOKEN_DAYS",
        "30",
        number(0.01, 365),
        "Life of a refresh token",
    ),
    Setting(
        "access_check_seconds",
        "TRAINYARD_ACCESS_CHECK_SECONDS",
        "15",
        number(0.05, 3600),
        "Pause after which open sockets are looked at again: one ends with its sign-in or account, and hears "
        "no more of a session that is not shared any longer",
    ),
    Setting(
        "sign_up",
        "TRAINYARD_SIGN_UP",
        "open",
        choice("open", "closed"),
        "Who may make an account: open (everybody who reaches the server) or closed (the first one only; "
        "further ones by flask users add)",
    ),
    Setting(
        "audit_days",
        "TRAINYARD_AUDIT_DAYS",
        "365",
        number(1, 36500),
        "How long the log of sign-ins and of changes of accounts, the limits of plans that were reached and "
        "the daily calls of API keys are kept",
    ),
    Setting(
        "cors_origins",
        "TRAINYARD_CORS_ORIGINS",
        "",
        origins,
        "Comma separated origins of pages on other hosts that may call the API",
    ),
    Setting(
        "admins",
        "TRAINYARD_ADMINS",
        "",
        emails,
        "Comma separated e-mails of the accounts that see everybody's jobs and may pause, end and cancel "
        "them; make those accounts first, whoever signs up with such an address is an admin",
    ),
    Setting(
        "proxies",
        "TRAINYARD_PROXIES",
        "0",
        integer(0, 10),
        "Proxies in front of the server whose word on a client's address and on HTTPS counts",
    ),
    Setting(
        "requests_per_minute",
        "TRAINYARD_REQUESTS_PER_MINUTE",
        "1200",
        integer(0, 10**6),
        "Requests of one user within a minute (0: no limit)",
    ),
    Setting(
        "address_requests_per_minute",
        "TRAINYARD_ADDRESS_REQUESTS_PER_MINUTE",
        "3000",
        integer(0, 10**6),
        "Requests from one address within a minute (0: no limit); behind proxies only with TRAINYARD_PROXIES",
    ),
    Setting(
        "sign_ins_per_minute",
        "TRAINYARD_SIGN_INS_PER_MINUTE",
        "30",
        integer(0, 10**6),
        "Sign-ups, sign-ins and refreshed tokens from one address within a minute (0: no limit)",
    ),
    *SUPABASE,
    Setting("chunk_megabytes", "TRAINYARD_CHUNK_MEGABYTES", "32", integer(1, 1024), "Largest upload chunk"),
    Setting(
        "upload_ttl_hours",
        "TRAINYARD_UPLOAD_TTL_HOURS",
        "24",
        number(0.01, 8760),
        "Age at which an incomplete upload is removed",
    ),
    Setting(
        "deleted_session_days",
        "TRAINYARD_DELETED_SESSION_DAYS",
        "7",
        number(0, 3650),
        "How long a session that was deleted on the page or by DELETE can be restored",
    ),
    Setting(
        "checkpoint_days",
        "TRAINYARD_CHECKPOINT_DAYS",
        "30",
        number(0.01, 36500),
        "Age at which what a job that ended badly could go on from is removed",
    ),
    Setting(
        "cleanup_minutes",
        "TRAINYARD_CLEANUP_MINUTES",
        "30",
        number(0.01, 1440),
        "Pause between two clean-ups",
    ),
    Setting(
        "log_level",
        "TRAINYARD_LOG_LEVEL",
        "info",
        choice("debug", "info", "warning", "error"),
        "Least severe line that is logged",
    ),
    Setting("log_format", "TRAINYARD_LOG_FORMAT", "text", choice("text", "json"), "Form of the log lines"),
)


@dataclass(frozen=True)
class Settings:
    """The server's configuration, complete and checked."""

    data_dir: Path
    port: int
    host: str
    database_url: str
    secret_key: str
    job_runner: str
    redis_url: str
    async_mode: str
    workers: int
    device: tuple[str, ...]
    jobs_per_user: int
    jobs_per_device: int
    workers_start: str
    checkpoint_seconds: float
    extra_workloads: tuple[str, ...]
    lease_seconds: float
    interactive_wait_seconds: float
    access_token_minutes: float
    refresh_token_days: float
    access_check_seconds: float
    sign_up: str
    audit_days: float
    cors_origins: tuple[str, ...]
    admins: tuple[str, ...]
    proxies: int
    requests_per_minute: int
    address_requests_per_minute: int
    sign_ins_per_minute: int
    blobs: str
    accounts: str
    link_seconds: int
    supabase_url: str
    supabase_anon_key: str
    supabase_service_role_key: str
    supabase_jwt_secret: str
    supabase_issuer: str
    chunk_megabytes: int
    upload_ttl_hours: float
    deleted_session_days: float
    checkpoint_days: float
    cleanup_minutes: float
    log_level: str
    log_format: str

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read and check everything; raises SettingsError naming every problem, unknown names included."""
        env = os.environ if environ is None else environ
        known = {setting.variable for setting in SETTINGS}
        problems = [
            f"{name} is no setting of this version (see docs/configuration.md)"
            for name in sorted(env)
            if name.startswith(PREFIX) and name not in known
        ]
        values: dict[str, Any] = {}
        for setting in SETTINGS:
            text = env.get(setting.variable, "").strip() or setting.default
            try:
                values[setting.field] = setting.parse(text)
            except ValueError as error:
                problems.append(f"{setting.variable}: {error}")
        problems += [] if problems else _contradictions(values)
        if problems:
            raise SettingsError(problems)
        values["data_dir"] = values["data_dir"].expanduser().resolve()
        values["database_url"] = values["database_url"] or embedded_database(values["data_dir"])
        values["secret_key"] = values["secret_key"] or _kept_secret(values["data_dir"])
        return cls(**values)

    def to_env(self) -> dict[str, str]:
        """The same settings as environment variables, for worker processes."""
        text = {
            setting.variable: ",".join(value) if isinstance(value, tuple) else str(value)
            for setting in SETTINGS
            if (value := getattr(self, setting.field)) is not None
        }
        return {name: value for name, value in text.items() if value}


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    """Settings that are right one by one but cannot work together."""
    return [*_of_the_runner(values), *contradictions_of_supabase(values)]


def _of_the_runner(values: Mapping[str, Any]) -> list[str]:
    if values["job_runner"] == "local":
        unused = "REDIS_URL is set, but JOB_RUNNER=local uses none: set JOB_RUNNER=celery, or leave it out"
        return [unused] if values["redis_url"] else []
    needs = {
        "REDIS_URL, the Redis that all machines share, such as redis://redis:6379/0": values["redis_url"],
        "DATABASE_URL=postgresql+psycopg://...: SQLite is a file of one machine": values[
            "database_url"
        ].startswith("postgresql"),
        "TRAINYARD_SECRET_KEY, the same on every machine, or tokens of one are refused by another": values[
            "secret_key"
        ],
    }
    return [f"JOB_RUNNER=celery needs {what}" for what, given in needs.items() if not given]


def embedded_database(data_dir: Path) -> str:
    """The address of the database of an installation that names none."""
    return f"sqlite:///{data_dir / 'trainyard.db'}"


def wanted_async_mode() -> str:
    """The async mode alone, before anything is imported that eventlet must patch first."""
    return os.environ.get("TRAINYARD_ASYNC_MODE", "").strip() or "threading"


def _kept_secret(data_dir: Path) -> str:
    """The key of this installation, made at the first start; two starts at once agree on one."""
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        draft = data_dir / f".secret_key.{os.getpid()}.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
        try:
            os.link(draft, path)  # atomic: the first start wins, a complete file appears
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii")
