"""What a user should know about a dataset: stored with it, shown when it is built and when it is used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Note:
    """`code` is stable, for pages and tests; `message` names the features; `details` holds numbers."""

    code: str
    message: str
    details: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "details": self.details}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Note:
        return cls(value["code"], value["message"], value["details"])
