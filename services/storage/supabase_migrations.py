"""The Alembic history as files for `supabase db push`, each with the row security of the tables it makes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from services.storage.database import MIGRATIONS
from services.storage.row_security import (
    ACCOUNTS_OF_SUPABASE,
    sequence_statements,
    statements,
    storage_statements,
)

FOLDER = MIGRATIONS.parent / "supabase" / "migrations"
FIRST = 20260101000000  # Supabase orders the files by a time; ours is the number of the revision
_TABLE = re.compile(r"^CREATE TABLE (\w+) \((.*?)\n\);", re.MULTILINE | re.DOTALL)
_SERIAL = re.compile(r"^\s+(\w+) (?:BIG)?SERIAL\b", re.MULTILINE)


def write(folder: Path = FOLDER) -> list[Path]:
    """Write the files that differ, and remove those that are no more; says which."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = files()
    changed = [path for path in sorted(folder.glob("*.sql")) if path.name not in wanted]
    for path in changed:
        path.unlink()
    for name, content in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.write_text(content, encoding="utf-8")
            changed.append(path)
    return changed


def files() -> dict[str, str]:
    """Name and content of every file, in their order."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    found: dict[str, str] = {}
    for script in reversed(list(ScriptDirectory.from_config(config).walk_revisions())):
        found[_name(script)] = _content(script, _as_sql(config, script))
    return found


def _name(script: Script) -> str:
    return f"{FIRST + 100 * int(script.revision)}_{Path(script.path).stem[5:]}.sql"


def _as_sql(config: Config, script: Script) -> str:
    config.output_buffer = io.StringIO()
    command.upgrade(config, f"{script.down_revision or 'base'}:{script.revision}", sql=True)
    lines = config.output_buffer.getvalue().strip().splitlines()
    return "\n".join(line.rstrip() for line in lines)


def _content(script: Script, sql: str) -> str:
    source = Path(script.path).relative_to(MIGRATIONS.parent).as_posix()
    security = ";\n".join(_security(script, sql))
    head = f"-- Written by `flask supabase-migrations` from {source}; do not edit.\n\n{sql}\n"
    return f"{head}\n-- What only Supabase has.\n\n{security};\n" if security else head


def _security(script: Script, sql: str) -> Iterator[str]:
    tables = dict(_TABLE.findall(sql))
    yield from statements(tables)
    for table, columns in tables.items():
        yield from sequence_statements(f"{table}_{column}_seq" for column in _SERIAL.findall(columns))
    if script.down_revision is None:
        yield from ACCOUNTS_OF_SUPABASE
        yield from storage_statements()
