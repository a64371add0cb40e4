"""Builds the Flask application: settings, services, blueprints."""

from __future__ import annotations

from flask import Flask

from services.settings import Settings


def create_app(settings: Settings) -> Flask:
    """The web application of one installation."""
    app = Flask(__name__, static_folder=None)

    @app.get("/health/live")
    def live() -> dict[str, str]:
        return {"status": "live"}

    return app


if __name__ == "__main__":
    current = Settings.from_env()
    create_app(current).run(current.host, current.port)
