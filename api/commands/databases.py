"""Commands about the database itself: its form on Supabase."""

from __future__ import annotations

import click
from flask import Flask

from services.wiring import Services


def init_app(app: Flask, services: Services) -> None:
    @app.cli.command("supabase-migrations")
    def supabase_migrations() -> None:
        """Write supabase/migrations anew from the Alembic revisions; for changed rules a revision first."""
        from services.storage.supabase_migrations import write

        for path in write():
            click.echo(path.name)

    @app.cli.command("migrate")
    def migrate() -> None:
        """Bring the database to the schema of this version, as every start of a server does."""
        with services.database.engine.connect() as connection:  # what was built has migrated it
            click.echo(f"The database is at revision {services.database.revisions(connection)[0]}")

    @app.cli.command("secure-database")
    def secure_database() -> None:
        """Close the tables of a Supabase database to its clients again, as a migration does."""
        from services.storage.row_security import is_supabase, secure

        with services.database.engine.begin() as connection:
            if services.database.is_sqlite or not is_supabase(connection):
                raise click.ClickException("This is no database of Supabase: only this server reads it")
            secure(connection, accounts=services.settings.accounts == "supabase")
