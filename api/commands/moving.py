"""Commands that take an installation elsewhere: backup, restore, import-sqlite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import Flask

from services.moving import CannotMove
from services.settings import Settings, SettingsError
from services.wiring import Services

if TYPE_CHECKING:
    from services.moving.backup import Report

FILE = click.Path(path_type=Path, dir_okay=False)


def init_app(app: Flask, services: Services) -> None:
    app.cli.add_command(backup)
    app.cli.add_command(restore)
    app.cli.add_command(_import_command(services))


@click.command()
@click.argument("file", type=FILE)
def backup(file: Path) -> None:
    """Write an embedded installation into FILE while it serves; FILE holds the secret too."""
    from services.moving.backup import backup

    with _in_words():
        report = backup(Settings.from_env(), file)
    click.echo(f"{report.files} files with {report.size_bytes} bytes in {file}{_unfinished(report)}")
    _tell_missing(report.missing)


@click.command()
@click.argument("file", type=FILE)
def restore(file: Path) -> None:
    """Make the backup FILE the installation in an empty DATA_DIR."""
    from services.moving.restore import restore

    with _in_words():
        report = restore(file, Settings.from_env().data_dir)
    click.echo(
        f"{report.files} files with {report.size_bytes} bytes restored, every hash right{_unfinished(report)}"
    )
    _tell_missing(report.missing)


def _import_command(services: Services) -> click.Command:
    @click.command("import-sqlite")
    @click.argument("path", type=click.Path(path_type=Path, exists=True))
    def import_sqlite(path: Path) -> None:
        """Move the embedded installation in PATH (its DATA_DIR) into the configured database and blobs."""
        from services.moving.auth_users import accounts_for
        from services.moving.importing import import_sqlite

        with _in_words():
            accounts = accounts_for(services.settings)
            moved = import_sqlite(
                path.resolve(),
                services.database,
                services.blobs,
                click.echo,
                accounts,
                data_dir=services.settings.data_dir,
            )
        _tell_missing(moved.missing)
        click.echo("Moved. The old folder was not changed")

    return import_sqlite


def _unfinished(report: Report) -> str:
    return f"; {report.uploads} uploads are not finished, their clients can go on" if report.uploads else ""


def _tell_missing(keys: list[str]) -> None:
    for key in keys:
        click.echo(f"missing: {key}, which a row names", err=True)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (CannotMove, SettingsError) as error:
        raise click.ClickException(str(error)) from None
