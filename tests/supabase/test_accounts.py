"""Accounts at Supabase where its Lite cannot follow: rotating keys, blocked users, mails; a stand-in."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from services.accounts import Tokens
from services.accounts.local import LocalAccounts
from services.accounts.supabase import SupabaseAccounts
from services.errors import (
    AppError,
    Conflict,
    Forbidden,
    Invalid,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from services.plans import Plans
from services.settings import Settings
from services.storage.database import Database
from services.storage.tables import UserRow
from tests.conftest import PASSWORD, make_settings
from tests.supabase.conftest import Clock
from tests.supabase_double.auth import Key
from tests.supabase_double.server import SupabaseDouble


@pytest.fixture
def ada(accounts: SupabaseAccounts) -> Tokens:
    return accounts.sign_up("ada@example.org", PASSWORD)


def claims_of(tokens: Tokens) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(tokens.access_token, options={"verify_signature": False})
    return claims


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(AppError) as error:
        call()
    return error.value.code


def test_tokens_of_both_kinds_of_keys_are_taken_and_the_keys_fetched_once(
    accounts: SupabaseAccounts, supabase_double: SupabaseDouble, ada: Tokens
) -> None:
    assert jwt.get_unverified_header(ada.access_token)["alg"] == "ES256"
    assert [accounts.authenticate(ada.access_token) for _ in range(3)] == [ada.user] * 3
    assert supabase_double.count("jwks.json") == 1
    assert supabase_double.count("GET /auth/v1/user") == 1


def test_a_new_key_is_found_at_once_and_one_that_was_withdrawn_ends_within_ten_minutes(
    accounts: SupabaseAccounts, supabase_double: SupabaseDouble, ada: Tokens, clock: Clock
) -> None:
    accounts.authenticate(ada.access_token)
    clock.forward(seconds=40)
    new = Key("RS256")
    supabase_double.auth.keys = [new]
    token = supabase_double.auth.token(claims_of(ada), new)
    assert accounts.authenticate(token) == ada.user
    assert code_of(lambda: accounts.authenticate(ada.access_token)) == "INVALID_TOKEN"


def test_a_withdrawn_key_does_not_outlive_what_is_kept(
    accounts: SupabaseAccounts, supabase_double: SupabaseDouble, ada: Tokens, clock: Clock
) -> None:
    accounts.authenticate(ada.access_token)
    supabase_double.auth.keys = [Key("ES256")]
    clock.forward(minutes=9)
    accounts.authenticate(ada.access_token)
    clock.forward(minutes=2)
    assert code_of(lambda: accounts.authenticate(ada.access_token)) == "INVALID_TOKEN"


def test_tokens_with_made_up_keys_do_not_make_us_ask_again_and_again(
    accounts: SupabaseAccounts, supabase_double: SupabaseDouble, ada: Tokens
) -> None:
    for _ in range(20):
        forged = supabase_double.auth.token(claims_of(ada), Key("ES256"))
        assert code_of(partial(accounts.authenticate, forged)) == "INVALID_TOKEN"
    assert supabase_double.count("jwks.json") == 1
    assert accounts.authenticate(ada.access_token) == ada.user


def test_when_keys_cannot_be_fetched_those_at_hand_go_on_counting(
    accounts: SupabaseAccounts, supabase_double: SupabaseDouble, ada: Tokens, clock: Clock
) -> None:
    supabase_double.fail(503, 503)
    with pytest.raises(Unavailable):
        accounts.authenticate(ada.access_token)
    accounts.authenticate(ada.access_token)
    clock.forward(minutes=11)
    supabase_double.fail(503, 503)
    assert accounts.authenticate(ada.access_token) == ada.user


def forged(double: SupabaseDouble, tokens: Tokens) -> Iterator[str]:
    """Each wrong in one thing only."""
    claims, key = claims_of(tokens), double.auth.keys[0]
    sign = double.auth.token
    public = key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = {"alg": "HS256", "typ": "JWT", "kid": key.kid}
    signer = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    parts = [_coded(header), _coded(claims)]
    yield ".".join([*parts, _base64(signer.sign(b".".join(part.encode() for part in parts), public))])
    yield jwt.encode(claims, None, algorithm="none", headers={"kid": key.kid})
    yield jwt.encode(claims, double.jwt_secret, algorithm="HS256")  # right, but no secret was configured
    yield jwt.encode(claims, key.private, algorithm="ES256")  # without kid
    yield jwt.encode(claims, key.private, algorithm="ES256", headers={"kid": "../" + key.kid})
    for name in ("exp", "iat", "sub", "aud", "iss", "role"):
        yield sign({other: value for other, value in claims.items() if other != name})
    yield sign({**claims, "aud": "anon"})
    yield sign({**claims, "iss": "https://another.supabase.co/auth/v1"})
    yield sign({**claims, "role": "service_role"})
    yield sign({**claims, "is_anonymous": True})
    yield sign({**claims, "sub": str(uuid4())})
    yield sign({**claims, "sub": "7"})
    yield sign({**claims, "exp": "soon"})
    yield sign({**claims, "iat": claims["iat"] + 60})
    yield sign({**claims, "nbf": claims["iat"] + 60})


def _coded(part: dict[str, Any]) -> str:
    return _base64(json.dumps(part).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def test_forged_tokens_are_refused(
    accounts: SupabaseAccounts, supabase_double: SupabaseDouble, ada: Tokens
) -> None:
    tokens = list(forged(supabase_double, ada))
    assert {code_of(lambda token=token: accounts.authenticate(token)) for token in tokens} == {
        "INVALID_TOKEN"
    }  # type: ignore[misc]
    assert accounts.authenticate(ada.access_token) == ada.user


def test_clocks_may_differ_by_ten_seconds(
    accounts: SupabaseAccounts, supabase_double: SupabaseDouble, ada: Tokens, clock: Clock
) -> None:
    clock.time = datetime.fromtimestamp(claims_of(ada)["iat"], UTC) - timedelta(seconds=9)
    assert accounts.authenticate(ada.access_token) == ada.user
    clock.time = ada.expires_at + timedelta(seconds=9)
    assert accounts.authenticate(ada.access_token) == ada.user
    clock.forward(seconds=2)
    assert code_of(lambda: accounts.authenticate(ada.access_token)) == "EXPIRED_TOKEN"


def test_the_legacy_secret_counts_where_it_is_configured_and_the_projects_own_keys_are_no_tokens(
    supabase_double: SupabaseDouble, settings: Settings, database: Database, ada: Tokens
) -> None:
    secret = supabase_double.jwt_secret
    there = {**supabase_double.environment(), "SUPABASE_JWT_SECRET": secret}
    accounts = SupabaseAccounts(database, Plans(database), make_settings(settings.data_dir, **there))
    assert accounts.authenticate(jwt.encode(claims_of(ada), secret, algorithm="HS256")) == ada.user
    for role in ("anon", "service_role"):
        key = jwt.encode({"iss": "supabase", "role": role, "iat": 1, "exp": 9999999999}, secret)
        assert code_of(partial(accounts.authenticate, key)) == "INVALID_TOKEN"
    accounts.close()


def verdicts(
    double: SupabaseDouble, settings: Settings, database: Database, ada: Tokens, **more: str
) -> dict[str, bool]:
    """Which issuers are taken, by the algorithm and what the token names."""
    there = {**double.environment(), "SUPABASE_JWT_SECRET": double.jwt_secret, **more}
    accounts = SupabaseAccounts(database, Plans(database), make_settings(settings.data_dir, **there))
    claims, ours = claims_of(ada), f"{double.url}/auth/v1"
    other = "https://inner.example/auth/v1"
    named = {"ours": {"iss": ours}, "other": {"iss": other}, "empty": {"iss": ""}, "none": {}}
    found = {}
    for name, issuer in named.items():
        said = {**{key: value for key, value in claims.items() if key != "iss"}, **issuer}
        legacy = jwt.encode(said, double.jwt_secret, algorithm="HS256")
        for algorithm, token in {"HS256": legacy, "ES256": double.auth.token(said)}.items():
            try:
                found[f"{algorithm} {name}"] = accounts.authenticate(token) == ada.user
            except Unauthenticated:
                found[f"{algorithm} {name}"] = False
    accounts.close()
    return found


@pytest.mark.parametrize(
    ("setting", "taken"),
    [
        ("", {"HS256 ours", "ES256 ours"}),
        ("https://inner.example/auth/v1", {"HS256 other", "ES256 other"}),
        ("none", {"HS256 ours", "ES256 ours", "HS256 none", "HS256 empty"}),
    ],
)
def test_tokens_name_the_issuer_that_is_configured(
    supabase_double: SupabaseDouble,
    settings: Settings,
    database: Database,
    ada: Tokens,
    setting: str,
    taken: set[str],
) -> None:
    found = verdicts(supabase_double, settings, database, ada, TRAINYARD_SUPABASE_ISSUER=setting)
    assert {name for name, is_taken in found.items() if is_taken} == taken


@pytest.mark.parametrize("how", ["blocked", "blocked, by an older server", "deleted", "signed out elsewhere"])
def test_who_does_not_count_any_more_is_noticed_within_a_minute(
    accounts: SupabaseAccounts, supabase_double: SupabaseDouble, ada: Tokens, clock: Clock, how: str
) -> None:
    accounts.authenticate(ada.access_token)
    auth = supabase_double.auth
    if how == "deleted":
        del auth.people["ada@example.org"]
    elif how == "signed out elsewhere":
        auth.sessions.clear()
    else:
        auth.people["ada@example.org"].banned_until = "2999-01-01T00:00:00Z"
        auth.refuses_blocked = how == "blocked"
    clock.forward(seconds=61)
    assert code_of(lambda: accounts.authenticate(ada.access_token)) == "INVALID_TOKEN"


def test_a_ban_that_is_over_holds_nobody_up(
    accounts: SupabaseAccounts, supabase_double: SupabaseDouble, ada: Tokens
) -> None:
    supabase_double.auth.people["ada@example.org"].banned_until = "2020-01-01T00:00:00Z"
    assert accounts.authenticate(ada.access_token) == ada.user


def test_who_signs_out_here_is_out_at_once(accounts: SupabaseAccounts, ada: Tokens) -> None:
    accounts.authenticate(ada.access_token)
    accounts.sign_out(ada.refresh_token)
    assert code_of(lambda: accounts.authenticate(ada.access_token)) == "INVALID_TOKEN"


def test_an_outage_of_auth_ends_nobodys_work_for_ten_minutes(
    accounts: SupabaseAccounts, supabase_double: SupabaseDouble, ada: Tokens, clock: Clock
) -> None:
    accounts.authenticate(ada.access_token)
    clock.forward(minutes=9)
    supabase_double.fail(503, 503)
    assert accounts.authenticate(ada.access_token) == ada.user
    clock.forward(minutes=1)
    supabase_double.fail(*[503] * 4)
    with pytest.raises(Unavailable):
        accounts.authenticate(ada.access_token)
    assert accounts.authenticate(ada.access_token) == ada.user


def test_an_address_that_has_to_be_confirmed_first_is_told(
    accounts: SupabaseAccounts, supabase_double: SupabaseDouble
) -> None:
    supabase_double.auth.confirms = True
    for enter in (accounts.sign_up, accounts.sign_in):
        with pytest.raises(Forbidden) as error:
            enter("ada@example.org", PASSWORD)
        assert error.value.code == "EMAIL_NOT_CONFIRMED"
        assert "mail" in str(error.value.suggestion)
    supabase_double.auth.people["ada@example.org"].confirmed = True
    assert accounts.sign_in("ada@example.org", PASSWORD).user.email == "ada@example.org"


@pytest.mark.parametrize(
    ("status", "said", "kind", "code"),
    [
        (422, "signup_disabled", Forbidden, "SIGN_UP_CLOSED"),
        (422, "weak_password", Invalid, "WEAK_PASSWORD"),
        (400, "email_address_invalid", Invalid, "INVALID_EMAIL"),
        (422, "user_already_exists", Conflict, "EMAIL_TAKEN"),
        (429, "over_email_send_rate_limit", TooManyRequests, "TOO_MANY_ATTEMPTS"),
        (403, "something_new", Unavailable, "ACCOUNTS_MISCONFIGURED"),
        (500, "unexpected_failure", Unavailable, "SUPABASE_UNAVAILABLE"),
    ],
)
def test_refusals_are_told_in_our_words(
    accounts: SupabaseAccounts, supabase_double: SupabaseDouble, status: int, said: str, kind: type, code: str
) -> None:
    body = {"code": said, "message": "upstream: secret detail", "weak_password": {"reasons": ["length"]}}
    headers = {"X-Supabase-Api-Version": "2024-01-01"}
    supabase_double.faults.append(lambda _request: (body, status, headers))
    with pytest.raises(kind) as error:
        accounts.sign_up("ada@example.org", PASSWORD)
    assert isinstance(error.value, AppError)
    assert error.value.code == code
    assert "secret detail" not in f"{error.value.message} {error.value.suggestion}"
    assert len(supabase_double.requests) == 1  # a sign-up is not sent twice


def test_a_user_of_another_page_of_the_project_is_made_at_first_sight(
    accounts: SupabaseAccounts, supabase_double: SupabaseDouble, database: Database, clock: Clock
) -> None:
    ada = accounts.sign_up("ada@example.org", PASSWORD)
    with database.write() as tx:
        tx.delete(tx.get_one(UserRow, ada.user.id))
    assert accounts.authenticate(ada.access_token) == ada.user
    assert Plans(database, clock).usage(ada.user.id).plan == "standard"


def test_an_address_follows_its_account(
    accounts: SupabaseAccounts, supabase_double: SupabaseDouble, clock: Clock, ada: Tokens
) -> None:
    """The old token still says the old address; what Auth says counts."""
    accounts.authenticate(ada.access_token)
    people = supabase_double.auth.people
    moved = people["ada@example.org"]
    moved.email = "lovelace@example.org"
    people["lovelace@example.org"] = moved
    supabase_double.auth.sessions = dict.fromkeys(supabase_double.auth.sessions, moved.email)
    clock.forward(seconds=61)
    assert accounts.authenticate(ada.access_token).email == "lovelace@example.org"
    del people["ada@example.org"]
    other = accounts.sign_up("ada@example.org", PASSWORD)
    assert other.user.id != ada.user.id


def test_one_who_comes_back_with_the_address_of_a_deleted_account_gets_a_new_one(
    accounts: SupabaseAccounts, supabase_double: SupabaseDouble, ada: Tokens
) -> None:
    del supabase_double.auth.people["ada@example.org"]
    again = accounts.sign_up("ada@example.org", PASSWORD)
    assert again.user.id != ada.user.id
    assert accounts.authenticate(again.access_token) == again.user


def test_whoever_is_blocked_here_is_refused_whatever_supabase_says(
    accounts: SupabaseAccounts, database: Database, ada: Tokens, clock: Clock
) -> None:
    with database.write() as tx:
        tx.get_one(UserRow, ada.user.id).blocked_at = clock()
    assert code_of(lambda: accounts.authenticate(ada.access_token)) == "ACCOUNT_BLOCKED"
    assert code_of(lambda: accounts.sign_in("ada@example.org", PASSWORD)) == "ACCOUNT_BLOCKED"


def test_an_account_of_supabase_has_no_password_here(
    accounts: SupabaseAccounts, settings: Settings, database: Database, ada: Tokens
) -> None:
    local = LocalAccounts(database, Plans(database), settings)
    for password in ("", PASSWORD):
        with pytest.raises(Unauthenticated):
            local.sign_in("ada@example.org", password)
