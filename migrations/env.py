"""Runs the revisions on the engine it is given, or on the configured database."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON, Engine, text

from services.settings import Settings
from services.storage import (  # noqa: F401 - their tables belong to Base
    access_tables,
    installation_table,
    job_tables,
    plan_tables,
    registry_tables,
    security_tables,
)
from services.storage.database import Database
from services.storage.row_security import is_supabase, secure
from services.storage.tables import Base, UtcDateTime

ONE_AT_A_TIME = 7_214_001  # any number of ours: the key of a lock in Postgres


def _engine() -> Engine:
    given: Engine | None = context.config.attributes.get("engine")
    return given if given is not None else Database(Settings.from_env().database_url).engine


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Revisions name plain types, so that they still run when ours have changed."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        return "sa.JSON()"
    return False


def _as_sql() -> None:
    """Written down for PostgreSQL, without a database: see services/storage/supabase_migrations.py."""
    context.configure(
        dialect_name="postgresql",
        target_metadata=Base.metadata,  # whose naming convention names what a revision does not
        literal_binds=True,
        transactional_ddl=False,
    )
    context.run_migrations()


def _on_the_database() -> None:
    steps: list[Any] = []
    with _engine().execution_options(write=True).connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_item=_render,
            render_as_batch=connection.dialect.name == "sqlite",  # SQLite cannot alter most things in place
            on_version_apply=lambda step, **_: steps.append(step),
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":  # of several machines that start, the others wait
                connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
            context.run_migrations()
            if steps and connection.dialect.name == "postgresql" and is_supabase(connection):
                secure(connection, accounts=context.config.attributes.get("supabase_accounts", False))


if context.is_offline_mode():
    _as_sql()
else:
    _on_the_database()
