"""What the settings of Supabase need of each other."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

ANON = "anon"
SERVICE = "service_role"


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
