"""The commands of `flask --app app:create_cli_app`, one file per subject."""

from __future__ import annotations

from flask import Flask

from api.commands import databases, people, upkeep
from services.wiring import Services


def init_app(app: Flask, services: Services) -> None:
    for subject in (upkeep, people, databases):
        subject.init_app(app, services)
