"""The settings of Supabase, and what they need of each other."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from services.setting_readers import Setting, choice, integer, secret, supabase_url

NO_ISSUER = "none"
ANON = "anon"
SERVICE = "service_role"


def issuer(text: str) -> str:
    """An address with or without a path, to be compared sign by sign; or none."""
    if text != NO_ISSUER and not text.startswith(("http://", "https://")):
        raise ValueError("must be an address such as https://auth.example.com/auth/v1, or none")
    return text


SUPABASE = (
    Setting(
        "blobs",
        "TRAINYARD_BLOBS",
        "disk",
        choice("disk", "supabase"),
        "Where files, results and models lie: disk (DATA_DIR) or supabase (private buckets of its Storage)",
    ),
    Setting(
        "accounts",
        "TRAINYARD_ACCOUNTS",
        "local",
        choice("local", "supabase"),
        "Who keeps accounts: local (this server's own database) or supabase (its Auth)",
    ),
    Setting(
        "link_seconds",
        "TRAINYARD_LINK_SECONDS",
        "300",
        integer(0, 86400),
        "Life of signed links by which Supabase hands out downloads itself; 0: they pass through us",
    ),
    Setting(
        "supabase_url",
        "SUPABASE_URL",
        "",
        lambda text: supabase_url(text) if text else "",
        "Address of the Supabase project, such as https://abcdefgh.supabase.co",
    ),
    Setting("supabase_anon_key", "SUPABASE_ANON_KEY", "", str, "Its anon or publishable key, for accounts"),
    Setting(
        "supabase_service_role_key",
        "SUPABASE_SERVICE_ROLE_KEY",
        "",
        str,
        "Its service_role or secret key, for blobs; it opens everything, so it belongs on servers only",
    ),
    Setting(
        "supabase_jwt_secret",
        "SUPABASE_JWT_SECRET",
        "",
        lambda text: secret(text) if text else "",
        "Its legacy JWT secret, where tokens are still signed by HS256; empty: only keys of its JWKS count",
    ),
    Setting(
        "supabase_issuer",
        "TRAINYARD_SUPABASE_ISSUER",
        "",
        lambda text: issuer(text) if text else "",
        "Issuer that tokens must name; empty: SUPABASE_URL/auth/v1; none: those of SUPABASE_JWT_SECRET need "
        "name none, as those of Supabase Lite",
    ),
)


def expected_issuer(url: str, setting: str) -> str:
    """What the tokens of a project name; with `none` still what they name if they name any."""
    return f"{url.rstrip('/')}/auth/v1" if setting in ("", NO_ISSUER) else setting


def contradictions(values: Mapping[str, Any]) -> list[str]:
    """Each part needs its own keys; what is wrong, one line each."""
    needs = {
        "supabase_url": ("blobs", "accounts"),
        "supabase_anon_key": ("accounts",),
        "supabase_service_role_key": ("blobs",),
    }
    problems = []
    for field, users in needs.items():
        wanted = [f"TRAINYARD_{user.upper()}=supabase" for user in users if values[user] == "supabase"]
        if wanted and not values[field]:
            problems.append(f"{wanted[0]} needs {field.upper()}")
    if values["supabase_issuer"] and values["accounts"] != "supabase":
        problems.append("TRAINYARD_SUPABASE_ISSUER does nothing without TRAINYARD_ACCOUNTS=supabase")
    elif values["supabase_issuer"] == NO_ISSUER and not values["supabase_jwt_secret"]:
        problems.append(
            "TRAINYARD_SUPABASE_ISSUER=none needs SUPABASE_JWT_SECRET: only tokens signed by it may name none"
        )
    if role_of(values["supabase_anon_key"]) == SERVICE:
        problems.append("SUPABASE_ANON_KEY holds a key that opens everything: set the publishable one")
    if role_of(values["supabase_service_role_key"]) == ANON:
        problems.append("SUPABASE_SERVICE_ROLE_KEY holds the anon key: set the service_role or secret key")
    return problems


def role_of(key: str) -> str | None:
    """What a key says of itself, unchecked; None for one that says nothing."""
    for prefix, role in {"sb_publishable_": ANON, "sb_secret_": SERVICE}.items():
        if key.startswith(prefix):
            return role
    said = claims_of(key).get("role")
    return None if said is None else str(said)


def claims_of(key: str) -> dict[str, Any]:
    """Of a key that is a token, unchecked; nothing of any other."""
    try:
        claims = key.split(".")[1]
        found = json.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
