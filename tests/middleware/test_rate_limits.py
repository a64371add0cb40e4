"""Limits per address, per account and on attempts to get in; counted in this process or in a real Redis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from api.context import KEY
from app import create_app
from middleware.rate_limits import RateLimits
from services.errors import TooManyRequests
from tests.conftest import PASSWORD, make_settings
from tests.daemons import RedisServer


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Flask]:
    app = create_app(
        make_settings(
            tmp_path,
            TRAINYARD_PROXIES="1",
            TRAINYARD_REQUESTS_PER_MINUTE="5",
            TRAINYARD_ADDRESS_REQUESTS_PER_MINUTE="20",
            TRAINYARD_SIGN_INS_PER_MINUTE="3",
        )
    )
    yield app
    app.extensions[KEY].database.close()


def ask(app: Flask, address: str, path: str = "/nowhere", token: str = "") -> TestResponse:
    headers = {"X-Forwarded-For": address, **({"Authorization": f"Bearer {token}"} if token else {})}
    return app.test_client().get(path, headers=headers)


def sign_in(app: Flask, address: str, password: str = PASSWORD) -> TestResponse:
    body = {"email": "ada@example.org", "password": password}
    return app.test_client().post("/api/auth/sign-in", json=body, headers={"X-Forwarded-For": address})


def test_an_address_that_asks_too_often_waits_and_others_do_not(limited: Flask) -> None:
    assert {ask(limited, "192.0.2.1").status_code for _ in range(20)} == {404}
    answer = ask(limited, "192.0.2.1")
    assert (answer.status_code, answer.get_json()["code"]) == (429, "RATE_LIMITED")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.get_json()["details"]["limit"] == 20
    assert ask(limited, "192.0.2.2").status_code == 404
    assert ask(limited, "192.0.2.1", "/health/live").status_code == 200


def test_a_client_cannot_leave_its_own_ipv6_network(limited: Flask) -> None:
    for place in range(20):
        ask(limited, f"2001:db8:1:1::{place:x}")
    assert ask(limited, "2001:db8:1:1:ffff::1").status_code == 429
    assert ask(limited, "2001:db8:1:2::1").status_code == 404
    assert ask(limited, "::ffff:192.0.2.9").status_code == 404


def test_attempts_to_get_in_have_a_smaller_limit(limited: Flask) -> None:
    assert [sign_in(limited, "192.0.2.3", "wrong").status_code for _ in range(4)] == [401, 401, 401, 429]
    assert ask(limited, "192.0.2.3").status_code == 404
    assert sign_in(limited, "192.0.2.4", "wrong").status_code == 401


def test_an_account_has_one_share_wherever_it_asks_from(limited: Flask) -> None:
    tokens = limited.extensions[KEY].accounts.sign_up("ada@example.org", PASSWORD)
    again = limited.extensions[KEY].accounts.sign_in("ada@example.org", PASSWORD)
    given = [tokens.access_token, again.access_token]
    answers = [
        ask(limited, f"198.51.100.{place}", "/api/auth/me", given[place % 2]).status_code
        for place in range(6)
    ]
    assert answers == [200] * 5 + [429]
    other = limited.extensions[KEY].accounts.sign_up("bob@example.org", PASSWORD)
    assert ask(limited, "198.51.100.0", "/api/auth/me", other.access_token).status_code == 200


def count(limits: RateLimits, times: int, address: str) -> int:
    """How many of so many requests were refused."""
    refused = 0
    for _ in range(times):
        try:
            limits.count_request("/api/x", address)
        except TooManyRequests:
            refused += 1
    return refused


def test_servers_of_a_cluster_count_together(redis: RedisServer, tmp_path: Path) -> None:
    settings = make_settings(
        tmp_path,
        JOB_RUNNER="celery",
        REDIS_URL=redis.url,
        DATABASE_URL="postgresql+psycopg://u:p@db/trainyard",
        TRAINYARD_SECRET_KEY="k" * 32,
        TRAINYARD_ADDRESS_REQUESTS_PER_MINUTE="10",
    )
    one, two = RateLimits(settings), RateLimits(settings)
    address = f"2001:db8:{uuid4().hex[:4]}::1"
    assert (count(one, 6, address), count(two, 6, address)) == (0, 2)


def test_without_its_redis_each_server_counts_alone(tmp_path: Path) -> None:
    settings = make_settings(
        tmp_path,
        JOB_RUNNER="celery",
        REDIS_URL="redis://127.0.0.1:9/0",
        DATABASE_URL="postgresql+psycopg://u:p@db/trainyard",
        TRAINYARD_SECRET_KEY="k" * 32,
        TRAINYARD_ADDRESS_REQUESTS_PER_MINUTE="3",
    )
    assert count(RateLimits(settings), 5, "192.0.2.1") == 2
