"""The Python Socket.IO client behind the line protocol of client.mjs."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import socketio

URL = sys.argv[1]


def say(kind: str, name: str | None = None, data: Any = None) -> None:
    print(json.dumps({"kind": kind, "name": name, "data": data}), flush=True)


def connect(auth: Any = None, query: dict[str, str] | None = None, transports: Any = None) -> socketio.Client:
    client = socketio.Client(reconnection=False)
    client.on("connect", lambda: say("connected"))
    client.on("connect_error", refused)
    client.on("disconnect", lambda reason=None: say("disconnected", str(reason)))
    client.on("*", lambda name, data=None: say("event", name, data))
    address = f"{URL}?{urlencode(query)}" if query else URL
    with suppress(socketio.exceptions.ConnectionError):  # said by connect_error
        client.connect(address, auth=auth, transports=transports)
    return client


def refused(error: Any) -> None:
    said = error if isinstance(error, dict) else {"message": str(error)}
    say("refused", said.get("message"), said.get("data"))


def main() -> None:
    client: Any = None
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "connect":
            client = connect(command.get("auth"), command.get("query"), command.get("transports"))
        elif command["do"] == "disconnect":
            client.disconnect()
        else:
            name = command["name"]
            args = command["args"]
            client.emit(
                name,
                tuple(args) if args else None,
                callback=lambda data=None, name=name: say("ack", name, data),
            )


if __name__ == "__main__":
    main()
