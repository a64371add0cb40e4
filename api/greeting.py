"""What the server prints when it begins to serve."""

from __future__ import annotations

from api.page import page_is_built
from services.wiring import Services


def greeting(services: Services) -> str:
    """Its address, and how to begin where there is no account yet."""
    settings = services.settings
    address = f"http://localhost:{settings.port}"
    lines = [f"Trainyard serves on {address} (data in {settings.data_dir})"]
    if not services.accounts.has_users() and page_is_built():
        lines.append("There is no account yet: open it and create the first one.")
    elif not services.accounts.has_users():
        lines += [
            "There is no account yet. Make the first one:",
            f"  curl {address}/api/auth/sign-up -H 'Content-Type: application/json' \\",
            """    -d '{"email": "you@example.org", "password": "at least ten characters"}'""",
        ]
    return "\n".join(lines)
