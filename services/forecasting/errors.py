"""What can be wrong with a user's data or request, said so that the user can mend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class DataError(ValueError):
    """Refused input: a code for programs, a message for people, the way out, and the particulars."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        suggestion: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.suggestion = suggestion
        self.details = dict(details) if details is not None else None


def diverged(what: str, **details: Any) -> DataError:
    """The training left the finite numbers; `what` did is the first half of the sentence."""
    return DataError(
        "TRAINING_DIVERGED",
        f"{what}: the training diverged",
        suggestion="Use a smaller LEARNING_RATE, another activation (ACTF) or fewer layers (LAY)",
        details=details,
    )
