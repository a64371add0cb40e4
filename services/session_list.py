"""The list of a user's sessions, page by page: quick with ten thousand, wherever one has scrolled to."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from services.access import listed_sessions
from services.errors import BadRequest
from services.session_rows import summaries
from services.storage.database import Database
from services.storage.tables import SessionRow
from services.tags import tagged, tagged_like

Order = Literal["updated", "created", "name"]
ORDERS: tuple[str, ...] = get_args(Order)
LARGEST_PAGE = 200


@dataclass(frozen=True)
class Wanted:
    """`search` is any part of the name or of a tag; `cursor` continues behind an earlier page."""

    search: str | None = None
    tag: str | None = None
    order: str = "updated"
    limit: int = 50
    cursor: str | None = None
    deleted: bool = False


@dataclass(frozen=True)
class Page:
    rows: list[dict[str, Any]]
    total: int
    next_cursor: str | None


class SessionList:
    """Reads pages by where the last one ended, so that a deep one costs what the first does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, user_id: UUID, wanted: Wanted) -> Page:
        """Newest change first, newest first, or by name."""
        if wanted.order not in ORDERS:
            raise _wrong("order", f"is {wanted.order[:40]!r}; it must be one of {', '.join(ORDERS)}")
        if not 1 <= wanted.limit <= LARGEST_PAGE:
            raise _wrong("limit", f"must be from 1 to {LARGEST_PAGE}, not {wanted.limit}")
        with self._database.read() as tx:
            chosen = _conditions(tx, user_id, wanted)
            query = _ordered(select(SessionRow).where(*chosen), wanted)
            found = tx.scalars(query.limit(wanted.limit + 1)).all()
            rows = found[: wanted.limit]
            total = tx.scalar(select(func.count()).select_from(SessionRow).where(*chosen)) or 0
            more = _cursor(wanted.order, rows[-1]) if len(found) > len(rows) else None
            return Page(summaries(tx, rows, user_id), total, more)

    def one(self, user_id: UUID, session_id: UUID) -> dict[str, Any]:
        """As in the list."""
        with self._database.read() as tx:
            (row,) = summaries(tx, [tx.get_one(SessionRow, session_id)], user_id)
            return row

    def tags(self, user_id: UUID) -> list[dict[str, Any]]:
        """Every tag in use with the number of its sessions, the most used first."""
        with self._database.read() as tx:
            return _tags(tx, user_id)


def _tags(tx: Session, user_id: UUID) -> list[dict[str, Any]]:
    counts: dict[str, int] = {}
    query = select(SessionRow.tags).where(listed_sessions(tx, user_id), SessionRow.deleted_at.is_(None))
    for tags in tx.scalars(query):
        for tag in tags:
            counts[tag] = counts.get(tag, 0) + 1
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0].casefold()))
    return [{"tag": tag, "sessions": count} for tag, count in ordered]


def _conditions(tx: Session, user_id: UUID, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Own ones and shared ones; only owners restore what is deleted."""
    found = [SessionRow.user_id == user_id, SessionRow.deleted_at.is_not(None)]
    if not wanted.deleted:
        found = [listed_sessions(tx, user_id), SessionRow.deleted_at.is_(None)]
    if wanted.tag is not None:
        found.append(tagged(SessionRow.tags, wanted.tag))
    if wanted.search is not None:
        found.append(_named_like(wanted.search))
    return found


def _named_like(text: str) -> ColumnElement[bool]:
    """SQLite compares letters beyond ASCII as they are, so their other cases are looked for too."""
    cases = (text,) if text.isascii() else (text, text.lower(), text.upper(), text.capitalize())
    forms = dict.fromkeys(cases)
    names = (SessionRow.session_name.icontains(form, autoescape=True) for form in forms)
    return or_(*names, *(tagged_like(SessionRow.tags, form) for form in forms))


def _name() -> ColumnElement[str]:
    return func.lower(func.coalesce(SessionRow.session_name, ""))


def _ordered(query: Select[Any], wanted: Wanted) -> Select[Any]:
    after = None if wanted.cursor is None else _behind(wanted)
    if after is not None:
        query = query.where(after)
    if wanted.order == "name":
        return query.order_by(_name(), SessionRow.id)
    column = SessionRow.updated_at if wanted.order == "updated" else SessionRow.created_at
    return query.order_by(column.desc(), SessionRow.id.desc())


def _cursor(order: str, last: SessionRow) -> str:
    """Where a page ended, opaque to clients."""
    value = {
        "name": last.session_name or "",
        "updated": last.updated_at.isoformat(),
        "created": last.created_at.isoformat(),
    }[order]
    text = json.dumps([order, value, str(last.id)], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _behind(wanted: Wanted) -> ColumnElement[bool]:
    order, value, last = _read_cursor(wanted.cursor or "")
    if order != wanted.order:
        raise _wrong("cursor", f"belongs to order={order}; ask for its first page again")
    if order == "name":
        return tuple_(_name(), SessionRow.id) > tuple_(func.lower(literal(value)), literal(last))
    column = SessionRow.updated_at if order == "updated" else SessionRow.created_at
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise _no_cursor() from None
    if moment.tzinfo is None:
        raise _no_cursor()
    return tuple_(column, SessionRow.id) < tuple_(literal(moment, column.type), literal(last))


def _read_cursor(text: str) -> tuple[str, str, UUID]:
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        order, value, last = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if order not in ORDERS or not isinstance(value, str) or not isinstance(last, str):
            raise _no_cursor()
        return order, value, UUID(last)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise _no_cursor() from None


def _no_cursor() -> BadRequest:
    return _wrong("cursor", "is none of ours; take it from `next_cursor` of the page before")


def _wrong(field: str, message: str) -> BadRequest:
    return BadRequest(f"{field} {message}", details={"field": field})
