"""The doctor at the database: reachable, of this version, and on Supabase closed to everybody else."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from services.doctor.findings import Finding, well, wrong
from services.installation import CannotStart, same_folder
from services.plans.room import Room
from services.settings import Settings
from services.storage.database import Database, pooled_by_transaction
from services.storage.row_security import bypasses, is_supabase, openings, ours
from services.uploads.chunks import UPLOADS, ChunkStore
from services.uploads.tus.store import TUS_UPLOADS, TusStore

OLDEST_POSTGRES = 15
COMMAND = "flask --app app:create_cli_app"


def look(settings: Settings) -> Iterator[Finding]:
    database = Database(settings.database_url)
    try:
        with database.engine.connect() as connection:
            yield _reachable(database, connection)
            migrated = _migrated(database, connection)
            yield migrated
            if migrated.is_well:
                yield _installation(database, settings)
            if not database.is_sqlite and is_supabase(connection):
                yield from _closed(connection)
                yield _accounts(connection, settings.accounts == "supabase")
                if not bypasses(connection):  # it would find no upload, or may not look
                    return
            if migrated.is_well:
                yield _uploads(database, settings)
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        shown = make_url(settings.database_url).render_as_string(hide_password=True)
        repair = "Correct DATABASE_URL, start the database, or let this machine through its firewall"
        yield wrong("database", f"{shown} cannot be used: {reason}", repair)
    finally:
        database.close()


def _reachable(database: Database, connection: Connection) -> Finding:
    if database.is_sqlite:
        said = connection.scalar(text("pragma quick_check(1)"))
        if said != "ok":
            return wrong(
                "database", f"the SQLite file is damaged: {said}", "Restore the newest backup: flask restore"
            )
        return well("database", "SQLite, undamaged")
    version = tuple(int(part) for part in connection.dialect.server_version_info or (0,))
    said = f"PostgreSQL {'.'.join(map(str, version))}"
    if pooled_by_transaction(make_url(database.url)):
        said += ", behind a pooler in transaction mode"
    if version[0] < OLDEST_POSTGRES:
        return wrong("database", said, f"Use PostgreSQL {OLDEST_POSTGRES} or newer")
    return well("database", said)


def _migrated(database: Database, connection: Connection) -> Finding:
    here, head, known = database.revisions(connection)
    if here == head:
        return well("schema", f"revision {here}, the newest of this version")
    if here is None:
        return wrong("schema", "there are no tables yet", f"Start the server, or: {COMMAND} migrate")
    if here not in known:
        said = f"revision {here} is from a newer version of Trainyard, this one knows up to {head}"
        return wrong("schema", said, "Use the newer version, or restore a backup of before")
    return wrong("schema", f"revision {here} of {head}", f"Start the server, or: {COMMAND} migrate")


def _installation(database: Database, settings: Settings) -> Finding:
    try:
        same_folder(database, settings.data_dir)
    except CannotStart as error:
        said, _, repair = str(error).partition(". ")
        return wrong("installation", said, repair or "Correct DATA_DIR or DATABASE_URL")
    return well("installation", "folder and database belong together")


def _uploads(database: Database, settings: Settings) -> Finding:
    """An id that was copied into a folder of a machine's own deceives the start, but not this."""
    tus, chunks = TusStore(settings.data_dir / TUS_UPLOADS), ChunkStore(settings.data_dir / UPLOADS)
    elsewhere = Room(database).others({*(folder.name for folder in tus.folders()), *chunks.keys()})
    if not elsewhere:
        return well("uploads", "unfinished ones lie in DATA_DIR")
    repair = (
        "Mount the folder that the other machines use as DATA_DIR; on a single machine a process was killed "
        f"between two steps, and it is forgotten by: {COMMAND} clean-up"
    )
    return wrong("uploads", f"{len(elsewhere)} unfinished uploads do not lie in DATA_DIR", repair)


def _closed(connection: Connection) -> Iterator[Finding]:
    """The tables of a Supabase project are on the internet: only policies stand before them."""
    if not bypasses(connection):
        repair = "Use Supabase's role postgres, or let it run: alter role ... bypassrls"
        yield wrong(
            "role", "row-level security binds the role of DATABASE_URL: it finds every table empty", repair
        )
    else:
        yield well("role", "the role of DATABASE_URL bypasses row-level security, as the server must")
    tables = sorted(ours() & set(inspect(connection).get_table_names("public")))
    found = openings(connection, tables)
    for opening in found:
        yield wrong("row security", opening, f"{COMMAND} secure-database")
    if not found:
        yield well("row security", f"on for all {len(tables)} tables, and clients can change none of them")


def _accounts(connection: Connection, at_supabase: bool) -> Finding:
    tied = bool(
        connection.scalar(text("select count(*) from pg_constraint where conname = 'fk_users_id_auth_users'"))
    )
    if tied and not at_supabase:
        return wrong(
            "accounts",
            "users are tied to those of Supabase Auth, but TRAINYARD_ACCOUNTS=local: nobody can sign up",
            "Set TRAINYARD_ACCOUNTS=supabase, or: alter table users drop constraint fk_users_id_auth_users",
        )
    if at_supabase and not tied:
        return wrong(
            "accounts",
            "a user deleted at Supabase Auth leaves rows behind: users are not tied to auth.users",
            f"{COMMAND} secure-database",
        )
    return well("accounts", "users are tied to those of Supabase Auth" if tied else "kept in this database")
