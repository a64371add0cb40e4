"""A small client of the server: accounts, chunked upload, training, live progress over Socket.IO."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
import socketio

CHUNK_BYTES = 5 * 1024 * 1024


class ApiError(Exception):
    """An answer of the server that is no success, with its code and its way out."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        text = f"{body.get('code', status)}: {body.get('error', 'no message')}"
        super().__init__(" ".join(part for part in (text, body.get("suggestion")) if part))
        self.status = status
        self.body = body


class Client:
    """One signed-in user."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.token = ""

    def call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        answer = self.http.request(method, self.url + path, timeout=300, **arguments)
        body = answer.json()
        if answer.status_code >= 400 or not body.get("success", True):
            raise ApiError(answer.status_code, body)
        return body

    def sign_up(self, email: str, password: str) -> None:
        body = self.call("POST", "/api/auth/sign-up", json={"email": email, "password": password})
        self.token = body["access_token"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def upload(
        self,
        session_id: str,
        path: Path,
        file_type: str,
        metadata: dict[str, Any],
        *,
        chunk_bytes: int = CHUNK_BYTES,
    ) -> dict[str, Any]:
        """Send a file in chunks with their hashes; the last answer tells what was found in it."""
        total = max(1, -(-path.stat().st_size // chunk_bytes))
        about = {"totalChunks": total, "fileName": path.name, "sessionId": session_id, "fileType": file_type}
        with path.open("rb") as file:
            about["fileHash"] = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            for index in range(total):
                body = self.send_chunk({**about, "chunkIndex": index}, file.read(chunk_bytes), metadata)
        return body

    def send_chunk(self, about: dict[str, Any], chunk: bytes, metadata: dict[str, Any]) -> dict[str, Any]:
        about = {**about, "chunkHash": hashlib.sha256(chunk).hexdigest()}
        return self.call(
            "POST",
            "/api/training/upload-chunk",
            files={"chunk": (about["fileName"], chunk)},
            data={"metadata": json.dumps(about), "additionalData": json.dumps({"fileMetadata": metadata})},
        )

    def download(self, path: str, target: Path) -> Path:
        answer = self.http.get(self.url + path, timeout=300)
        if answer.status_code >= 400:
            raise ApiError(answer.status_code, answer.json())
        target.write_bytes(answer.content)
        return target

    def train_and_watch(
        self, session_id: str, request: dict[str, Any], on_progress: Callable[[float, str], None]
    ) -> None:
        """Start a training and return when the server says that everything is stored."""
        done = threading.Event()
        failure: list[str] = []
        sio = socketio.Client()

        @sio.on("training_progress")
        def _progress(data: dict[str, Any]) -> None:
            on_progress(float(data.get("progress_percent") or 0), str(data.get("message") or ""))

        @sio.on("training_error")
        def _error(data: dict[str, Any]) -> None:
            failure.append(str(data.get("error")))
            done.set()

        @sio.on("training_completed")
        def _completed(data: dict[str, Any]) -> None:
            done.set()

        sio.connect(self.url, auth={"token": self.token}, transports=["websocket"])
        try:
            sio.call("join_training_session", {"session_id": session_id})
            self.call("POST", f"/api/training/train-models/{session_id}", json=request)
            if not done.wait(600):
                raise TimeoutError("the training did not end within ten minutes")
        finally:
            sio.disconnect()
        if failure:
            raise ApiError(422, {"code": "TRAINING_FAILED", "error": failure[0]})
