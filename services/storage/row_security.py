"""Who may see which rows when a client asks Supabase's database directly; no client may change any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, text

from services.installation import CannotStart
from services.storage.blobs.places import BUCKETS
from services.storage.tables import Base

CLIENTS = "anon, authenticated"  # Supabase's roles of strangers and of people who are signed in
_BYPASSES = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
_ME = "(select auth.uid())"  # a sub-select is worked out once for a statement, a bare call for every row


@dataclass(frozen=True)
class Rule:
    """Which rows of a table their owner may read, and of which columns; no condition: nobody any."""

    condition: str | None
    columns: tuple[str, ...] = ()  # empty: all of them


NOBODY = Rule(None)
EVERYBODY_SIGNED_IN = Rule("true")
BY_USER = Rule(f"user_id = {_ME}")
BY_SESSION = Rule(f"exists (select 1 from public.sessions s where s.id = session_id and s.user_id = {_ME})")  # nosec B608
BY_JOB = Rule(f"exists (select 1 from public.training_jobs j where j.id = job_id and j.user_id = {_ME})")  # nosec B608
BY_MODEL = Rule(f"exists (select 1 from public.models m where m.id = model_id and m.user_id = {_ME})")  # nosec B608

RULES: dict[str, Rule] = {
    "alembic_version": NOBODY,
    "installation": NOBODY,
    "workers": NOBODY,
    "users": Rule(f"id = {_ME}", columns=("id", "email", "created_at")),
    "refresh_tokens": NOBODY,
    "sign_ins": BY_USER,
    "security_events": BY_USER,
    "plans": EVERYBODY_SIGNED_IN,
    "subscriptions": BY_USER,
    "usage_events": BY_USER,
    "limit_events": BY_USER,
    "unfinished_uploads": BY_USER,
    "sessions": BY_USER,
    "session_shares": BY_SESSION,
    "api_keys": Rule(
        f"user_id = {_ME}",
        columns=("id", "user_id", "session_id", "name", "prefix", "scopes", "expires_at", "last_used_at"),
    ),
    "api_key_calls": BY_USER,
    "files": BY_SESSION,
    "time_info": BY_SESSION,
    "zeitschritte": BY_SESSION,
    "training_jobs": BY_USER,
    "training_metrics": BY_JOB,
    "training_metric_blocks": BY_JOB,
    "job_events": BY_JOB,
    "job_attempts": BY_JOB,
    "job_checkpoints": BY_JOB,
    "job_tasks": BY_JOB,
    "job_evidence": BY_JOB,
    "artifacts": BY_JOB,
    "training_results": BY_JOB,
    "training_visualizations": BY_JOB,
    "training_logs": BY_JOB,
    "evaluation_tables": BY_JOB,
    "models": BY_USER,
    "model_versions": BY_MODEL,
    "model_promotions": BY_MODEL,
}


class NoRule(Exception):
    """A table would be open to everybody who knows the project's public key."""


def statements(tables: Iterable[str]) -> Iterator[str]:
    """What closes these tables but for their rules; doing it again changes nothing."""
    for table in tables:
        if table not in RULES:
            raise NoRule(f"services/storage/row_security.py says nothing of the table {table}: add its rule")
        rule = RULES[table]
        yield f"alter table public.{table} enable row level security"
        yield f"alter table public.{table} force row level security"
        yield f"revoke all on table public.{table} from public, {CLIENTS}"
        yield f'drop policy if exists "owner reads" on public.{table}'
        if rule.condition is not None:
            columns = f" ({', '.join(rule.columns)})" if rule.columns else ""
            yield f"grant select{columns} on table public.{table} to authenticated"
            yield (
                f'create policy "owner reads" on public.{table} for select to authenticated '
                f"using ({rule.condition})"
            )


def sequence_statements(sequences: Iterable[str]) -> Iterator[str]:
    for sequence in sequences:
        yield f"revoke all on sequence public.{sequence} from public, {CLIENTS}"


ACCOUNTS_OF_SUPABASE = (
    "alter table public.users drop constraint if exists fk_users_id_auth_users",
    "alter table public.users add constraint fk_users_id_auth_users "
    "foreign key (id) references auth.users (id) on delete cascade",
)


def storage_statements() -> Iterator[str]:
    """The buckets, private, and who may read in them: everybody in the folder of their own id."""
    names = ", ".join(f"'{name}'" for name in BUCKETS)
    rows = ", ".join(f"('{name}', '{name}', false)" for name in BUCKETS)
    yield (
        f"insert into storage.buckets (id, name, public) values {rows} "  # nosec B608 - our own names
        "on conflict (id) do update set public = false"
    )
    yield 'drop policy if exists "trainyard: owner reads" on storage.objects'
    yield (
        'create policy "trainyard: owner reads" on storage.objects for select to authenticated '
        f"using (bucket_id in ({names}) and (storage.foldername(name))[1] = {_ME}::text)"
    )


def bypasses(connection: Connection) -> bool:
    """Whether row-level security leaves the role of this connection alone."""
    return bool(connection.scalar(text(_BYPASSES)))


def openings(connection: Connection, tables: Iterable[str]) -> list[str]:
    """Ways past the rules that these tables have in fact, in words."""
    found = []
    for table in tables:
        state = connection.execute(text(_STATE), {"name": f"public.{table}"}).one()
        if not (state.enabled and state.forced):
            found.append(f"{table}: row-level security is off")
        if state.changeable:
            found.append(f"{table}: clients may change rows")
        readable = RULES[table].condition is not None
        if state.seen_by_strangers or (state.readable and not readable):
            found.append(f"{table}: clients may read it")
        if list(state.policies) != (["owner reads"] if readable else []):
            found.append(f"{table}: its policies are {', '.join(state.policies) or 'missing'}")
    return found


_STATE = """
select relrowsecurity as enabled, relforcerowsecurity as forced,
  has_any_column_privilege('authenticated', oid, 'select') as readable,
  has_any_column_privilege('anon', oid, 'select') as seen_by_strangers,
  has_table_privilege('authenticated', oid, 'insert, update, delete, truncate, trigger')
    or has_any_column_privilege('authenticated', oid, 'insert, update')
    or has_table_privilege('anon', oid, 'insert, update, delete, truncate, trigger')
    or has_any_column_privilege('anon', oid, 'insert, update') as changeable,
  array(select polname::text from pg_policy where polrelid = pg_class.oid order by polname) as policies
from pg_class where oid = cast(:name as regclass)
"""


def is_supabase(connection: Connection) -> bool:
    """Whether clients can come past us: the database has their roles and Supabase's accounts."""
    return bool(
        connection.scalar(
            text(
                "select to_regclass('auth.users') is not null and "
                "(select count(*) = 2 from pg_roles where rolname in ('anon', 'authenticated'))"
            )
        )
    )


def secure(connection: Connection, *, accounts: bool) -> None:
    """Close every table of ours in this database; `accounts`: tie users to those of Supabase Auth."""
    if not bypasses(connection):
        raise CannotStart(
            "The role of DATABASE_URL must bypass row-level security, or it finds every table empty: use "
            "Supabase's role postgres, or let it run: alter role ... bypassrls"
        )
    here = inspect(connection)
    tables = [name for name in here.get_table_names("public") if name in ours()]
    serials = [name for name in here.get_sequence_names("public") if name.rsplit("_", 2)[0] in tables]
    for statement in [*statements(tables), *sequence_statements(serials)]:
        connection.execute(text(statement))
    if accounts:
        for statement in ACCOUNTS_OF_SUPABASE:
            connection.execute(text(statement))
    if connection.scalar(text("select to_regclass('storage.objects') is not null")):
        for statement in storage_statements():
            connection.execute(text(statement))


def ours() -> set[str]:
    """The tables of this version, Alembic's own included."""
    return {"alembic_version", *Base.metadata.tables}
