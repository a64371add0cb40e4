"""A wire between client and server that can be held in the middle of a request, and cut."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Event, Lock, Thread

BUFFER_BYTES = 16 * 1024


class Proxy:
    """Forwards what clients send; from so many bytes on it holds still, and cuts when it is let go."""

    def __init__(self, port: int, hold_after: int | None = None) -> None:
        self._to = port
        self._left = hold_after
        self._counting = Lock()
        self.holding = Event()
        self._let_go = Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._threads = [Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut(self) -> None:
        """End what is held; later connections go through as if nothing had been."""
        self._left = None
        self._let_go.set()

    def close(self) -> None:
        self.cut()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._to))
            except OSError:  # the server is dead just now
                client.close()
                continue
            for source, target, counted in ((client, server, True), (server, client, False)):
                thread = Thread(target=self._pump, args=(source, target, counted), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pump(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(BUFFER_BYTES):
                if counted and self._is_too_much(len(data)):
                    self.holding.set()
                    self._let_go.wait()
                    break
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        source.close()

    def _is_too_much(self, count: int) -> bool:
        with self._counting:
            if self._left is None:
                return False
            self._left -= count
            return self._left < 0
