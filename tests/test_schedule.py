"""The clock of the server: it cleans up while the server runs."""

from __future__ import annotations

import os
from datetime import timedelta

from examples.server import wait_until
from services import schedule
from services.storage.tables import now
from services.wiring import Services
from tests.conftest import make_settings


def test_the_clean_up_comes_round(services: Services) -> None:
    draft = services.settings.data_dir / "blobs" / ".half.tmp"
    draft.write_text("left by a crash")
    long_ago = (now() - timedelta(days=2)).timestamp()
    os.utime(draft, (long_ago, long_ago))
    settings = make_settings(services.settings.data_dir, TRAINYARD_CLEANUP_MINUTES="0.01")
    scheduler = schedule.start(services.retention, settings)
    try:
        wait_until(lambda: not draft.exists(), 20, "the clean-up")
    finally:
        scheduler.shutdown()
