"""A PostgreSQL that looks like that of a Supabase project to its clients, and rows for every table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import JSON, Column, Connection, DateTime, Engine, Table, Uuid, create_engine, make_url, text

from services.storage.tables import Base, UtcDateTime
from tests.daemons import PostgresServer

STAND_IN = Path(__file__).with_name("supabase_stand_in.sql")


def address_for(address: str, role: str) -> str:
    return make_url(address).set(username=role).render_as_string(hide_password=False)


def new_project(server: PostgresServer) -> str:
    """The address of a new project's database, for the role that the server of ours uses."""
    address = server.database()
    with psycopg.connect(_plain(address)) as connection:
        connection.execute(STAND_IN.read_text(encoding="utf-8"))  # type: ignore[arg-type]
    return address_for(address, "project")


def _plain(address: str) -> str:
    return make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)


def push(address: str, folder: Path) -> None:
    """What `supabase db push` does with the files."""
    with psycopg.connect(_plain(address), autocommit=True) as connection:
        for path in sorted(folder.glob("*.sql")):
            with connection.transaction():
                connection.execute(path.read_text(encoding="utf-8"))  # type: ignore[arg-type]


class Project:
    """Supabase's database seen by its clients, as its REST interface would show it to them."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.engine: Engine = create_engine(address_for(address, "postgres"))

    @contextmanager
    def client(self, role: str, user_id: UUID | None = None) -> Iterator[Connection]:
        """A transaction of one request; nothing of it stays."""
        with self.engine.connect() as connection:
            connection.execute(text(f"set local role {role}"))
            claims = json.dumps({"sub": str(user_id), "role": role} if user_id else {"role": role})
            connection.execute(
                text("select set_config('request.jwt.claims', :claims, true)"), {"claims": claims}
            )
            yield connection
            connection.rollback()

    def add_user(self) -> UUID:
        """An account of Supabase with one row in every table of ours that can belong to somebody."""
        user_id = uuid4()
        with self.engine.begin() as connection:
            account = {"id": user_id, "email": f"{user_id.hex}@example.org"}
            connection.execute(text("insert into auth.users (id, email) values (:id, :email)"), account)
            fill_every_table(connection, user_id)
        return user_id


def fill_every_table(connection: Connection, user_id: UUID) -> None:
    """A new user, with one row in every table of ours that can belong to somebody."""
    fill(connection, Base.metadata.sorted_tables, {"users": {"id": user_id}})


def fill(connection: Connection, tables: list[Table], known: dict[str, dict[str, Any]]) -> None:
    """A row in each table, belonging to the rows before it; `known` says what they are to hold."""
    for table in tables:
        _fill(connection, table, known)


def _fill(connection: Connection, table: Table, known: dict[str, dict[str, Any]]) -> None:
    row = {column.name: _value(column, known) for column in table.columns if _is_wanted(column)}
    row |= known.get(table.name, {})
    if table.name in ("plans", "installation") and connection.scalar(table.select().limit(1)) is not None:
        known[table.name] = dict(connection.execute(table.select().limit(1)).mappings().one())
        return
    stored = connection.execute(table.insert().values(**row).returning(*table.primary_key.columns))
    known[table.name] = row | dict(stored.mappings().one())


def _is_wanted(column: Column[Any]) -> bool:
    """What must be given, and what a row belongs to."""
    if column.foreign_keys or column.name == "user_id":
        return True
    return not column.nullable and column.autoincrement is not True


def _value(column: Column[Any], known: dict[str, dict[str, Any]]) -> Any:
    for key in column.foreign_keys:
        parent = known.get(key.column.table.name)
        return parent[key.column.name] if parent else None
    if column.name == "user_id":  # of what outlives its user
        return known["users"]["id"]
    if isinstance(column.type, JSON):
        return {}
    if isinstance(column.type, Uuid):
        return uuid4()
    if isinstance(column.type, UtcDateTime | DateTime):
        return datetime.now(UTC)
    kind = column.type.python_type
    if kind is str:
        return uuid4().hex[: getattr(column.type, "length", None) or 32]
    return {int: 1, float: 1.0, bool: False, bytes: b"x"}[kind]
