"""What an address and a password must look like, whoever keeps the accounts, and who is kept out."""

from __future__ import annotations

import re

from services.errors import Forbidden, Invalid
from services.storage.tables import UserRow

MIN_PASSWORD = 10
MAX_PASSWORD = 1024  # hashing longer ones would only cost time
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


def check_password(password: str) -> None:
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise Invalid(
            f"password must have {MIN_PASSWORD} to {MAX_PASSWORD} characters",
            code="WEAK_PASSWORD",
            suggestion="Several words in a row are easy to keep and hard to guess",
            details={"field": "password"},
        )


def refuse_blocked(user: UserRow) -> None:
    if user.blocked_at is not None:
        raise Forbidden(
            "This account is blocked", code="ACCOUNT_BLOCKED", suggestion="Ask the operator of the server"
        )
