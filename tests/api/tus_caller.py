"""Says what a client of the tus protocol says, request by request."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from typing import Any

from werkzeug.test import TestResponse

from tests.api.caller import Caller, said

BYTES = "application/offset+octet-stream"
LOAD = {"bezeichnung": "Load", "zeithorizontStart": -24, "zeithorizontEnd": 0}


class TusCaller:
    """A signed-in user of the application under test."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.session_id = caller.new_session()

    def call(self, method: str, path: str, body: bytes = b"", **headers: Any) -> TestResponse:
        named = {name.replace("_", "-"): str(value) for name, value in headers.items() if value is not None}
        if "Tus-Resumable" not in named:
            named["Tus-Resumable"] = "1.0.0"
        return self.caller.client.open(
            path, method=method, data=body, headers={**self.caller.headers, **named}
        )

    def metadata(
        self, name: str = "load.csv", file_metadata: dict[str, Any] | None = None, **more: str
    ) -> str:
        return metadata(
            {
                "sessionId": self.session_id,
                "fileType": "input",
                "filename": name,
                "fileMetadata": json.dumps(LOAD if file_metadata is None else file_metadata),
                **more,
            }
        )

    def create(self, length: int | None, body: bytes = b"", **headers: Any) -> TestResponse:
        announced = {"Upload_Length": length} if length is not None else {"Upload_Defer_Length": 1}
        if headers.get("Upload_Concat") != "partial":
            headers.setdefault("Upload_Metadata", self.metadata())
        if body:
            headers["Content_Type"] = BYTES
        return self.call("POST", "/files/", body, **announced, **headers)

    def created(self, length: int | None, body: bytes = b"", **headers: Any) -> str:
        answer = self.create(length, body, **headers)
        assert answer.status_code == 201, said(answer)
        return answer.headers["Location"]

    def join(self, parts: list[str], **headers: Any) -> TestResponse:
        headers.setdefault("Upload_Metadata", self.metadata())
        return self.call("POST", "/files/", Upload_Concat=f"final;{' '.join(parts)}", **headers)

    def patch(self, path: str, offset: int, body: bytes, **headers: Any) -> TestResponse:
        headers.setdefault("Content_Type", BYTES)
        return self.call("PATCH", path, body, Upload_Offset=offset, **headers)

    def patched(self, path: str, offset: int, body: bytes, **headers: Any) -> int:
        answer = self.patch(path, offset, body, **headers)
        assert answer.status_code == 204, said(answer)
        return int(answer.headers["Upload-Offset"])

    def head(self, path: str) -> TestResponse:
        return self.call("HEAD", path)

    def offset(self, path: str) -> int:
        answer = self.head(path)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])

    def state(self, path: str) -> dict[str, Any]:
        answer = self.call("GET", path)
        assert answer.status_code == 200, said(answer)
        found: dict[str, Any] = answer.get_json()
        return found


def metadata(fields: dict[str, str]) -> str:
    return ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in fields.items())


def checksum(content: bytes, algorithm: str = "sha1") -> str:
    return f"{algorithm} {b64encode(hashlib.new(algorithm, content).digest()).decode()}"
