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

    @app.cli.command("audit")
    @click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 200))
    def audit(limit: int) -> None:
        """The newest of what concerns the safety of accounts."""
        for event in services.audit.newest(limit=limit):
            time, who = event["at"][:19], (event["user"] or {}).get("email") or "-"
            rest = f"{event['address'] or '-'} {event['details'] or ''}".rstrip()
            print(f"{time} {event['kind']:<24} {who:<40} {rest}")
