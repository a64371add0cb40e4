"""Commands for the operator: plans and their limits, accounts and their plans."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from api.commands.later import later
from services.accounts.local import LocalAccounts
from services.accounts.people import People
from services.errors import AppError
from services.plans.changing import LIMITS, SWITCH, PlanBook
from services.uploads.chunks import UPLOADS, ChunkStore
from services.wiring import Services


def init_app(app: Flask, services: Services) -> None:
    def people() -> People:
        chunks = ChunkStore(services.settings.data_dir / UPLOADS)
        return People(services.database, services.blobs, chunks)

    app.cli.add_command(_plans(later(lambda: PlanBook(services.database))))
    app.cli.add_command(_users(later(people), services))


def _said(command: Callable[..., None]) -> Callable[..., None]:
    """A refusal is one line with the way out and exit status 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except AppError as error:
            raise click.ClickException(f"{error.message}. {error.suggestion or ''}".strip()) from None

    return run


def _plans(book: PlanBook) -> AppGroup:
    group = AppGroup("plans", help="Plans and what they allow (-1: unlimited).")

    @group.command("list")
    def show() -> None:
        """Every plan with its limits."""
        for plan in book.all():
            print(f"{plan.id} ({plan.name})")
            for name in (SWITCH, *LIMITS):
                print(f"  {name:<30} {getattr(plan, name):g}")

    @group.command("set", context_settings={"ignore_unknown_options": True})  # -1 is a value
    @click.argument("plan")
    @click.argument("limit", type=click.Choice((*LIMITS, SWITCH)))
    @click.argument("value")
    @_said
    def change(plan: str, limit: str, value: str) -> None:
        """Set one limit: a number, or unlimited."""
        book.set(plan, limit, value)
        print(f"{plan}: {limit} is {value}")

    _add_adding(group, book)
    return group


def _add_adding(group: AppGroup, book: PlanBook) -> None:
    @group.command("add")
    @click.argument("plan")
    @click.option("--name", required=True, help="as people read it")
    @click.option(
        "--like", default="standard", show_default=True, help="the plan whose limits it begins with"
    )
    @_said
    def add(plan: str, name: str, like: str) -> None:
        """Make a plan with the limits of another."""
        book.add(plan, name, like)
        print(f"{plan} has the limits of {like}")


def _users(people: People, services: Services) -> AppGroup:
    group = AppGroup("users", help="Accounts, by their e-mail address.")

    @group.command("list")
    def show() -> None:
        """Every account with its plan."""
        for each in people.all():
            state = f"blocked since {each.blocked_at:%Y-%m-%d}" if each.blocked_at else ""
            print(
                f"{each.email:<40} {each.plan or 'no plan':<12} {each.created_at:%Y-%m-%d} {state}".rstrip()
            )

    @group.command("usage")
    @click.argument("email")
    @_said
    def usage(email: str) -> None:
        """What is used of the plan, as GET /api/v1/usage says it."""
        print(json.dumps(services.usage.of(people.find(email).id), indent=2))

    _add_making(group, services)
    _add_upkeep(group, people)
    return group


def _add_making(group: AppGroup, services: Services) -> None:
    @group.command("add")
    @click.argument("email")
    @click.password_option(help="asked for where it is not given")
    @_said
    def add(email: str, password: str) -> None:
        """Make an account, whether sign-up is open or not."""
        if not isinstance(services.accounts, LocalAccounts):
            raise click.ClickException("Supabase keeps the accounts: add users there")
        services.accounts.add(email, password)
        print(f"{email} may sign in")


def _add_upkeep(group: AppGroup, people: People) -> None:
    @group.command("set-plan")
    @click.argument("email")
    @click.argument("plan")
    @_said
    def set_plan(email: str, plan: str) -> None:
        """Another plan; what was counted this month stays counted."""
        people.set_plan(email, plan)
        print(f"{email} has plan {plan}")

    @group.command("block")
    @click.argument("email")
    @_said
    def block(email: str) -> None:
        """Let nothing of this account in any more; nothing is deleted."""
        people.block(email)
        print(f"{email} is blocked")

    @group.command("unblock")
    @click.argument("email")
    @_said
    def unblock(email: str) -> None:
        """Let a blocked account in again."""
        people.unblock(email)
        print(f"{email} may sign in again")

    _add_ends(group, people)


def _add_ends(group: AppGroup, people: People) -> None:
    @group.command("reset-password")
    @click.argument("email")
    @_said
    def reset_password(email: str) -> None:
        """Give a new password, shown once, and end every sign-in."""
        print(people.reset_password(email))

    @group.command("delete")
    @click.argument("email")
    @click.confirmation_option(prompt="Delete the account with all its sessions, models and files?")
    @_said
    def remove(email: str) -> None:
        """Delete the account and everything that is its own."""
        print(people.delete(email))
