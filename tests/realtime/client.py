"""Python Socket.IO clients behind the line protocol of client.mjs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread
from typing import Any
from urllib.parse import urlencode

import engineio
import socketio

URL = sys.argv[1]
Say = Callable[..., None]
writing = Lock()


class InOrder(engineio.Client):
    """Serves packets where they are read; its parent has a thread for each and loses their order."""

    def _trigger_event(self, *args: Any, **options: Any) -> Any:
        return super()._trigger_event(*args, **{**options, "run_async": False})


class Client(socketio.Client):
    def _engineio_client_class(self) -> type[InOrder]:
        return InOrder


def saying(number: int) -> Say:
    def say(kind: str, name: str | None = None, data: Any = None) -> None:
        with writing:
            print(json.dumps({"socket": number, "kind": kind, "name": name, "data": data}), flush=True)

    return say


def connect(client: Client, say: Say, order: dict[str, Any]) -> None:
    def refused(error: Any) -> None:
        said = error if isinstance(error, dict) else {"message": str(error)}
        say("refused", said.get("message"), said.get("data"))

    client.on("connect", lambda: say("connected"))
    client.on("connect_error", refused)
    client.on("disconnect", lambda reason=None: say("disconnected", str(reason)))
    client.on("*", lambda name, data=None: say("event", name, data))
    query = order.get("query")
    address = f"{URL}?{urlencode(query)}" if query else URL
    with suppress(socketio.exceptions.ConnectionError):  # said by connect_error
        client.connect(address, auth=order.get("auth"), transports=order.get("transports"))


def emit(client: Client, say: Say, name: str, args: list[Any]) -> None:
    client.emit(name, tuple(args) if args else None, callback=lambda data=None: say("ack", name, data))


def main() -> None:
    clients: dict[int, Client] = {}
    for line in sys.stdin:
        order = json.loads(line)
        number = order["socket"]
        if order["do"] == "connect":
            clients[number] = Client(reconnection=False)
            Thread(target=connect, args=(clients[number], saying(number), order), daemon=True).start()
        else:
            emit(clients[number], saying(number), order["name"], order["args"])


if __name__ == "__main__":
    main()
