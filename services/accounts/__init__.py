"""The port for accounts: a token becomes a user; passwords and sessions are the adapter's affair."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True)
class User:
    id: UUID
    email: str
    sign_in: UUID | None = field(default=None, compare=False)  # whose token was shown


@dataclass(frozen=True)
class Tokens:
    access_token: str
    refresh_token: str
    expires_at: datetime
    user: User


class Accounts(Protocol):
    def sign_up(self, email: str, password: str) -> Tokens:
        """A new user with plan `standard`; Invalid for a bad email or weak password, Conflict if taken."""

    def sign_in(self, email: str, password: str) -> Tokens:
        """Unauthenticated with one and the same message for a wrong email and a wrong password."""

    def refresh(self, refresh_token: str) -> Tokens:
        """New tokens; a refresh token works until the next one of its sign-in was used, at the latest, and
        using it after that ends the whole sign-in."""

    def sign_out(self, refresh_token: str) -> None:
        """End this sign-in; an unknown token is no error."""

    def has_users(self) -> bool:
        """False only while the first account is still to be made here."""

    def authenticate(self, access_token: str) -> User:
        """Who holds this token; Unauthenticated with code INVALID_TOKEN or EXPIRED_TOKEN."""

    def still_signed_in(self, access_token: str) -> None:
        """For connections that were opened with this token: Unauthenticated or Forbidden once its sign-in or
        its account has ended. The end of the token itself counts only where nobody can be asked after it."""


class SignIns(Protocol):
    """Where an account is in use, and its password; Conflict where another service keeps them."""

    def of(self, user: User) -> list[dict[str, Any]]:
        """The open ones, the newest use first; the one that asks is marked."""

    def end(self, user: User, sign_in: str) -> None:
        """End one of the user's; NotFound for any other."""

    def end_all(self, user: User) -> int:
        """Everywhere, here too; how many ended."""

    def change_password(self, user: User, current: str, new: str) -> None:
        """Ends every other sign-in; Invalid for a wrong current password or a weak new one."""
