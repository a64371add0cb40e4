"""The settings: all problems at once, unknown names refused, the document complete."""

from __future__ import annotations

from pathlib import Path

import jwt
import pytest

from services.settings import SETTINGS, Settings, SettingsError

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "configuration.md"


def documented_rows() -> dict[str, tuple[str, str]]:
    lines = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {name.strip("`"): (default.strip("`"), meaning) for name, default, meaning in cells}


def test_the_document_lists_every_setting_with_its_meaning() -> None:
    described = {name: meaning for name, (_default, meaning) in documented_rows().items()}
    assert described == {setting.variable: setting.meaning for setting in SETTINGS}


def test_the_document_states_the_defaults() -> None:
    documented = {name: default for name, (default, _meaning) in documented_rows().items()}
    machine = {"TRAINYARD_WORKERS": "cores - 1"}
    for setting in SETTINGS:
        assert documented[setting.variable] == machine.get(setting.variable, setting.default)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_env(
            {
                "DATA_DIR": str(tmp_path),
                "PORT": "seventy",
                "TRAINYARD_ASYNC_MODE": "gevent",
                "TRAINYARD_COLOUR": "red",
                "TRAINYARD_SECRET_KEY": "short",
                "TRAINYARD_LEASE_SECONDS": "nan",
            }
        )
    names = ("PORT", "TRAINYARD_ASYNC_MODE", "TRAINYARD_COLOUR", "TRAINYARD_SECRET_KEY", "LEASE_SECONDS")
    assert len(error.value.problems) == len(names)
    assert all(any(name in problem for problem in error.value.problems) for name in names)


CLUSTER = {
    "JOB_RUNNER": "celery",
    "REDIS_URL": "redis://redis:6379/0",
    "DATABASE_URL": "postgresql+psycopg://u:p@db/trainyard",
    "TRAINYARD_SECRET_KEY": "k" * 32,
}


def refused(tmp_path: Path, environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as error:
        Settings.from_env({"DATA_DIR": str(tmp_path), **environment})
    return error.value.problems


def test_a_cluster_is_refused_without_what_it_needs(tmp_path: Path) -> None:
    assert Settings.from_env({"DATA_DIR": str(tmp_path), **CLUSTER}).job_runner == "celery"
    for name in ("REDIS_URL", "DATABASE_URL", "TRAINYARD_SECRET_KEY"):
        without = {key: value for key, value in CLUSTER.items() if key != name}
        (problem,) = refused(tmp_path, without)
        assert name in problem
    assert len(refused(tmp_path, {"JOB_RUNNER": "celery"})) == 3
    assert "SQLite" in refused(tmp_path, {**CLUSTER, "DATABASE_URL": "sqlite:////tmp/a.db"})[0]


def test_a_redis_that_nothing_would_use_is_refused(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, {"REDIS_URL": CLUSTER["REDIS_URL"]})
    assert "JOB_RUNNER=celery" in problem


@pytest.mark.parametrize(
    "url", ["localhost:6379", "http://redis", "redis://", "redis://h:port/0", "redis://h/x"]
)
def test_an_address_that_is_no_redis_is_refused(tmp_path: Path, url: str) -> None:
    (problem,) = refused(tmp_path, {**CLUSTER, "REDIS_URL": url})
    assert problem.startswith("REDIS_URL: ")


def test_a_pooler_that_is_none_is_refused(tmp_path: Path) -> None:
    address = "postgresql+psycopg://u:p@db/trainyard?pooler="
    (problem,) = refused(tmp_path, {"DATABASE_URL": f"{address}statement"})
    assert problem == "DATABASE_URL: pooler=statement is none of session, transaction"
    chosen = Settings.from_env({"DATA_DIR": str(tmp_path), "DATABASE_URL": f"{address}transaction"})
    assert chosen.database_url == f"{address}transaction"


def test_settings_survive_the_way_to_a_worker_process(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {"DATA_DIR": str(tmp_path), "TRAINYARD_CORS_ORIGINS": "https://a.example, https://b.example"}
    )
    assert Settings.from_env(settings.to_env()) == settings


def test_the_key_of_an_installation_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    first = Settings.from_env({"DATA_DIR": str(tmp_path / "a")})
    again = Settings.from_env({"DATA_DIR": str(tmp_path / "a")})
    other = Settings.from_env({"DATA_DIR": str(tmp_path / "b")})
    assert first.secret_key == again.secret_key != other.secret_key
    assert (tmp_path / "a" / "secret_key").stat().st_mode & 0o077 == 0


SUPABASE = {
    "TRAINYARD_BLOBS": "supabase",
    "TRAINYARD_ACCOUNTS": "supabase",
    "SUPABASE_URL": "https://abcdefgh.supabase.co/",
    "SUPABASE_ANON_KEY": "sb_publishable_x",
    "SUPABASE_SERVICE_ROLE_KEY": "sb_secret_x",
}


def key(role: str) -> str:
    """A legacy key, which is a token of a role."""
    return jwt.encode({"iss": "supabase", "role": role}, "k" * 32, algorithm="HS256")


def test_supabase_is_taken_with_both_kinds_of_keys(tmp_path: Path) -> None:
    legacy = {"SUPABASE_ANON_KEY": key("anon"), "SUPABASE_SERVICE_ROLE_KEY": key("service_role")}
    for environment in (SUPABASE, {**SUPABASE, **legacy}):
        settings = Settings.from_env({"DATA_DIR": str(tmp_path), **environment})
        assert settings.supabase_url == "https://abcdefgh.supabase.co"
        assert Settings.from_env(settings.to_env()) == settings


@pytest.mark.parametrize("missing", ["SUPABASE_URL", "SUPABASE_ANON_KEY", "SUPABASE_SERVICE_ROLE_KEY"])
def test_supabase_without_one_of_its_settings_is_refused(tmp_path: Path, missing: str) -> None:
    environment = {name: value for name, value in SUPABASE.items() if name != missing}
    assert [missing in problem for problem in refused(tmp_path, environment)] == [True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"SUPABASE_URL": "abcdefgh.supabase.co"},
        {"SUPABASE_URL": "https://abcdefgh.supabase.co/auth/v1"},
        {"SUPABASE_JWT_SECRET": "short"},
        {"TRAINYARD_SUPABASE_ISSUER": "supabase"},
        {"TRAINYARD_SUPABASE_ISSUER": "none"},
        {"TRAINYARD_SUPABASE_ISSUER": "https://x.example", "TRAINYARD_ACCOUNTS": "local"},
        {"SUPABASE_ANON_KEY": "sb_secret_x"},
        {"SUPABASE_ANON_KEY": key("service_role")},
        {"SUPABASE_SERVICE_ROLE_KEY": "sb_publishable_x"},
        {"SUPABASE_SERVICE_ROLE_KEY": key("anon")},
    ],
)
def test_a_setting_of_supabase_that_cannot_be_right_is_refused(tmp_path: Path, wrong: dict[str, str]) -> None:
    assert [next(iter(wrong)) in problem for problem in refused(tmp_path, {**SUPABASE, **wrong})] == [True]
