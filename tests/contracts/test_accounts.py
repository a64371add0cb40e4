"""What every adapter of services.accounts.Accounts promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import jwt
import pytest
from sqlalchemy import select

from services.accounts import Accounts
from services.accounts.local import LocalAccounts
from services.accounts.supabase import SupabaseAccounts
from services.accounts.supabase_tokens import SKEW_SECONDS
from services.errors import AppError, Conflict, Invalid, TooManyRequests, Unauthenticated
from services.plans import Plans
from services.settings import Settings
from services.storage.database import Database
from services.storage.tables import RefreshTokenRow, now
from tests.conftest import make_settings
from tests.databases import everything_stored
from tests.supabase_lite.server import SupabaseLite

PASSWORD = "correct horse battery"


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.time = now()

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def plans(settings: Settings, clock: Clock) -> Plans:
    return Plans(Database(settings.database_url), clock)


@pytest.fixture(params=["local", "supabase_lite"])
def accounts(
    request: pytest.FixtureRequest, settings: Settings, plans: Plans, clock: Clock
) -> Iterator[Accounts]:
    if request.param == "local":
        yield LocalAccounts(Database(settings.database_url), plans, settings, clock)
        return
    lite: SupabaseLite = request.getfixturevalue("supabase_lite")
    lite.forget_users()
    there = make_settings(settings.data_dir, **lite.environment())
    accounts = SupabaseAccounts(Database(settings.database_url), plans, there, clock)
    yield accounts
    accounts.close()


def test_a_new_user_is_signed_in_and_may_train(accounts: Accounts, plans: Plans) -> None:
    tokens = accounts.sign_up("Ada@Example.org ", PASSWORD)
    assert tokens.user.email == "ada@example.org"
    assert accounts.authenticate(tokens.access_token) == tokens.user
    assert plans.usage(tokens.user.id).plan == "standard"


def test_the_same_address_is_taken_in_every_spelling(accounts: Accounts) -> None:
    accounts.sign_up("ada@example.org", PASSWORD)
    with pytest.raises(Conflict) as error:
        accounts.sign_up("ADA@example.org", PASSWORD)
    assert error.value.code == "EMAIL_TAKEN"


@pytest.mark.parametrize(
    ("email", "password", "code"),
    [
        ("nobody", PASSWORD, "INVALID_EMAIL"),
        ("a b@example.org", PASSWORD, "INVALID_EMAIL"),
        ("a@example", PASSWORD, "INVALID_EMAIL"),
        ("ada@example.org", "short", "WEAK_PASSWORD"),
        ("ada@example.org", "x" * 2000, "WEAK_PASSWORD"),
    ],
)
def test_an_address_or_password_that_will_not_do_is_refused(
    accounts: Accounts, email: str, password: str, code: str
) -> None:
    with pytest.raises(Invalid) as error:
        accounts.sign_up(email, password)
    assert error.value.code == code


def test_a_wrong_password_and_a_wrong_address_are_told_apart_by_nothing(accounts: Accounts) -> None:
    accounts.sign_up("ada@example.org", PASSWORD)
    said = []
    for email in ("ada@example.org", "nobody@example.org"):
        with pytest.raises(Unauthenticated) as error:
            accounts.sign_in(email, "wrong password")
        said.append((error.value.code, error.value.message))
    assert said[0] == said[1]


def test_after_ten_wrong_passwords_an_address_waits(accounts: Accounts, clock: Clock) -> None:
    accounts.sign_up("ada@example.org", PASSWORD)
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            accounts.sign_in("ada@example.org", "wrong password")
    with pytest.raises(TooManyRequests):
        accounts.sign_in("ada@example.org", PASSWORD)
    clock.time += timedelta(minutes=6)
    assert accounts.sign_in("ada@example.org", PASSWORD).user.email == "ada@example.org"


def test_an_access_token_expires(accounts: Accounts, clock: Clock) -> None:
    tokens = accounts.sign_up("ada@example.org", PASSWORD)
    clock.time = tokens.expires_at - timedelta(seconds=2)
    accounts.authenticate(tokens.access_token)
    clock.time = tokens.expires_at + timedelta(seconds=SKEW_SECONDS + 1)
    with pytest.raises(Unauthenticated) as error:
        accounts.authenticate(tokens.access_token)
    assert error.value.code == "EXPIRED_TOKEN"


def test_a_connection_lives_with_its_sign_in_where_that_can_be_asked(
    accounts: Accounts, clock: Clock
) -> None:
    """Supabase Auth answers for a sign-in only while its token lives."""
    tokens = accounts.sign_up("ada@example.org", PASSWORD)
    accounts.still_signed_in(tokens.access_token)
    clock.time = tokens.expires_at + timedelta(seconds=SKEW_SECONDS + 1)
    if isinstance(accounts, LocalAccounts):
        accounts.still_signed_in(tokens.access_token)
        accounts.sign_out(tokens.refresh_token)
        code = "SIGNED_OUT"
    else:
        code = "EXPIRED_TOKEN"
    with pytest.raises(Unauthenticated) as error:
        accounts.still_signed_in(tokens.access_token)
    assert error.value.code == code


def test_forged_tokens_are_refused(accounts: Accounts, settings: Settings) -> None:
    tokens = accounts.sign_up("ada@example.org", PASSWORD)
    claims = jwt.decode(tokens.access_token, options={"verify_signature": False})
    forged = [
        "",
        "x.y.z",
        tokens.access_token + "x",
        tokens.refresh_token,
        jwt.encode(claims, "another key that is long enough for HS256", algorithm="HS256"),
        jwt.encode(claims, None, algorithm="none"),
        jwt.encode({**claims, "aud": "somebody else"}, settings.secret_key, algorithm="HS256"),
        jwt.encode({**claims, "iss": "somebody else"}, settings.secret_key, algorithm="HS256"),
        jwt.encode({**claims, "sub": "7"}, settings.secret_key, algorithm="HS256"),
    ]
    for token in forged:
        with pytest.raises(Unauthenticated) as error:
            accounts.authenticate(token)
        assert error.value.code == "INVALID_TOKEN"


def test_a_refresh_token_is_spent_when_the_one_that_followed_is_used(accounts: Accounts) -> None:
    first = accounts.sign_up("ada@example.org", PASSWORD)
    second = accounts.refresh(first.refresh_token)
    third = accounts.refresh(second.refresh_token)
    assert accounts.authenticate(third.access_token) == first.user
    with pytest.raises(Unauthenticated):
        accounts.refresh(first.refresh_token)


def test_a_stolen_refresh_token_ends_the_sign_in_for_both(accounts: Accounts) -> None:
    first = accounts.sign_up("ada@example.org", PASSWORD)
    third = accounts.refresh(accounts.refresh(first.refresh_token).refresh_token)
    with pytest.raises(Unauthenticated):
        accounts.refresh(first.refresh_token)
    with pytest.raises(Unauthenticated):
        accounts.refresh(third.refresh_token)
    other = accounts.sign_in("ada@example.org", PASSWORD)
    assert accounts.refresh(other.refresh_token).user == first.user


def test_a_refresh_token_of_ours_works_once(settings: Settings, plans: Plans, clock: Clock) -> None:
    """Supabase forgives the use of the last one a second time, since its answer may have been lost."""
    accounts = LocalAccounts(Database(settings.database_url), plans, settings, clock)
    first = accounts.sign_up("ada@example.org", PASSWORD)
    second = accounts.refresh(first.refresh_token)
    for spent in (first, second):
        with pytest.raises(Unauthenticated):
            accounts.refresh(spent.refresh_token)


def test_after_signing_out_nothing_can_be_refreshed(accounts: Accounts) -> None:
    tokens = accounts.sign_up("ada@example.org", PASSWORD)
    accounts.sign_out(tokens.refresh_token)
    accounts.sign_out("never issued")
    with pytest.raises(AppError):
        accounts.refresh(tokens.refresh_token)


def test_passwords_and_refresh_tokens_are_not_in_the_database(accounts: Accounts, settings: Settings) -> None:
    tokens = accounts.sign_up("ada@example.org", PASSWORD)
    stored = b"".join(path.read_bytes() for path in Path(settings.data_dir).glob("trainyard.db*"))
    stored += everything_stored(Database(settings.database_url))
    assert b"ada@example.org" in stored
    for secret in (PASSWORD, tokens.refresh_token, tokens.access_token):
        assert secret.encode() not in stored


def test_whether_anybody_has_an_account_is_known(accounts: Accounts) -> None:
    assert not accounts.has_users()
    accounts.sign_up("ada@example.org", PASSWORD)
    assert accounts.has_users()


def test_an_expired_refresh_token_of_ours_is_refused_and_forgotten(
    settings: Settings, plans: Plans, clock: Clock
) -> None:
    accounts = LocalAccounts(Database(settings.database_url), plans, settings, clock)
    first = accounts.sign_up("ada@example.org", PASSWORD)
    clock.time += timedelta(days=settings.refresh_token_days, seconds=1)
    with pytest.raises(Unauthenticated):
        accounts.refresh(first.refresh_token)
    assert accounts.sign_in("ada@example.org", PASSWORD).user == first.user
    with Database(settings.database_url).read() as tx:
        assert len(tx.scalars(select(RefreshTokenRow)).all()) == 1
