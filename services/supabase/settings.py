"""The settings of Supabase, and what they need of each other."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from services.setting_readers import Setting, choice, integer, secret, supabase_url

ANON = "anon"
SERVICE = "service_role"
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
)


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
    try:
        claims = key.split(".")[1]
        role = json.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["role"]
    except (IndexError, KeyError, TypeError, ValueError):
        return None
    return str(role)
