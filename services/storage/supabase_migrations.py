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
from services.storage.recorded_rules import MARK, changed_rules, rules_of, security_in
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


def write(folder: Path = FOLDER, migrations: Path = MIGRATIONS) -> list[Path]:
    """Write the files that differ, and remove those that are no more; says which.

    What a file says of row security stays as it was written: it may have been released. Where rules are
    others now, a new revision is written first, and a file for it, that change the tables concerned.
    """
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    if tables := changed_rules(folder):
        changed.append(_revise(migrations, tables))
    wanted = files(folder, migrations)
    gone = [path for path in sorted(folder.glob("*.sql")) if path.name not in wanted]
    for path in gone:
        path.unlink()
    for name, content in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.write_text(content, encoding="utf-8")
            changed.append(path)
    return [*gone, *changed]


def files(folder: Path = FOLDER, migrations: Path = MIGRATIONS) -> dict[str, str]:
    """Name and content of every file, in their order; `folder`: those that were written before."""
    config = _config(migrations)
    found: dict[str, str] = {}
    for script in reversed(list(ScriptDirectory.from_config(config).walk_revisions())):
        name = _name(script)
        path = folder / name
        kept = security_in(path.read_text(encoding="utf-8")) if path.exists() else None
        found[name] = _content(script, migrations, _as_sql(config, script), kept)
    return found


def _config(migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    return config


def _revise(migrations: Path, tables: list[str]) -> Path:
    """A revision that changes nothing but rules: by it a server secures its tables anew, once."""
    head = ScriptDirectory.from_config(_config(migrations)).get_current_head()
    if head is None:
        raise ValueError(f"{migrations} holds no revision that could have made tables")
    number = f"{int(head) + 1:04}"
    path = migrations / "versions" / f"{number}_row_rules.py"
    named = "".join(f'"{table}", ' for table in tables)
    named = f"({named[:-1] if len(tables) == 1 else named[:-2]})"
    path.write_text(_REVISION.format(number=number, head=head, tables=named), encoding="utf-8")
    return path


_REVISION = '''"""Other rules of who may see which rows; they stand in services/storage/row_security.py."""

from __future__ import annotations

revision = "{number}"
down_revision = "{head}"
branch_labels = None
depends_on = None

row_rules = {tables}


def upgrade() -> None:
    """The tables stay as they are: a server secures them after every revision."""


def downgrade() -> None:
    """Nothing was made that could be taken back."""
'''


def _name(script: Script) -> str:
    return f"{FIRST + 100 * int(script.revision)}_{Path(script.path).stem[5:]}.sql"


def _as_sql(config: Config, script: Script) -> str:
    config.output_buffer = io.StringIO()
    command.upgrade(config, f"{script.down_revision or 'base'}:{script.revision}", sql=True)
    lines = config.output_buffer.getvalue().strip().splitlines()
    return "\n".join(line.rstrip() for line in lines)


def _content(script: Script, migrations: Path, sql: str, kept: str | None) -> str:
    source = Path(script.path).relative_to(migrations.parent).as_posix()
    security = kept or "".join(f"{statement};\n" for statement in _security(script, sql))
    head = f"-- Written by `flask supabase-migrations` from {source}; do not edit.\n\n{sql}\n"
    return f"{head}\n{MARK}{security}" if security else head


def _security(script: Script, sql: str) -> Iterator[str]:
    tables = dict(_TABLE.findall(sql))
    yield from statements(tables)
    for table, columns in tables.items():
        yield from sequence_statements(f"{table}_{column}_seq" for column in _SERIAL.findall(columns))
    if script.down_revision is None:
        yield from ACCOUNTS_OF_SUPABASE
        yield from storage_statements()
    yield from rules_of(getattr(script.module, "row_rules", ()))
