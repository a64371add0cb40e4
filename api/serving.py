"""How the server process serves and ends, which differs between the async modes."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from api.slow_clients import SILENCE_SECONDS, PatientHandler
from services.settings import Settings, wanted_async_mode

LAST_ANSWERS_SECONDS = 1.0
MAX_CONNECTIONS = 1024
AGAIN_SECONDS = 5.0  # longer than the last answers may take


def server_options(settings: Settings) -> dict[str, Any]:
    """Werkzeug's server, that of the threading mode, wants to be asked twice; eventlet's must not wait."""
    if settings.async_mode == "threading":
        return {"allow_unsafe_werkzeug": True, "request_handler": PatientHandler}
    from eventlet import GreenPool, Timeout

    class Connections(GreenPool):  # type: ignore[misc]
        def waitall(self) -> None:
            """At the end of the server: open sockets end of themselves only when their pings fail."""
            with Timeout(LAST_ANSWERS_SECONDS, False):
                super().waitall()

    return {"custom_pool": Connections(MAX_CONNECTIONS), "socket_timeout": SILENCE_SECONDS}


def end_on_signals() -> None:
    """SIGTERM and SIGINT end the server once: a second one must not cut that short."""
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, _end)


def is_ending() -> None:
    """The server heard of it, so it need not be told again."""
    signal.setitimer(signal.ITIMER_REAL, 0)


def _end(_signal: int, _frame: FrameType | None) -> None:
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.SIG_IGN)
    # Where a signal meets Python in a finaliser or a weak reference's callback, what it raises is lost.
    signal.signal(signal.SIGALRM, lambda _signal, _frame: interrupt())
    signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS, AGAIN_SECONDS)
    interrupt()


def interrupt() -> None:
    """End the server from within a signal.

    Under eventlet a signal finds whichever green thread is at work. Those of Engine.IO catch everything, and
    with it what should end the server; so the exception is raised where the server waits.
    """
    if wanted_async_mode() == "eventlet":
        from eventlet.hubs import get_hub
        from greenlet import getcurrent

        hub = get_hub()
        if getcurrent() not in (hub.greenlet, hub.greenlet.parent):
            hub.schedule_call_global(0, hub.greenlet.parent.throw, KeyboardInterrupt)
            return
    raise KeyboardInterrupt
