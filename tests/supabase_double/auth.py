"""Supabase Auth as its documentation describes it, in memory: rotating keys, blocked and deleted users."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Blueprint, request


@dataclass
class Person:
    id: UUID
    email: str
    password: str
    confirmed: bool
    banned_until: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Of the user, only what clients look at."""
        banned = {"banned_until": self.banned_until} if self.banned_until else {}
        stamp = "2026-01-01T00:00:00Z"
        return {
            "id": str(self.id),
            "aud": "authenticated",
            "role": "authenticated",
            "email": self.email,
            "app_metadata": {"provider": "email"},
            "user_metadata": {},
            "identities": [],
            "created_at": stamp,
            "updated_at": stamp,
            **banned,
        }


@dataclass
class Key:
    """One that signs; its public half is what the JWKS shows."""

    algorithm: str
    kid: str = field(default_factory=lambda: secrets.token_hex(8))
    private: Any = None

    def __post_init__(self) -> None:
        self.private = (
            ec.generate_private_key(ec.SECP256R1())
            if self.algorithm == "ES256"
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )

    def jwk(self) -> dict[str, Any]:
        kind = jwt.algorithms.ECAlgorithm if self.algorithm == "ES256" else jwt.algorithms.RSAAlgorithm
        public = json.loads(kind.to_jwk(self.private.public_key()))
        return {**public, "kid": self.kid, "alg": self.algorithm, "use": "sig", "key_ops": ["verify"]}


class Auth:
    """The people, their sign-ins and the keys; refuses_blocked: as servers do since 2026."""

    def __init__(self, url: str, anon_key: str, secret: str) -> None:
        self.issuer = f"{url}/auth/v1"
        self.anon_key = anon_key
        self.secret = secret
        self.reset()

    def reset(self) -> None:
        self.keys = [Key("ES256")]
        self.confirms = False
        self.refuses_blocked = True
        self.people: dict[str, Person] = {}
        self.sessions: dict[str, str] = {}  # id to e-mail
        self.refresh_tokens: dict[str, str] = {}  # to session

    def claims(self, person: Person, session: str, **other: Any) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self.issuer,
            "sub": str(person.id),
            "aud": "authenticated",
            "exp": now + 3600,
            "iat": now,
            "email": person.email,
            "phone": "",
            "app_metadata": {"provider": "email"},
            "user_metadata": {},
            "role": "authenticated",
            "aal": "aal1",
            "session_id": session,
            "is_anonymous": False,
            **other,
        }

    def token(self, claims: dict[str, Any], key: Key | None = None) -> str:
        key = key or self.keys[0]
        return jwt.encode(claims, key.private, algorithm=key.algorithm, headers={"kid": key.kid})

    def begin(self, person: Person) -> dict[str, Any]:
        session = str(uuid4())
        self.sessions[session] = person.email
        return self.issue(person, session)

    def issue(self, person: Person, session: str) -> dict[str, Any]:
        refresh = secrets.token_urlsafe(9)
        self.refresh_tokens = {token: of for token, of in self.refresh_tokens.items() if of != session}
        self.refresh_tokens[refresh] = session
        claims = self.claims(person, session)
        return {
            "access_token": self.token(claims),
            "token_type": "bearer",
            "expires_in": 3600,
            "expires_at": claims["exp"],
            "refresh_token": refresh,
            "user": person.to_json(),
        }

    def holder(self) -> tuple[Person | None, str, Any]:
        """Of the request's token: the person and the sign-in; or the refusal."""
        token = request.headers["Authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, options={"verify_signature": False})
        person = self.people.get(claims["email"])
        if person is None or str(person.id) != claims["sub"]:
            return None, "", refusal(403, "user_not_found", "User from sub claim in JWT does not exist")
        if claims["session_id"] not in self.sessions:
            message = "Session from session_id claim in JWT does not exist"
            return None, "", refusal(403, "session_not_found", message)
        if person.banned_until and self.refuses_blocked and _is_ahead(person.banned_until):
            return None, "", refusal(403, "user_banned", "User is banned")
        return person, claims["session_id"], None


def refusal(status: int, code: str, message: str, **more: Any) -> tuple[dict[str, Any], int, dict[str, str]]:
    headers = {"X-Supabase-Api-Version": "2024-01-01"}
    return {"code": code, "message": message, **more}, status, headers


def _is_ahead(moment: str) -> bool:
    return datetime.fromisoformat(moment) > datetime.now(UTC)


def blueprint(auth: Auth) -> Blueprint:
    routes = Blueprint("auth", __name__, url_prefix="/auth/v1")

    @routes.before_request
    def only_with_the_anon_key() -> Any:
        right = request.headers.get("apikey") == auth.anon_key
        return None if right else ({"message": "Invalid API key"}, 401)

    @routes.get("/.well-known/jwks.json")
    def jwks() -> Any:
        return {"keys": [key.jwk() for key in auth.keys]}

    @routes.post("/signup")
    def sign_up() -> Any:
        body = request.get_json()
        if body["email"] in auth.people:
            return refusal(422, "user_already_exists", "User already registered")
        if len(body["password"]) < 12:
            reasons = {"weak_password": {"reasons": ["length"]}}
            return refusal(422, "weak_password", "Password should be at least 12 characters", **reasons)
        person = Person(uuid4(), body["email"], body["password"], not auth.confirms)
        auth.people[person.email] = person
        return person.to_json() if auth.confirms else auth.begin(person)

    @routes.post("/token")
    def token() -> Any:
        body = request.get_json()
        if request.args["grant_type"] == "refresh_token":
            session = auth.refresh_tokens.get(body["refresh_token"], "")
            if session not in auth.sessions:
                return refusal(400, "refresh_token_not_found", "Invalid Refresh Token: Not Found")
            return auth.issue(auth.people[auth.sessions[session]], session)
        person = auth.people.get(body["email"])
        if person is None or person.password != body["password"]:
            return refusal(400, "invalid_credentials", "Invalid login credentials")
        if not person.confirmed:
            return refusal(400, "email_not_confirmed", "Email not confirmed")
        if person.banned_until and _is_ahead(person.banned_until):
            return refusal(400, "user_banned", "User is banned")
        return auth.begin(person)

    @routes.get("/user")
    def user() -> Any:
        person, _session, refused = auth.holder()
        return refused if person is None else person.to_json()

    @routes.post("/logout")
    def sign_out() -> Any:
        person, session, refused = auth.holder()
        if person is None:
            return refused
        del auth.sessions[session]
        return "", 204

    return routes
