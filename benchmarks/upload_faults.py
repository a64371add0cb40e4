"""Sends files over a raw socket and does to each what a bad network and a bad day can do."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import socket
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

TRIES = 200
FAULTS = ("cut", "reorder", "duplicate", "flip", "kill")


class Dropped(Exception):
    """The connection ended before an answer."""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Outcome:
    """One file: what was done to it, and what it took to bring it over."""

    way: str
    fault: str
    parts: int
    session_id: str
    sha256: str
    size: int
    faults: int = 0  # injected here, or felt because another client had the server killed
    parts_sent: int = 0
    status: str = ""

    @property
    def sent_again(self) -> int:
        return self.parts_sent - self.parts


@dataclass
class House:
    """The server as the senders see it: a port, and a process that may be killed."""

    port: int
    token: str
    pid: Callable[[], int]
    lives: list[float] = field(default_factory=list)

    def kill(self) -> None:
        try:
            os.kill(self.pid(), signal.SIGKILL)
        except ProcessLookupError:  # another sender was faster
            return
        self.lives.append(time.monotonic())

    def request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, Any] | None = None, **fault: Any
    ) -> Answer:
        """`cut`: only so many bytes of the body; `then`: what happens before the connection is closed."""
        said = {
            "Host": "127.0.0.1",
            "Authorization": f"Bearer {self.token}",
            "Content-Length": len(body),
            "Connection": "close",
            **(headers or {}),
        }
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in said.items()
        )
        cut = fault.get("cut")
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=60) as wire:
                wire.sendall(head.encode() + b"\r\n" + (body if cut is None else body[:cut]))
                if cut is not None:
                    time.sleep(0.002)  # some of it reaches the disk
                    if fault.get("then"):
                        fault["then"]()
                    raise Dropped
                return _read(wire)
        except OSError as error:
            raise Dropped from error

    def surely(self, *arguments: Any, **more: Any) -> Answer:
        """A request that may be said again, until it is answered."""
        for _ in range(TRIES):
            try:
                return self.request(*arguments, **more)
            except Dropped:
                time.sleep(0.05)
        raise AssertionError(f"no answer to {arguments[:2]}")


def _read(wire: socket.socket) -> Answer:
    data, found = b"", b""
    while not found:
        buffer = wire.recv(65536)
        if not buffer:
            raise Dropped
        data += buffer
        head, found, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.split(": ", 1) for line in lines)
    headers = {name.lower(): value for name, value in pairs}
    status = int(first.split()[1])
    wanted = 0 if status == 204 else int(headers.get("content-length", 0))
    while len(body) < wanted and not headers.get("upload-length"):  # an answer to HEAD has no body
        buffer = wire.recv(65536)
        if not buffer:
            raise Dropped
        body += buffer
    return Answer(status, headers, body)


def send_file(house: House, way: str, fault: str, session_id: str, name: str, rng: random.Random) -> Outcome:
    content = rng.randbytes(rng.randint(2_000, 60_000))
    count = rng.randint(2, 6)
    size = -(-len(content) // count)
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    outcome = Outcome(way, fault, len(parts), session_id, hashlib.sha256(content).hexdigest(), len(content))
    sender = {"tus": Tus, "parts": Parts, "tus joined": Joined}[way]
    sender(house, outcome, parts, name, rng).send()
    return outcome


class Sender:
    """The fault hits one part, chosen by chance."""

    def __init__(
        self, house: House, outcome: Outcome, parts: list[bytes], name: str, rng: random.Random
    ) -> None:
        self.house = house
        self.outcome = outcome
        self.parts = parts
        self.name = name
        self.rng = rng
        self.hit = rng.randrange(len(parts))

    def put(self, *arguments: Any, **more: Any) -> Answer | None:
        """One part; None where the connection ended."""
        self.outcome.parts_sent += 1
        try:
            return self.house.request(*arguments, **more)
        except Dropped:
            self.outcome.faults += 1
            time.sleep(0.02)
            return None

    def damaged(self, part: bytes) -> bytes:
        place, bit = self.rng.randrange(len(part)), 1 << self.rng.randrange(8)
        return part[:place] + bytes([part[place] ^ bit]) + part[place + 1 :]

    def cut(self, part: bytes) -> dict[str, Any]:
        fault: dict[str, Any] = {"cut": self.rng.randrange(len(part))}
        return {**fault, "then": self.house.kill} if self.outcome.fault == "kill" else fault


class Tus(Sender):
    """Parts one after the other, each PATCH with or without a checksum."""

    def send(self) -> None:
        about = {
            "sessionId": self.outcome.session_id,
            "fileType": "input",
            "filename": self.name,
            "fileMetadata": json.dumps({"bezeichnung": self.name}),
            "fileHash": self.outcome.sha256,
        }
        url = self.create({"Upload-Length": self.outcome.size, "Upload-Metadata": _metadata(about)})
        self.fill(url, b"".join(self.parts), [len(part) for part in self.parts], self.outcome.fault)
        self.await_end(url)

    def create(self, headers: dict[str, Any]) -> str:
        answer = self.house.surely("POST", "/files/", b"", {"Tus-Resumable": "1.0.0", **headers})
        assert answer.status == 201, answer
        return answer.headers["location"]

    def fill(self, url: str, content: bytes, sizes: list[int], fault: str) -> None:
        ends = [sum(sizes[: index + 1]) for index in range(len(sizes))]
        offset, waiting = 0, fault if self.hit < len(sizes) else ""
        while offset < len(content):
            index = next(place for place, end in enumerate(ends) if offset < end)
            part = content[offset : ends[index]]
            now = waiting if index == self.hit else ""
            waiting = "" if now else waiting
            offset = self.one(url, offset, part, now)

    def one(self, url: str, offset: int, part: bytes, fault: str) -> int:
        """The offset afterwards."""
        checked = fault == "flip" or self.rng.random() < 0.5
        if fault in ("cut", "kill"):
            answer = self.patch(url, offset, part, checked, **self.cut(part))
        elif fault == "flip":
            self.outcome.faults += 1
            answer = self.patch(url, offset, part, True, instead=self.damaged(part))
            assert answer is None or answer.status == 460, answer
        elif fault == "reorder":  # a part that comes before its turn
            self.outcome.faults += 1
            answer = self.patch(url, offset + len(part), part[: len(part) // 2 + 1], checked)
            assert answer is None or answer.status in (409, 413), answer
        else:
            answer = self.patch(url, offset, part, checked)
            if fault == "duplicate":
                self.outcome.faults += 1
                again = self.patch(url, offset, part, checked)
                assert again is None or again.status in (409, 400), again
        if answer is not None and answer.status == 204:
            return int(answer.headers["upload-offset"])
        return int(self.house.surely("HEAD", url, b"", {"Tus-Resumable": "1.0.0"}).headers["upload-offset"])

    def patch(
        self, url: str, offset: int, part: bytes, checked: bool, instead: bytes | None = None, **fault: Any
    ) -> Answer | None:
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": offset,
            "Content-Type": "application/offset+octet-stream",
        }
        if checked:
            headers["Upload-Checksum"] = f"sha256 {b64encode(hashlib.sha256(part).digest()).decode()}"
        for _ in range(TRIES):
            answer = self.put("PATCH", url, instead or part, headers, **fault)
            if answer is None or answer.status != 423:  # its half-dead predecessor still holds the upload
                return answer
            self.outcome.parts_sent -= 1
            time.sleep(0.05)
        raise AssertionError(f"{url} stays locked")

    def await_end(self, url: str) -> None:
        state = self.house.surely("GET", url).json
        self.outcome.status = state["status"]


class Joined(Tus):
    """Every part an upload of its own, in any order, put together at the end."""

    def send(self) -> None:
        urls = [""] * len(self.parts)
        order = list(range(len(self.parts)))
        self.rng.shuffle(order)
        for place in order:
            part = self.parts[place]
            urls[place] = self.create({"Upload-Length": len(part), "Upload-Concat": "partial"})
            fault = self.outcome.fault if place == self.hit else ""
            hit, self.hit = self.hit, 0
            self.fill(urls[place], part, [len(part)], "" if fault == "reorder" else fault)
            self.hit = hit
        self.outcome.faults += self.outcome.fault == "reorder"
        about = {
            "sessionId": self.outcome.session_id,
            "fileType": "input",
            "filename": self.name,
            "fileMetadata": json.dumps({"bezeichnung": self.name}),
            "fileHash": self.outcome.sha256,
        }
        said = {"Upload-Concat": f"final;{' '.join(urls)}", "Upload-Metadata": _metadata(about)}
        self.await_end(self.create(said))


class Parts(Sender):
    """Numbered parts of the multipart route, in any order."""

    def send(self) -> None:
        order = list(range(len(self.parts)))
        self.rng.shuffle(order)
        self.outcome.faults += self.outcome.fault == "reorder"
        waiting = self.outcome.fault
        missing = order
        while missing:
            for index in missing:
                now = waiting if index == self.hit else ""
                waiting = "" if now else waiting
                self.one(index, now)
            missing = self.missing()
        self.outcome.status = self.status()["status"]
        if self.outcome.status == "received":  # killed between the last part and its import
            self.part(self.rng.randrange(len(self.parts)))
            self.outcome.status = self.status()["status"]

    def one(self, index: int, fault: str) -> None:
        part = self.parts[index]
        if fault in ("cut", "kill"):
            self.part(index, **self.cut(part))
        elif fault == "flip":
            self.outcome.faults += 1
            answer = self.part(index, instead=self.damaged(part))
            assert answer is None or answer.status == 422, answer
        else:
            first = self.part(index)
            assert first is None or first.status in (200, 202), first
            if fault == "duplicate":
                self.outcome.faults += 1
                again = self.part(index)
                assert first is None or again is None or again.status in (200, 202), again

    def part(self, index: int, instead: bytes | None = None, **fault: Any) -> Answer | None:
        part = self.parts[index]
        about = {
            "sessionId": self.outcome.session_id,
            "fileName": self.name,
            "fileType": "input",
            "chunkIndex": index,
            "totalChunks": len(self.parts),
            "chunkHash": hashlib.sha256(part).hexdigest(),
            "fileHash": self.outcome.sha256,
            "fileSize": self.outcome.size,
        }
        fields = {
            "metadata": json.dumps(about),
            "additionalData": json.dumps({"fileMetadata": {"bezeichnung": self.name}}),
        }
        kind, body = _multipart(fields, instead or part)
        return self.put("POST", "/api/training/upload-chunk", body, {"Content-Type": kind}, **fault)

    def status(self) -> dict[str, Any]:
        query = f"sessionId={self.outcome.session_id}&fileName={self.name}"
        answer = self.house.surely("GET", f"/api/training/upload-status?{query}")
        return (
            answer.json["uploads"][0] if answer.status == 200 else {"missing": list(range(len(self.parts)))}
        )

    def missing(self) -> list[int]:
        found: list[int] = self.status()["missing"]
        return found


def _metadata(fields: dict[str, str]) -> str:
    return ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in fields.items())


def _multipart(fields: dict[str, str], chunk: bytes) -> tuple[str, bytes]:
    mark = uuid4().hex
    text = "".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    text += f'--{mark}\r\nContent-Disposition: form-data; name="chunk"; filename="blob"\r\n'
    text += "Content-Type: application/octet-stream\r\n\r\n"
    return f"multipart/form-data; boundary={mark}", text.encode() + chunk + f"\r\n--{mark}--\r\n".encode()
