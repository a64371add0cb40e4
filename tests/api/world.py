"""One signed-in user together with the rows and blobs behind the API, for tests that prepare them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from api.context import KEY
from services.accounts import Tokens
from services.events import EventBus
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import JobRow
from services.wiring import Services
from tests.api.caller import Caller
from tests.conftest import PASSWORD


@dataclass(frozen=True)
class World:
    """Calls take whole paths and insist on the shape of the answer."""

    caller: Caller
    services: Services
    user_id: UUID

    @property
    def database(self) -> Database:
        return self.services.database

    @property
    def blobs(self) -> Blobs:
        return self.services.blobs

    @property
    def bus(self) -> EventBus:
        return self.services.bus

    @classmethod
    def of(cls, app: Flask, tokens: Tokens) -> World:
        return cls(Caller(app.test_client(), tokens.access_token), app.extensions[KEY], tokens.user.id)

    def neighbour(self, email: str) -> World:
        """Another user of the same server."""
        return World.of(self.caller.client.application, self.services.accounts.sign_up(email, PASSWORD))

    def raw(self, method: str, path: str, **arguments: Any) -> TestResponse:
        client, headers = self.caller.client, self.caller.headers
        return client.open(path, method=method, headers=headers, buffered=True, **arguments)

    def ok(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        answer = self.raw(method, path, **arguments)
        assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
        body: dict[str, Any] = answer.get_json()
        assert body["success"] is True
        return body

    def accepted(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        """202: the work is queued and named."""
        answer = self.raw(method, path, **arguments)
        assert answer.status_code == 202, answer.get_data(as_text=True)[:2000]
        body: dict[str, Any] = answer.get_json()
        assert body["success"] is True
        assert body["job_id"]
        return body

    def refused(self, method: str, path: str, status: int, **arguments: Any) -> dict[str, Any]:
        answer = self.raw(method, path, **arguments)
        assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
        body: dict[str, Any] = answer.get_json()
        assert body["success"] is False
        assert isinstance(body["code"], str) and isinstance(body["error"], str)
        assert set(body) <= {"success", "code", "error", "suggestion", "details"}
        return body

    def job(self, job_id: str) -> JobRow:
        with self.database.read() as tx:
            return tx.get_one(JobRow, UUID(job_id))

    def jobs(self, session_id: UUID) -> list[JobRow]:
        with self.database.read() as tx:
            return list(tx.scalars(select(JobRow).where(JobRow.session_id == session_id)))
