"""A server that comes back at once when it is killed: the app is imported once and forked for every life."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from sqlalchemy import update
from werkzeug.serving import make_server

from api.context import KEY
from app import create_app
from services.settings import Settings
from services.storage.database import Database
from services.storage.tables import JobRow, PlanRow


def main() -> None:
    """Arguments: folder, port. Says the process id of every life on a line of its own."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    while True:
        life = os.fork()
        if life == 0:
            serve(folder, port)
        print(life, flush=True)
        os.waitpid(life, 0)


def serve(folder: Path, port: int) -> None:
    """Until it is killed; ends with the process that made it."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    unlimited = dict.fromkeys(("TRAINYARD_REQUESTS_PER_MINUTE", "TRAINYARD_ADDRESS_REQUESTS_PER_MINUTE"), "0")
    settings = Settings.from_env(
        {
            "DATA_DIR": str(folder),
            "TRAINYARD_WORKERS": "0",
            "TRAINYARD_INTERACTIVE_WAIT_SECONDS": "0",
            "TRAINYARD_LOG_LEVEL": "error",
            **unlimited,
        }
    )
    app = create_app(settings)
    threading.Thread(target=empty_queue, args=(app.extensions[KEY].database,), daemon=True).start()
    with app.extensions[KEY].database.write() as tx:  # thousands of files are no month of one user
        tx.execute(update(PlanRow).values(max_processing_jobs_per_month=-1, max_storage_gb=-1))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    make_server("127.0.0.1", port, app, threaded=True).serve_forever()


def empty_queue(database: Database) -> None:
    """Nobody does them, and in a queue of ten thousand every look at one job counts all others."""
    while True:
        with database.write() as tx:
            tx.execute(update(JobRow).where(JobRow.status == "queued").values(status="paused"))
        time.sleep(0.2)


if __name__ == "__main__":
    main()
