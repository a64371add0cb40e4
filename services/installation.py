"""One installation, one folder, one database: what must hold before a process works on the data."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.settings import Settings
from services.storage.database import Database
from services.storage.installation_table import InstallationRow
from utils.locks import held

MARK = "installation_id"
LOCK = "server.lock"


class CannotStart(Exception):
    """Why this process must not work on this data, and what to change."""


@contextmanager
def one_server_only(settings: Settings) -> Iterator[None]:
    """Hold the folder; a server with its own workers shares it with nobody, those of a cluster do."""
    if settings.job_runner == "celery":
        yield
        return
    with held(settings.data_dir / LOCK) as ours:
        if not ours:
            raise CannotStart(
                f"Another server works on DATA_DIR={settings.data_dir}: stop it, or give this one a folder "
                "of its own. Several servers on one folder need JOB_RUNNER=celery, see docs/cluster.md"
            )
        yield


def identify(database: Database, data_dir: Path) -> str:
    """The id of the installation; CannotStart if the folder is not the one that the database belongs to.

    Folder and database are given the same id when the first process starts on them. A machine that has not
    mounted the shared folder thus notices before it loses anybody's files.
    """
    if _stored(database) is None:
        _store(database, _marked(data_dir / MARK))
    stored = same_folder(database, data_dir)
    assert stored is not None
    return stored


def same_folder(database: Database, data_dir: Path) -> str | None:
    """The id that folder and database share, None where none was given yet; CannotStart if they differ."""
    stored, mark = _stored(database), data_dir / MARK
    if stored is None:
        return None
    if not mark.exists():
        raise CannotStart(
            f"DATA_DIR={data_dir} is not the folder of this installation: it has no {MARK}, and the database "
            f"belongs to installation {stored}. Mount the folder that the other machines use; if the files "
            f"were moved here, write that id into {mark}"
        )
    found = mark.read_text(encoding="ascii").strip()
    if found != stored:
        raise CannotStart(
            f"DATA_DIR={data_dir} belongs to installation {found}, the database to {stored}: they are not "
            "from the same installation. Correct DATA_DIR or DATABASE_URL; every machine needs the same two"
        )
    return stored


def _stored(database: Database) -> str | None:
    with database.read() as tx:
        return tx.scalar(select(InstallationRow.name))


def _store(database: Database, name: str) -> None:
    """Two first starts at once agree on one name."""
    with suppress(IntegrityError), database.write() as tx:
        tx.add(InstallationRow(name=name))


def _marked(mark: Path) -> str:
    """The id in the folder, made if there is none; a file that appears complete."""
    if not mark.exists():
        mark.parent.mkdir(parents=True, exist_ok=True)
        draft = mark.with_name(f".{MARK}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
        draft.write_text(secrets.token_hex(8), encoding="ascii")
        try:
            os.link(draft, mark)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return mark.read_text(encoding="ascii").strip()
