"""The port for accounts: a token becomes a user; passwords and sessions are the adapter's affair."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class User:
    id: UUID
    email: str


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
