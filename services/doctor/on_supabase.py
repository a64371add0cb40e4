"""The doctor at a Supabase project, by plain HTTP: its keys, its Auth, its buckets."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from typing import Any

from services.doctor.findings import Finding, well, wrong
from services.settings import Settings
from services.storage.blobs.places import BUCKETS
from services.supabase.settings import NO_ISSUER, claims_of, expected_issuer

SECONDS = 10.0
KEYS_PAGE = "Copy it from the project's page Settings > API keys"


def look(settings: Settings) -> Iterator[Finding]:
    if settings.supabase_url and "supabase" in (settings.accounts, settings.blobs):
        if settings.accounts == "supabase":
            yield from _accounts(settings)
        if settings.blobs == "supabase":
            yield from _buckets(settings)


def _accounts(settings: Settings) -> Iterator[Finding]:
    secret = settings.supabase_jwt_secret
    status, said = _get(settings, "/auth/v1/settings", settings.supabase_anon_key)
    if status is None:
        yield _silent("auth", said)
        return
    if status in (401, 403):
        yield wrong("auth", f"refuses SUPABASE_ANON_KEY ({status})", KEYS_PAGE)
    elif status != 200:
        yield wrong("auth", f"answers {status}", "Look at the project's page: is it paused, or its Auth ill?")
    else:
        yield well("auth", "answers, and takes SUPABASE_ANON_KEY")
    if secret and not _is_signed(settings.supabase_anon_key, secret):
        repair = "Correct SUPABASE_JWT_SECRET (Settings > JWT keys > legacy secret), or leave it out"
        yield wrong("jwt", "SUPABASE_JWT_SECRET did not sign SUPABASE_ANON_KEY", repair)
    yield _keys(settings)
    yield _issuer(settings)


def _issuer(settings: Settings) -> Finding:
    """What tokens must name, compared with what Auth publishes of itself, where it does."""
    expected = expected_issuer(settings.supabase_url, settings.supabase_issuer)
    status, said = _get(settings, "/auth/v1/.well-known/openid-configuration", settings.supabase_anon_key)
    named = said.get("issuer") if status == 200 and isinstance(said, dict) else None
    if named is None:
        named = _issuer_of(settings.supabase_anon_key)
    if named and named != expected:
        repair = f"Set TRAINYARD_SUPABASE_ISSUER={named} if that is your project, or correct SUPABASE_URL"
        return wrong("issuer", f"tokens must name {expected}, but Auth gives them {named}", repair)
    if settings.supabase_issuer == NO_ISSUER:
        return well("issuer", f"tokens must name {expected} or, signed by SUPABASE_JWT_SECRET, nobody")
    if named == "":
        repair = (
            f"Set GOTRUE_JWT_ISSUER={expected} where Auth runs; for tokens of a legacy secret "
            "TRAINYARD_SUPABASE_ISSUER=none with SUPABASE_JWT_SECRET serves too"
        )
        return wrong("issuer", f"tokens must name {expected}, but Auth gives them no issuer", repair)
    return well("issuer", f"tokens must name {expected}" + (", as those of Auth do" if named else ""))


def _issuer_of(key: str) -> str | None:
    """An address in a key that is a token; the legacy keys of all projects say only `supabase` there."""
    found = str(claims_of(key).get("iss", ""))
    return found if "://" in found else None


def _keys(settings: Settings) -> Finding:
    status, said = _get(settings, "/auth/v1/.well-known/jwks.json", settings.supabase_anon_key)
    keys = said.get("keys") if status == 200 and isinstance(said, dict) else None
    names = [key for key in keys or [] if isinstance(key, dict) and key.get("kty") in ("EC", "RSA")]
    if names:
        return well("jwt", f"{len(names)} public keys to verify tokens with")
    if settings.supabase_jwt_secret:
        return well("jwt", "no public keys; tokens are verified with SUPABASE_JWT_SECRET")
    repair = "Turn JWT signing keys on in the project (Settings > JWT keys), or set SUPABASE_JWT_SECRET"
    return wrong("jwt", "the project publishes no key, so no token can be verified", repair)


def _buckets(settings: Settings) -> Iterator[Finding]:
    status, said = _get(settings, "/storage/v1/bucket", settings.supabase_service_role_key)
    if status is None:
        yield _silent("storage", said)
        return
    if status != 200 or not isinstance(said, list):
        yield wrong("storage", f"refuses SUPABASE_SERVICE_ROLE_KEY ({status})", KEYS_PAGE)
        return
    found = {bucket.get("id"): bucket.get("public") for bucket in said if isinstance(bucket, dict)}
    for name in BUCKETS:
        if name not in found:
            repair = "supabase db push (supabase/migrations), or make a private one on the page Storage"
            yield wrong("bucket", f"there is no bucket {name}", repair)
        elif found[name]:
            repair = "Make it private: Storage > the bucket > Edit > Public bucket off"
            yield wrong("bucket", f"{name} is public: everybody can fetch what lies in it", repair)
        else:
            yield well("bucket", f"{name} is there, and private")


def _silent(place: str, reason: Any) -> Finding:
    return wrong(
        place, f"SUPABASE_URL does not answer: {reason}", "Correct SUPABASE_URL; is the project paused?"
    )


def _get(settings: Settings, path: str, key: str) -> tuple[int | None, Any]:
    """Status and JSON; None and the reason where there is no answer."""
    import httpx

    headers = {"apikey": key, "Authorization": f"Bearer {key}"}
    try:
        answer = httpx.get(settings.supabase_url.rstrip("/") + path, headers=headers, timeout=SECONDS)
    except httpx.HTTPError as error:
        return None, str(error) or type(error).__name__
    try:
        return answer.status_code, answer.json()
    except json.JSONDecodeError:
        return answer.status_code, None


def _is_signed(key: str, secret: str) -> bool:
    """Whether the legacy secret made this key; those of the new kind (sb_...) are no tokens."""
    if key.count(".") != 2:
        return True
    import jwt

    try:
        algorithm = json.loads(urlsafe_b64decode(key.split(".")[0] + "==")).get("alg")
        if algorithm != "HS256":
            return True
        jwt.decode(key, secret, algorithms=["HS256"], options={"verify_aud": False, "verify_exp": False})
    except (jwt.InvalidTokenError, ValueError):
        return False
    return True
