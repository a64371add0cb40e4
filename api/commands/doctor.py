"""`flask doctor`: what is wrong with a configuration, and how to repair it."""

from __future__ import annotations

import sys

import click
from flask import Flask

from services.wiring import Services


def init_app(app: Flask, _services: Services) -> None:
    @app.cli.command("doctor")
    def doctor() -> None:
        """Look at the configuration from outside, one line each; exit status 1 if anything is wrong."""
        from services.doctor import examine

        problems = 0
        for finding in examine():
            click.echo(f"{'ok   ' if finding.is_well else 'WRONG'}  {finding.place:13} {finding.said}")
            if not finding.is_well:
                problems += 1
                click.echo(f"       {'':13} -> {finding.repair}")
        if problems:
            click.echo(f"{problems} to repair")
            sys.exit(1)
        click.echo("All is well")
