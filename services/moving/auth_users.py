"""Accounts of an embedded installation become accounts of Supabase Auth: same ids, same passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from services.moving import CannotMove
from services.moving.importing import Accounts
from services.settings import Settings
from services.storage.tables import UserRow

if TYPE_CHECKING:
    import httpx

SECONDS = 30.0
USERS = "/auth/v1/admin/users"


def accounts_for(settings: Settings) -> Accounts | None:
    """What brings accounts to where `settings` keep them; None where their rows are all that there is."""
    if settings.accounts != "supabase":
        return None
    if not settings.supabase_service_role_key:
        raise CannotMove("To make accounts at Supabase Auth an import needs SUPABASE_SERVICE_ROLE_KEY")
    return lambda source: _make_accounts(settings, source)


def _make_accounts(settings: Settings, source: Connection) -> None:
    """Auth takes argon2 hashes as they are; who is there already, from an attempt before, is let be."""
    import httpx

    key = settings.supabase_service_role_key
    with httpx.Client(
        base_url=settings.supabase_url.rstrip("/"),
        headers={"apikey": key, "Authorization": f"Bearer {key}"},
        timeout=SECONDS,
    ) as auth:
        for row in source.execute(select(UserRow.id, UserRow.email, UserRow.password_hash)):
            about = {"id": str(row.id), "email": row.email, "email_confirm": True}
            if row.password_hash:
                about["password_hash"] = row.password_hash
            try:
                _make(auth, about)
            except httpx.HTTPError as error:
                raise CannotMove(f"SUPABASE_URL does not answer ({error}); run the import again") from None


def _make(auth: httpx.Client, about: dict[str, object]) -> None:
    answer = auth.post(USERS, json=about)
    if answer.is_success:
        if answer.json().get("id") != about["id"]:
            raise CannotMove(f"Supabase Auth gave {about['email']} another id: this version cannot keep ids")
        return
    known = auth.get(f"{USERS}/{about['id']}")
    if known.is_success and known.json().get("email") == about["email"]:
        return
    raise CannotMove(
        f"Supabase Auth refuses the account of {about['email']} ({answer.status_code}): if it has one of "
        "that address with another id, remove it there; otherwise run `flask doctor`"
    )
