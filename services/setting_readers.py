"""One setting, and how its text becomes its value; ValueError says what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from services.devices.names import NAMES_IN_WORDS, is_name

POOLERS = ("session", "transaction")


@dataclass(frozen=True)
class Setting:
    """One row of docs/configuration.md: field, variable, default as text, reader, meaning."""

    field: str
    variable: str
    default: str
    parse: Callable[[str], Any]
    meaning: str


def integer(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise ValueError(f"{text!r} is not a whole number") from None
        if not low <= value <= high:
            raise ValueError(f"{value} is outside {low}..{high}")
        return value

    return parse


def number(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ValueError(f"{text!r} is not a number") from None
        if not low <= value <= high:  # also false for NaN
            raise ValueError(f"{value} is outside {low}..{high}")
        return value

    return parse


def choice(*names: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in names:
            raise ValueError(f"{text!r} is none of {', '.join(names)}")
        return text

    return parse


def origins(text: str) -> tuple[str, ...]:
    origins = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    for origin in origins:
        if not origin.startswith(("http://", "https://")):
            raise ValueError(f"{origin!r} is no origin such as https://app.example.org")
    return origins


def emails(text: str) -> tuple[str, ...]:
    emails = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    for email in emails:
        if "@" not in email.strip("@"):
            raise ValueError(f"{email!r} is no e-mail address")
    return emails


def secret(text: str) -> str:
    if len(text) < 32:
        raise ValueError("is shorter than 32 characters")
    return text


def devices(text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(","))
    for name in names:
        if not is_name(name):
            raise ValueError(f"{name!r} is no device; use {NAMES_IN_WORDS}, or several of them")
    return names


def database_url(text: str) -> str:
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
    for mode in parse_qs(text.partition("?")[2]).get("pooler", []):
        if mode not in POOLERS:
            raise ValueError(f"pooler={mode} is none of {', '.join(POOLERS)}")
    return text


def redis_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        right = parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number
        right = None
    database = parts.path.strip("/") if right else ""
    if not right or (database and not database.isdecimal()):
        raise ValueError("must look like redis://host:6379/0, or rediss://user:password@host:6379/0")
    return text


def supabase_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("must look like https://abcdefgh.supabase.co, without a path")
    return text.rstrip("/")
