"""A stand-in for a Supabase project, in this process: what Supabase Lite lacks, and faults at will."""

from __future__ import annotations

import logging
import secrets
from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any

from flask import Flask, Request, request
from werkzeug.serving import make_server

from services.storage.blobs.places import BUCKETS
from tests.supabase_double.auth import Auth
from tests.supabase_double.auth import blueprint as auth_routes
from tests.supabase_double.storage import Storage
from tests.supabase_double.storage import blueprint as storage_routes

Fault = Callable[[Request], Any]


class SupabaseDouble:
    """Auth and Storage on a free port; every request is remembered, and faults can be asked for."""

    def __init__(self) -> None:
        self.anon_key = f"sb_publishable_{secrets.token_urlsafe(20)}"
        self.service_key = f"sb_secret_{secrets.token_urlsafe(20)}"
        self.jwt_secret = secrets.token_urlsafe(40)
        self.storage = Storage(self.service_key)
        self.requests: list[str] = []
        self.faults: deque[Fault] = deque()  # each is asked about one request; None: it lets that pass
        self.app = app = Flask("supabase_double")
        app.before_request(self._disturb)
        app.register_blueprint(storage_routes(self.storage))
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.port}"
        self.auth = Auth(self.url, self.anon_key, self.jwt_secret)
        app.register_blueprint(auth_routes(self.auth))
        self._thread = Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> SupabaseDouble:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._thread.start()
        self.reset()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def reset(self) -> None:
        """As new: empty buckets, no users, no faults."""
        self.storage.reset(BUCKETS)
        self.storage.service_key = self.service_key
        self.auth.reset()
        self.requests.clear()
        self.faults.clear()

    def environment(self) -> dict[str, str]:
        return {
            "TRAINYARD_BLOBS": "supabase",
            "TRAINYARD_ACCOUNTS": "supabase",
            "SUPABASE_URL": self.url,
            "SUPABASE_ANON_KEY": self.anon_key,
            "SUPABASE_SERVICE_ROLE_KEY": self.service_key,
        }

    def fail(self, *statuses: int) -> None:
        """The next requests are answered so, with a text that nobody is to see."""
        for status in statuses:
            self.faults.append(partial(_refused, status))

    def count(self, what: str) -> int:
        return sum(what in line for line in self.requests)

    def _disturb(self) -> Any:
        self.requests.append(f"{request.method} {request.path}")
        return self.faults.popleft()(request) if self.faults else None


def _refused(status: int, _request: Request) -> Any:
    return "upstream: secret detail", status
