"""What the plan allows is asked where the design says so, and answered in the one error shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import update

from middleware.auth import require_auth
from middleware.subscription import check_processing_limit, check_training_limit, require_subscription
from services.accounts import Tokens
from services.storage.tables import PlanRow, SubscriptionRow
from services.wiring import Services
from tests.api.caller import refusal
from tests.conftest import signed_in


@pytest.fixture
def guarded(app: Flask, user: Tokens) -> Iterator[FlaskClient]:
    """Three routes, one per decorator."""
    for name, guard in (
        ("subscription", require_subscription),
        ("processing", check_processing_limit),
        ("training", check_training_limit),
    ):
        app.add_url_rule(f"/guarded/{name}", name, require_auth(guard(lambda: {"path": request.path})))
    yield signed_in(app, user)


def plan(services: Services, **values: Any) -> None:
    with services.database.write() as tx:
        tx.execute(update(PlanRow).where(PlanRow.id == "standard").values(**values))


def use(services: Services, user: Tokens, kind: str) -> None:
    with services.database.write() as tx:
        services.plans.count(tx, user.user.id, kind)


def test_with_a_fresh_plan_everything_is_open(guarded: FlaskClient) -> None:
    for name in ("subscription", "processing", "training"):
        assert guarded.get(f"/guarded/{name}").get_json() == {"path": f"/guarded/{name}"}


def test_without_a_subscription_everything_is_closed(
    guarded: FlaskClient, services: Services, user: Tokens
) -> None:
    with services.database.write() as tx:
        tx.execute(
            update(SubscriptionRow).where(SubscriptionRow.user_id == user.user.id).values(status="cancelled")
        )
    for name in ("subscription", "processing", "training"):
        assert refusal(guarded.get(f"/guarded/{name}"), 403)["code"] == "NO_ACTIVE_SUBSCRIPTION"


@pytest.mark.parametrize(
    ("kind", "column", "code"),
    [
        ("processing", "max_processing_jobs_per_month", "PROCESSING_LIMIT_REACHED"),
        ("training", "max_training_runs_per_month", "TRAINING_LIMIT_REACHED"),
    ],
)
def test_a_used_up_month_names_limit_usage_and_reset_date(
    guarded: FlaskClient, services: Services, user: Tokens, kind: str, column: str, code: str
) -> None:
    plan(services, **{column: 1})
    use(services, user, kind)
    body = refusal(guarded.get(f"/guarded/{kind}"), 403)
    assert body["code"] == code
    assert {name: body["details"][name] for name in ("limit", "used", "plan")} == {
        "limit": 1,
        "used": 1,
        "plan": "standard",
    }
    assert body["details"]["resets_at"] == services.plans.usage(user.user.id).resets_at.isoformat()
    assert guarded.get("/guarded/subscription").status_code == 200


def test_a_plan_without_training_says_so(guarded: FlaskClient, services: Services) -> None:
    plan(services, can_use_training=False)
    assert refusal(guarded.get("/guarded/training"), 403)["code"] == "TRAINING_NOT_AVAILABLE"
    assert guarded.get("/guarded/processing").status_code == 200


def test_minus_one_means_unlimited(guarded: FlaskClient, services: Services, user: Tokens) -> None:
    plan(services, max_training_runs_per_month=-1)
    use(services, user, "training")
    assert guarded.get("/guarded/training").status_code == 200
