"""The commands of `flask --app app:create_cli_app`, one file per subject."""

from __future__ import annotations

from collections.abc import Callable

import click
from flask import Flask

from api.commands import databases, doctor, moving, people, upkeep
from api.commands.later import later
from services.installation import CannotStart
from services.settings import SettingsError
from services.wiring import Services


def init_app(app: Flask, services: Services) -> None:
    for subject in (upkeep, people, databases, doctor, moving):
        subject.init_app(app, services)


def init_alone(app: Flask, build: Callable[[], Services]) -> None:
    """Commands without a server around them; its services are built when a command asks for them.

    So that those can work which are there for a configuration that starts no server.
    """

    def built() -> Services:
        try:
            services = build()
        except (SettingsError, CannotStart) as error:
            raise click.ClickException(str(error)) from None
        click.get_current_context().call_on_close(services.database.close)
        return services

    init_app(app, later(built))
