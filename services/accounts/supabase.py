"""Accounts at Supabase Auth: passwords and sign-ins are kept there, tokens are verified here.

Our own `users` row, which everything else hangs on, is made when a user is first seen. Whoever was blocked,
deleted or signed out there is noticed within USER_CHECK: so long an answer about a sign-in is believed.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.accounts import Tokens, User, passwords
from services.accounts.jwks import KeySet
from services.accounts.rules import check_address, refuse_blocked, refuse_closed
from services.accounts.supabase_refusals import (
    in_our_words,
    of_a_refresh_token,
    unconfirmed,
    wrong_credentials,
)
from services.accounts.supabase_tokens import Claims, Verifier
from services.accounts.throttle import Throttle
from services.errors import AppError, Unauthenticated, Unavailable
from services.plans import Plans
from services.settings import Settings
from services.storage.database import Database
from services.storage.tables import UserRow, now
from services.supabase.project import Busy, Project, Unreadable, failure
from services.supabase.settings import NO_ISSUER, expected_issuer

if TYPE_CHECKING:
    from supabase_auth import AuthResponse, SyncGoTrueClient

USER_CHECK = timedelta(seconds=60)
OUTAGE = timedelta(minutes=10)  # so long those go on whom Auth knew before it stopped answering
REMEMBERED = 10_000
NO_PASSWORD = ""  # nosec B105 - no hash: nobody gets in with it where accounts are local
Answer = TypeVar("Answer")
Words = Callable[[str | None, int, str], AppError]
log = logging.getLogger(__name__)


class SupabaseAccounts:
    """services.accounts.Accounts on Supabase Auth, with the anon key only."""

    def __init__(
        self, database: Database, plans: Plans, settings: Settings, clock: Callable[[], datetime] = now
    ) -> None:
        self._database = database
        self._plans = plans
        self._clock = clock
        self._open = settings.sign_up == "open"
        self._project = Project(settings.supabase_url, settings.supabase_anon_key)
        keys = KeySet(self._project, clock)
        self._verifier = Verifier(
            expected_issuer(settings.supabase_url, settings.supabase_issuer),
            settings.supabase_jwt_secret,
            keys,
            clock,
            nameless=settings.supabase_issuer == NO_ISSUER,
        )
        self._checks = _Checks(self._project, clock)
        self._throttle = Throttle(clock)

    def sign_up(self, email: str, password: str) -> Tokens:
        address = check_address(email)
        refuse_closed(open_to_all=self._open, has_users=self.has_users())
        passwords.check(password, address)
        answer = self._ask(lambda auth: auth.sign_up({"email": address, "password": password}), attempts=1)
        if answer.session is None:
            raise unconfirmed(address)
        return self._tokens(answer)

    def sign_in(self, email: str, password: str) -> Tokens:
        address = email.strip().lower()
        self._throttle.check(address)
        try:
            answer = self._ask(
                lambda auth: auth.sign_in_with_password({"email": address, "password": password})
            )
        except Unauthenticated:
            self._throttle.failed(address)
            raise wrong_credentials() from None
        self._throttle.succeeded(address)
        return self._tokens(answer)

    def refresh(self, refresh_token: str) -> Tokens:
        return self._tokens(
            self._ask(lambda auth: auth.refresh_session(refresh_token), of_a_refresh_token, attempts=1)
        )

    def sign_out(self, refresh_token: str) -> None:
        """Auth ends a sign-in for who holds its access token, so the refresh token is changed into one."""

        def end(auth: SyncGoTrueClient) -> AuthResponse:
            answer = auth.refresh_session(refresh_token)
            auth.sign_out({"scope": "local"})
            return answer

        try:
            answer = self._ask(end, of_a_refresh_token, attempts=1)
        except Unauthenticated:  # over already
            return
        if answer.session is not None:
            self._checks.end(self._verifier.claims(answer.session.access_token))

    def has_users(self) -> bool:
        with self._database.read() as tx:
            return tx.scalars(select(UserRow.id).limit(1)).first() is not None

    def authenticate(self, access_token: str) -> User:
        claims = self._verifier.claims(access_token)
        return self._seen(claims.user_id, self._checks.address(claims, access_token))

    def still_signed_in(self, access_token: str) -> None:
        """Auth answers for a sign-in only while its token lives: a page comes back with the next one."""
        self.authenticate(access_token)

    def close(self) -> None:
        self._project.close()

    def _tokens(self, answer: AuthResponse) -> Tokens:
        session = answer.session
        if session is None or session.expires_at is None:
            raise Unavailable("The accounts' service gave no session", code="ACCOUNTS_MISCONFIGURED")
        expires = datetime.fromtimestamp(session.expires_at, UTC)
        user = self._seen(UUID(session.user.id), (session.user.email or "").lower())
        return Tokens(session.access_token, session.refresh_token, expires, user)

    def _seen(self, user_id: UUID, email: str) -> User:
        """The user's row, made at the first sight, with the address that Auth has now."""
        with self._database.read() as tx:
            row = tx.get(UserRow, user_id)
        if row is not None:
            refuse_blocked(row)
        if row is None or row.email != email:
            if not email:
                raise Unauthenticated(
                    "This account has no e-mail address", code="NO_EMAIL", suggestion="Sign up with one"
                )
            try:
                self._write(user_id, email)
            except IntegrityError:  # another request was faster
                self._write(user_id, email)
        return User(user_id, email)

    def _write(self, user_id: UUID, email: str) -> None:
        with self._database.write() as tx:
            _free(tx, user_id, email)
            row = tx.get(UserRow, user_id)
            if row is not None:
                row.email = email
                return
            tx.add(UserRow(id=user_id, email=email, password_hash=NO_PASSWORD))
            tx.flush()
            self._plans.subscribe(tx, user_id)

    def _ask(
        self,
        request: Callable[[SyncGoTrueClient], Answer],
        words: Words = in_our_words,
        attempts: int | None = None,
    ) -> Answer:
        """With a client of its own, for a client becomes the user that signs in with it."""
        return self._project.ask(
            lambda: _told(lambda: request(self._project.new_client().auth), words), attempts=attempts
        )


def _told(request: Callable[[], Answer], words: Words) -> Answer:
    """The client's errors as ours."""
    from pydantic import ValidationError
    from supabase_auth import errors

    try:
        return request()
    except (ValidationError, KeyError) as error:
        raise Unreadable(str(error)) from None
    except (errors.AuthRetryableError, errors.AuthUnknownError) as error:
        raise Busy(error.message) from None
    except (errors.AuthApiError, errors.CustomAuthError) as error:
        if error.status >= 500:
            raise Busy(f"{error.status}: {error.message[:200]}") from None
        raise words(error.code, error.status, error.message) from None


def _free(tx: Session, user_id: UUID, email: str) -> None:
    """Auth gives an address to one account at a time: another row that has it is of one that gave it up."""
    other = tx.scalars(select(UserRow).where(UserRow.email == email, UserRow.id != user_id)).first()
    if other is not None:
        other.email = f"{other.id}@gave-up.invalid"
        tx.flush()


class _Checks:
    """What Auth says of a sign-in, asked at most once in USER_CHECK for each."""

    def __init__(self, project: Project, clock: Callable[[], datetime]) -> None:
        self._project = project
        self._clock = clock
        self._lock = Lock()
        self._known: OrderedDict[Claims, tuple[datetime, str | None]] = OrderedDict()

    def address(self, claims: Claims, token: str) -> str:
        """That of the user; Unauthenticated if the sign-in does not count any more."""
        with self._lock:
            known = self._known.get(claims)
        age = self._clock() - known[0] if known else OUTAGE
        if known is None or age >= USER_CHECK:
            try:
                found = self._project.ask(lambda: self._asked(claims, token), attempts=2)
                known = self._remember(claims, found)
            except Unavailable:
                if known is None or age >= OUTAGE:
                    raise
                log.warning("Supabase Auth does not answer; a sign-in known since %s goes on", known[0])
        if known[1] is None:
            raise Unauthenticated(
                "This sign-in does not count any more: it was ended, or the account blocked or deleted",
                suggestion="Sign in again",
            )
        return known[1]

    def end(self, claims: Claims) -> None:
        self._remember(claims, None)

    def _remember(self, claims: Claims, address: str | None) -> tuple[datetime, str | None]:
        with self._lock:
            self._known[claims] = found = (self._clock(), address)
            self._known.move_to_end(claims)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return found

    def _asked(self, claims: Claims, token: str) -> str | None:
        headers = {"apikey": self._project.key, "Authorization": f"Bearer {token}"}
        response = self._project.http.get(f"{self._project.url}/auth/v1/user", headers=headers)
        if response.status_code in (401, 403, 404):
            return None
        if response.status_code != 200:
            raise failure(response.status_code, response.text)
        user: dict[str, Any] = response.json()
        if user.get("id") != str(claims.user_id) or user.get("deleted_at") or self._is_blocked(user):
            return None
        return str(user.get("email") or "").lower()

    def _is_blocked(self, user: dict[str, Any]) -> bool:
        """Newer servers refuse the question of a blocked user, older ones only say until when."""
        until: str = user.get("banned_until") or ""
        return bool(until) and datetime.fromisoformat(until) > self._clock()
