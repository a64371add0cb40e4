"""The services of the application that answers this request."""

from __future__ import annotations

from typing import cast

from flask import current_app

from services.wiring import Services

KEY = "trainyard"


def services() -> Services:
    return cast(Services, current_app.extensions[KEY])
