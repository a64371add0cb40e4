"""A signed-in user of the API under test: calls, and insists on the shape of every answer."""

from __future__ import annotations

import hashlib
import io
import json
import math
from datetime import datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart


class Caller:
    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client = client
        self.token = token
        self.headers = {"Authorization": f"Bearer {token}"}

    def request(self, method: str, path: str, body: Any = None, **arguments: Any) -> TestResponse:
        if isinstance(body, bytes):
            arguments["data"] = body
        elif body is not None:
            arguments["json"] = body
        return self.client.open(f"/api/training/{path}", method=method, headers=self.headers, **arguments)

    def get(self, path: str) -> dict[str, Any]:
        return accepted(self.request("GET", path))

    def post(self, path: str, body: Any) -> dict[str, Any]:
        return accepted(self.request("POST", path, body))

    def put(self, path: str, body: Any) -> dict[str, Any]:
        return accepted(self.request("PUT", path, body))

    def delete(self, path: str) -> dict[str, Any]:
        return accepted(self.request("DELETE", path))

    def refused(self, method: str, path: str, body: Any, *statuses: int) -> dict[str, Any]:
        return refusal(self.request(method, path, body), *statuses)

    def new_session(self) -> str:
        session_id: str = self.post("create-database-session", {})["sessionUuid"]
        return session_id

    def send(
        self,
        session_id: str,
        content: bytes,
        index: int = 0,
        total: int = 1,
        *,
        name: str = "load.csv",
        file_type: str = "input",
        metadata: dict[str, Any] | None = None,
        **about: Any,
    ) -> TestResponse:
        """One chunk."""
        header = {
            "sessionId": session_id,
            "fileName": name,
            "fileType": file_type,
            "chunkIndex": index,
            "totalChunks": total,
            **about,
        }
        form: dict[str, Any] = {
            "metadata": json.dumps(header),
            "chunk": FileStorage(io.BytesIO(content), "blob"),
        }
        if metadata is not None:
            form["additionalData"] = json.dumps({"fileMetadata": metadata})
        return self.post_form("upload-chunk", form)

    def post_form(self, path: str, form: dict[str, Any]) -> TestResponse:
        boundary, data = encode_multipart(form)  # the test client would leave temporary files open
        return self.request("POST", path, data=data, content_type=f"multipart/form-data; boundary={boundary}")

    def upload(self, session_id: str, content: bytes, chunks: int = 1, **arguments: Any) -> dict[str, Any]:
        """A whole file in equal chunks; the last answer."""
        size = math.ceil(len(content) / chunks)
        for index in range(chunks):
            answer = self.send(
                session_id, content[index * size : (index + 1) * size], index, chunks, **arguments
            )
            body = accepted(answer)
        return body


def accepted(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code in (200, 201, 202), (
        f"{answer.status_code}: {answer.get_data(as_text=True)[:2000]}"
    )
    body: dict[str, Any] = answer.get_json()
    assert body["success"] is True
    return body


def refusal(answer: TestResponse, *statuses: int) -> dict[str, Any]:
    assert answer.status_code in statuses, said(answer)
    body: dict[str, Any] = answer.get_json()
    assert body["success"] is False
    assert isinstance(body["code"], str) and isinstance(body["error"], str)
    assert set(body) <= {"success", "code", "error", "suggestion", "details"}
    return body


def said(answer: TestResponse) -> str:
    return f"{answer.status_code}: {answer.get_data(as_text=True)[:2000]}"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def series_csv(rows: int = 96, columns: tuple[str, ...] = ("value",), minutes: int = 15) -> bytes:
    """A regular series from 2024-01-01 00:00 UTC, as many columns as named."""
    start = datetime(2024, 1, 1)
    lines = [";".join(("UTC", *columns))]
    for row in range(rows):
        time = (start + timedelta(minutes=minutes * row)).strftime("%Y-%m-%d %H:%M:%S")
        values = (f"{math.sin(row / 7) + place:.4f}" for place in range(len(columns)))
        lines.append(";".join((time, *values)))
    return "\n".join(lines).encode() + b"\n"
