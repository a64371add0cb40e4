"""Accounts kept in our own tables: argon2 hashes, short access tokens, refresh tokens that work once."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services import audit
from services.accounts import Tokens, User, passwords, sign_ins
from services.accounts.rules import check_address, refuse_blocked, refuse_closed
from services.accounts.throttle import Throttle
from services.errors import Conflict, Invalid, Unauthenticated
from services.plans import Plans
from services.settings import Settings
from services.storage.database import Database
from services.storage.security_tables import SignInRow
from services.storage.tables import RefreshTokenRow, UserRow, now

ALGORITHM = "HS256"
AUDIENCE = "authenticated"
ISSUER = "trainyard"


class _Claims(NamedTuple):
    expires: int
    user_id: UUID
    sign_in: UUID


class LocalAccounts:
    """services.accounts.Accounts on the `users` and `refresh_tokens` tables."""

    def __init__(
        self,
        database: Database,
        plans: Plans,
        settings: Settings,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._plans = plans
        self._key = settings.secret_key
        self._open = settings.sign_up == "open"
        self._access = timedelta(minutes=settings.access_token_minutes)
        self._refresh = timedelta(days=settings.refresh_token_days)
        self._clock = clock
        self._hasher = passwords.hasher()
        self._nobody = _impossible_hash(self._hasher)
        self._throttle = Throttle(clock)

    def sign_up(self, email: str, password: str) -> Tokens:
        refuse_closed(open_to_all=self._open, has_users=self.has_users())
        return self.add(email, password)

    def add(self, email: str, password: str) -> Tokens:
        """A new user, whether sign-up is open or not."""
        address = check_address(email)
        passwords.check(password, address)
        user = UserRow(id=uuid4(), email=address, password_hash=self._hasher.hash(password))
        try:
            with self._database.write() as tx:
                tx.add(user)
                tx.flush()
                self._plans.subscribe(tx, user.id)
                return self._begin(tx, user, "sign_up")
        except IntegrityError:
            raise Conflict(
                f"There is already an account for {address}",
                code="EMAIL_TAKEN",
                suggestion="Sign in, or use another address",
            ) from None

    def sign_in(self, email: str, password: str) -> Tokens:
        address = email.strip().lower()
        self._throttle.check(address)
        with self._database.read() as tx:
            user = tx.scalars(select(UserRow).where(UserRow.email == address)).first()
        # A hash is always verified, so that the answer takes as long for an unknown address.
        if not self._matches(user.password_hash if user else self._nobody, password) or user is None:
            self._throttle.failed(address)
            self._note("sign_in_failed", user)
            raise Unauthenticated("Email or password is wrong", code="WRONG_CREDENTIALS")
        self._throttle.succeeded(address)
        refuse_blocked(user)
        with self._database.write() as tx:
            return self._begin(tx, user, "sign_in")

    def refresh(self, refresh_token: str) -> Tokens:
        with self._database.write() as tx:
            row = _token_row(tx, refresh_token)
            if row is not None and row.revoked_at is None and row.expires_at > self._clock():
                row.revoked_at = self._clock()
                user = tx.get_one(UserRow, row.user_id)
                refuse_blocked(user)
                sign_ins.go_on(tx, row.family, self._clock(), self._clock() + self._refresh)
                return self._issue(tx, user, row.family)
            # spent or expired: whoever holds it, this sign-in is over
            if row is not None and sign_ins.end(tx, row.family, self._clock()):
                audit.note(tx, "refresh_token_reused", row.user_id, sign_in=str(row.family))
        raise Unauthenticated(
            "The refresh token is not valid any more",
            code="INVALID_REFRESH_TOKEN",
            suggestion="Sign in again",
        )

    def sign_out(self, refresh_token: str) -> None:
        with self._database.write() as tx:
            row = _token_row(tx, refresh_token)
            if row is not None and sign_ins.end(tx, row.family, self._clock()):
                audit.note(tx, "sign_out", row.user_id)

    def authenticate(self, access_token: str) -> User:
        claims = self._claims(access_token)
        if claims.expires <= self._clock().timestamp():
            raise Unauthenticated(
                "The access token has expired",
                code="EXPIRED_TOKEN",
                suggestion="POST /api/auth/refresh with the refresh token",
            )
        return self._holder(claims)

    def still_signed_in(self, access_token: str) -> None:
        """The token may have expired since: what counts is its sign-in, which is known here."""
        self._holder(self._claims(access_token))

    def _claims(self, access_token: str) -> _Claims:
        try:
            claims = jwt.decode(
                access_token,
                self._key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["exp", "iat", "sub", "aud", "iss", "sid"], "verify_exp": False},
            )
            return _Claims(int(claims["exp"]), UUID(claims["sub"]), UUID(claims["sid"]))
        except (jwt.InvalidTokenError, ValueError, TypeError):
            raise Unauthenticated("The access token is not valid", suggestion="Sign in again") from None

    def _holder(self, claims: _Claims) -> User:
        with self._database.read() as tx:
            user = tx.get(UserRow, claims.user_id)
            used = tx.get(SignInRow, claims.sign_in)
        if user is None:
            raise Unauthenticated("The account of this token does not exist any more")
        refuse_blocked(user)
        if used is None or used.user_id != user.id or used.ended_at or used.expires_at <= self._clock():
            raise Unauthenticated("This sign-in has ended", code="SIGNED_OUT", suggestion="Sign in again")
        return User(user.id, user.email, used.id)

    def has_users(self) -> bool:
        with self._database.read() as tx:
            return tx.scalars(select(UserRow.id).limit(1)).first() is not None

    def change_password(self, user: User, current: str, new: str) -> None:
        """See services.accounts.SignIns."""
        self._throttle.check(user.email)
        with self._database.read() as tx:
            row = tx.get_one(UserRow, user.id)
        if not self._matches(row.password_hash, current):
            self._throttle.failed(user.email)
            self._note("password_change_failed", row)
            # not 401: the token is right, and no page should take this for the end of the sign-in
            raise Invalid(
                "current_password is wrong", code="WRONG_PASSWORD", details={"field": "current_password"}
            )
        passwords.check(new, user.email, field="new_password")
        hashed = self._hasher.hash(new)
        with self._database.write() as tx:
            tx.get_one(UserRow, user.id).password_hash = hashed
            sign_ins.end_all(tx, user.id, self._clock(), keep=user.sign_in)
            audit.note(tx, "password_changed", user.id)

    def _note(self, kind: str, user: UserRow | None) -> None:
        with self._database.write() as tx:
            audit.note(tx, kind, None if user is None else user.id)

    def _begin(self, tx: Session, user: UserRow, kind: str) -> Tokens:
        issued = self._clock()
        sign_in = sign_ins.begin(tx, user.id, issued, issued + self._refresh)
        audit.note(tx, kind, user.id)
        return self._issue(tx, user, sign_in)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password[: passwords.LONGEST])
        except (VerificationError, InvalidHashError):
            return False

    def _issue(self, tx: Session, user: UserRow, family: UUID) -> Tokens:
        issued = self._clock()
        expires = issued + self._access
        claims = {
            "sub": str(user.id),
            "email": user.email,
            "aud": AUDIENCE,
            "iss": ISSUER,
            "iat": int(issued.timestamp()),
            "exp": int(expires.timestamp()),
            "jti": secrets.token_hex(8),
            "sid": str(family),
        }
        refresh = secrets.token_urlsafe(32)
        expired = RefreshTokenRow.expires_at <= issued
        tx.execute(delete(RefreshTokenRow).where(RefreshTokenRow.user_id == user.id, expired))
        tx.add(
            RefreshTokenRow(
                user_id=user.id,
                token_hash=_digest(refresh),
                family=family,
                expires_at=issued + self._refresh,
            )
        )
        access = jwt.encode(claims, self._key, algorithm=ALGORITHM)
        return Tokens(access, refresh, expires, User(user.id, user.email))


def _impossible_hash(hasher: PasswordHasher) -> str:
    """What no password hashes to, as slow to check as a real one, without the time to make one."""
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, digest = (
        b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        for size in (hasher.salt_len, hasher.hash_len)
    )
    return f"$argon2{hasher.type.name.lower()}$v=19${cost}${salt}${digest}"


def _token_row(tx: Session, refresh_token: str) -> RefreshTokenRow | None:
    wanted = RefreshTokenRow.token_hash == _digest(refresh_token)
    return tx.scalars(select(RefreshTokenRow).where(wanted).with_for_update()).first()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
