"""Log lines with their request id, as text or JSON, and with no secret in them."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

from services.settings import Settings

_SECRETS = re.compile(
    r"(?i)(bearer\s+|token[=\"':\s]+|password[=\"':\s]+|secret[=\"':\s]+)([^\s\"'&,}]+)"
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]+"
)


def configure(settings: Settings) -> None:
    """Send every log line of the process to stderr in one form; called once per process."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for noisy in ("alembic", "apscheduler", "engineio", "socketio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # warns that it is itself


def bind(**fields: Any) -> None:
    """Fields that every further line of this request or job carries."""
    structlog.contextvars.bind_contextvars(**fields)


def unbind() -> None:
    structlog.contextvars.clear_contextvars()


def redact(_logger: Any, _name: str, line: dict[str, Any]) -> dict[str, Any]:
    """Blot out whatever looks like a token, a password or a key, and keep a line one line.

    A client that writes a line end or a colour into an address must not be able to write a line of its own.
    """
    return {
        name: _blot(value if name == "exception" else _one_line(value)) if isinstance(value, str) else value
        for name, value in line.items()
    }


def _one_line(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _blot(text: str) -> str:
    return _SECRETS.sub(lambda found: f"{found[1] or ''}[redacted]", text)
