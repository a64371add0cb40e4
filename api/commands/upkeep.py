"""Commands that keep an installation in order."""

from __future__ import annotations

import click
from flask import Flask

from services.wiring import Services


def init_app(app: Flask, services: Services) -> None:
    @app.cli.command("clean-up")
    def clean_up() -> None:
        """Remove what is older than the settings allow, now."""
        print(services.retention.sweep())

    @app.cli.command("db-revision")
    @click.argument("message")
    def db_revision(message: str) -> None:
        """Write an Alembic revision with what the tables have and the database has not."""
        print(services.database.new_revision(message))
