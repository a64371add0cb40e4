"""Every route and the socket with every kind of false credential: 401, nothing else."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from flask_socketio import SocketIOTestClient

from services.accounts.local import ALGORITHM, AUDIENCE, ISSUER
from services.storage.tables import now
from tests.api.test_error_shape import DOCUMENTS, PUBLIC, call, objects_of, problems, routes
from tests.api.world import World
from tests.conftest import PASSWORD


@pytest.fixture(scope="module")
def ids(world: World) -> dict[str, str]:
    return objects_of(world)


def claims_of(world: World) -> dict[str, Any]:
    token = world.caller.headers["Authorization"].removeprefix("Bearer ")
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def signed(world: World, key: str | None = None, algorithm: str = ALGORITHM, **changes: Any) -> str:
    """A token that is right but for the changes; None takes a claim away."""
    moment = int(now().timestamp())
    sign_in = jwt.decode(world.caller.headers["Authorization"][7:], options={"verify_signature": False})[
        "sid"
    ]
    claims = {
        "sub": str(world.user_id),
        "aud": AUDIENCE,
        "iss": ISSUER,
        "iat": moment,
        "exp": moment + 600,
        "sid": sign_in,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    secret = world.services.settings.secret_key if key is None else key
    return jwt.encode(kept, "" if algorithm == "none" else secret, algorithm=algorithm)


def ended(world: World) -> str:
    """The token of a sign-in that was right and is over."""
    email = f"{uuid4().hex}@example.org"
    tokens = world.services.accounts.sign_up(email, PASSWORD)
    world.services.accounts.sign_out(tokens.refresh_token)
    return tokens.access_token


def false_tokens(world: World) -> dict[str, str]:
    past = int((now() - timedelta(seconds=1)).timestamp())
    stranger = world.neighbour(f"{uuid4().hex}@example.org")
    theirs = claims_of(stranger)
    right = signed(world)
    return {
        "expired": signed(world, exp=past),
        "signed with another key": signed(world, key="k" * 48),
        "signed with no key": signed(world, algorithm="none"),
        "signed with another algorithm": signed(world, algorithm="HS512"),
        "for another audience": signed(world, aud="anon"),
        "from another issuer": signed(world, iss="https://elsewhere.example/auth/v1"),
        "without audience": signed(world, aud=None),
        "that never expires": signed(world, exp=None),
        "of no sign-in": signed(world, sid=None),
        "of a sign-in that never was": signed(world, sid=str(uuid4())),
        "of somebody else's sign-in": signed(world, sid=theirs["sid"]),
        "of an account that never was": signed(world, sub=str(uuid4())),
        "of no account": signed(world, sub="admin"),
        "with a claim changed": right[: right.index(".") + 5] + "A" + right[right.index(".") + 6 :],
        "of a sign-in that has ended": ended(world),
        "an API key that never was": f"ty_{secrets.token_urlsafe(32)}",
        "no token": "x.y.z",
    }


CODES = {"INVALID_TOKEN", "EXPIRED_TOKEN", "SIGNED_OUT", "INVALID_API_KEY"}


def test_the_token_that_these_are_made_from_is_right(world: World) -> None:
    headers = {"Authorization": f"Bearer {signed(world)}"}
    assert world.caller.client.get("/api/auth/me", headers=headers).status_code == 200


def test_no_route_takes_a_false_token(world: World, ids: dict[str, str]) -> None:
    client = world.caller.client
    for what, token in false_tokens(world).items():
        headers = {"Authorization": f"Bearer {token}"}
        answers = {
            f"{what}: {method} {rule}": call(client, method, rule, ids, headers)
            for method, rule in routes(client.application)
            if rule not in PUBLIC | DOCUMENTS
        }
        assert len(answers) > 100
        assert problems(answers, 401) == []
        assert {answer.get_json()["code"] for answer in answers.values()} <= CODES, what


def socket(world: World, token: str | None) -> SocketIOTestClient:
    app = world.caller.client.application
    auth = None if token is None else {"token": token}
    client: SocketIOTestClient = app.extensions["trainyard-socketio"].test_client(app, auth=auth)
    return client


def test_no_socket_opens_with_a_false_token(world: World) -> None:
    opened = [what for what, token in false_tokens(world).items() if socket(world, token).is_connected()]
    assert opened == []
    assert not socket(world, None).is_connected()
    right = socket(world, signed(world))
    assert right.is_connected()
    right.disconnect()
