"""Many Socket.IO clients in one process, each watching the same job; says what each heard and when.

Speaks the protocol itself (Engine.IO 4 over WebSocket): a client library would be busier than the server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from datetime import datetime
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

ASKED = 1  # the number under which job.subscribe is acknowledged


class Watching:
    """One client: the numbers it heard, in the order in which it heard them, and the delays."""

    def __init__(self) -> None:
        self.answered: int | None = None  # the number behind which live events begin
        self.seqs: list[int] = []
        self.delays_ms: list[float] = []

    async def run(self, url: str, token: str, job_id: str, stop: asyncio.Event) -> None:
        address = f"{url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket"
        async with connect(address, proxy=None, compression=None, max_size=None) as socket:
            await socket.recv()
            await socket.send("40" + json.dumps({"token": token}))
            await socket.recv()
            await socket.send(f'42{ASKED}["job.subscribe",{json.dumps({"job_id": job_id})}]')
            reading = asyncio.create_task(self._read(socket))
            await stop.wait()
            reading.cancel()

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            moment = time.time()
            if text == "2":
                await socket.send("3")
            elif isinstance(text, str) and text.startswith(f"43{ASKED}"):
                self.answered = json.loads(text[3:])[0]["last_seq"]
            elif isinstance(text, str) and text.startswith('42["job.event"'):
                self._hear(json.loads(text[2:])[1], moment)

    def _hear(self, event: dict[str, Any], moment: float) -> None:
        self.seqs.append(event["seq"])
        self.delays_ms.append(1000 * (moment - datetime.fromisoformat(event["ts"]).timestamp()))

    def result(self) -> dict[str, Any]:
        first = self.answered or 0
        expected = set(range(first + 1, max(self.seqs, default=first) + 1))
        return {
            "events": len(self.seqs),
            "holes": len(expected - set(self.seqs)),
            "doubles": len(self.seqs) - len(set(self.seqs)),
            "unordered": self.seqs != sorted(self.seqs),
            "last": max(self.seqs, default=first),
            "delays_ms": self.delays_ms,
        }


async def watch(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Connect all, say so, measure from the next line of the input to its end."""
    stop = asyncio.Event()
    watching = [Watching() for _ in range(arguments.clients)]
    tasks = [
        asyncio.create_task(each.run(arguments.url, arguments.token, arguments.job, stop))
        for each in watching
    ]
    while not all(each.answered is not None for each in watching):
        for task in tasks:
            if task.done():
                task.result()
        await asyncio.sleep(0.05)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for each in watching:  # what was heard while others still connected is no measurement
        each.delays_ms.clear()
    await asyncio.to_thread(sys.stdin.read)
    delays = [list(each.delays_ms) for each in watching]  # not those of the time it takes to end
    await asyncio.sleep(1.0)
    stop.set()
    await asyncio.gather(*tasks)
    return [{**each.result(), "delays_ms": own} for each, own in zip(watching, delays, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("url", "token", "job"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--clients", type=int, required=True)
    print(json.dumps(asyncio.run(watch(parser.parse_args()))), flush=True)


if __name__ == "__main__":
    main()
