"""The rules of rows as the files in supabase/migrations have them, compared with those of this version."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from services.storage.row_security import (
    ACCOUNTS_OF_SUPABASE,
    RULES,
    statements,
    storage_statements,
)

BUCKETS = "storage"  # what stands in place of a table for the rules of the buckets
MARK = "-- What only Supabase has.\n\n"
_TABLE = re.compile(r"\bpublic\.(\w+)")


def rules_of(names: Collection[str]) -> Iterator[str]:
    """The statements of these tables, and of the buckets if they are named."""
    yield from statements(name for name in names if name != BUCKETS)
    if BUCKETS in names:
        yield from storage_statements()


def security_in(content: str) -> str | None:
    """What a file has beside the tables; None where it has nothing of that."""
    _, mark, security = content.partition(MARK)
    return security if mark else None


def changed_rules(folder: Path) -> list[str]:
    """The tables whose rules are others now than the files say, the last of which counts."""
    recorded: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.sql")):
        recorded |= _recorded(security_in(path.read_text(encoding="utf-8")) or "")
    known = (name for name in recorded if name == BUCKETS or name in RULES)
    return sorted(name for name in known if recorded[name] != list(rules_of([name])))


def _recorded(security: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for statement in _split(security):
        if (name := _about(statement)) is not None:
            found[name].append(statement)
    return found


def _split(security: str) -> Iterable[str]:
    return [each for each in security.strip().removesuffix(";").split(";\n") if each]


def _about(statement: str) -> str | None:
    """The table that a statement of ours is about; the first one that it names."""
    if statement in ACCOUNTS_OF_SUPABASE or " on sequence " in statement:
        return None
    if " storage." in statement:
        return BUCKETS
    table = _TABLE.search(statement)
    return None if table is None else table[1]
