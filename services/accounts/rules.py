"""What an address must look like, whoever keeps the accounts, and who is kept out."""

from __future__ import annotations

import re

from services.errors import Forbidden, Invalid
from services.storage.tables import UserRow

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f.]+")


def check_address(email: str) -> str:
    """The address as it is kept."""
    address = email.strip().lower()
    if len(address) > 320 or not _EMAIL.fullmatch(address):
        raise Invalid(
            "email is no address",
            code="INVALID_EMAIL",
            suggestion="It looks like name@example.org",
            details={"field": "email"},
        )
    return address


def refuse_closed(*, open_to_all: bool, has_users: bool) -> None:
    """The first account may always be made, or nobody could ever get in."""
    if has_users and not open_to_all:
        raise Forbidden(
            "This server takes no sign-ups",
            code="SIGN_UP_CLOSED",
            suggestion="Ask its operator for an account",
        )


def refuse_blocked(user: UserRow) -> None:
    if user.blocked_at is not None:
        raise Forbidden(
            "This account is blocked", code="ACCOUNT_BLOCKED", suggestion="Ask the operator of the server"
        )
