"""The clock of the server: what happens every so often in the background."""

from __future__ import annotations

from apscheduler.schedulers.background import BackgroundScheduler

from services.retention import Retention
from services.settings import Settings


def start(retention: Retention, settings: Settings) -> BackgroundScheduler:
    """Clean up now and then; a sweep that is late or still running is not doubled."""
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        retention.sweep,
        "interval",
        minutes=settings.cleanup_minutes,
        id="retention",
        coalesce=True,
        max_instances=1,
    )
    scheduler.start()
    return scheduler
