"""Werkzeug's server with patience for slow clients and none for those that only hold a thread.

A request's head must be there in 20 s, its body at 2 KB/s or faster, and no client may be silent for a
minute; upgraded sockets are pinged more often than that. Eventlet's server has its own limit of silence.
"""

from __future__ import annotations

import socket
import time
from io import BufferedIOBase, BufferedReader
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

SILENCE_SECONDS = 60.0
HEAD_SECONDS = 20.0
BODY_SECONDS = 30.0  # and what its length takes at the slowest pace
SLOWEST_BYTES_PER_SECOND = 2_000
PIECE_BYTES = 64 * 1024


class PatientHandler(WSGIRequestHandler):
    """One connection; ends it with a timeout where the client is too slow."""

    timeout = SILENCE_SECONDS
    head_seconds = HEAD_SECONDS

    def setup(self) -> None:
        super().setup()
        self._incoming = _Incoming(self.connection, self.timeout)
        self.rfile = BufferedReader(self._incoming)
        self.wfile = _Outgoing(self.connection)

    def parse_request(self) -> bool:
        """Called when the first line is there: the rest of the head has so many seconds, as a whole."""
        self._incoming.must_end_in(self.head_seconds)
        complete = super().parse_request()
        if complete:
            self._incoming.must_end_in(BODY_SECONDS + self._length() / SLOWEST_BYTES_PER_SECOND)
        return complete

    def handle_one_request(self) -> None:
        self._incoming.must_end_in(self.timeout)
        super().handle_one_request()

    def _length(self) -> float:
        """Of the body in bytes; one in chunks has none, so that only silence ends it."""
        if self.headers.get("Transfer-Encoding") or self.headers.get("Upgrade"):
            return float("inf")
        text = self.headers.get("Content-Length", "")
        return float(text) if text.isascii() and text.isdigit() else 0.0


class _Incoming(socket.SocketIO):
    """Reads with a limit of silence, and until a moment that counts for all reads together."""

    def __init__(self, connection: socket.socket, silence: float) -> None:
        super().__init__(connection, "r")
        self._connection = connection
        self._silence = silence
        self._end = float("inf")

    def must_end_in(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        if self._connection.fileno() < 0:  # a WebSocket that was served here closed it
            return 0
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the client is too slow")
        self._connection.settimeout(min(left, self._silence))
        try:
            return super().readinto(buffer)
        finally:
            self._connection.settimeout(self._silence)


class _Outgoing(BufferedIOBase):
    """Writes in pieces: a timeout counts for one call, and a large answer must not be one of them."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        view = memoryview(data).cast("B")
        for start in range(0, len(view), PIECE_BYTES):
            self._connection.sendall(view[start : start + PIECE_BYTES])
        return len(view)
