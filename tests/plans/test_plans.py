"""Plans: limits of the month, counted with the work, given back once."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from services.accounts import Tokens
from services.errors import Forbidden
from services.plans import Plans
from services.storage.tables import PlanRow, SubscriptionRow
from services.wiring import Services


@pytest.fixture
def user_id(services: Services, user: Tokens) -> UUID:
    """Subscribed on the last day of a month."""
    subscribed(services, datetime(2029, 1, 31, 15, tzinfo=UTC))
    return user.user.id


def subscribed(services: Services, moment: datetime) -> None:
    with services.database.write() as tx:
        tx.execute(update(SubscriptionRow).values(started_at=moment))


def limit(services: Services, **limits: int | bool) -> None:
    with services.database.write() as tx:
        tx.execute(update(PlanRow).where(PlanRow.id == "standard").values(**limits))


def count(plans: Plans, services: Services, user_id: UUID, kind: str, job_id: UUID | None = None) -> None:
    with services.database.write() as tx:
        plans.count(tx, user_id, kind, job_id=job_id)


def test_the_limit_is_named_with_usage_and_reset_date(services: Services, user_id: UUID) -> None:
    limit(services, max_training_runs_per_month=2)
    plans = Plans(services.database, lambda: datetime(2030, 12, 31, 23, tzinfo=UTC))
    for _ in range(2):
        count(plans, services, user_id, "training")
    with pytest.raises(Forbidden) as error:
        count(plans, services, user_id, "training")
    assert error.value.code == "TRAINING_LIMIT_REACHED"
    assert error.value.details == {
        "limit": 2,
        "used": 2,
        "plan": "standard",
        "resets_at": "2031-01-31T00:00:00+00:00",
    }
    count(plans, services, user_id, "processing")  # the other counter is its own


def test_a_new_month_begins_at_zero_on_the_day_of_the_subscription(services: Services, user_id: UUID) -> None:
    limit(services, max_training_runs_per_month=1)
    last = Plans(services.database, lambda: datetime(2030, 2, 27, 23, 59, tzinfo=UTC))
    count(last, services, user_id, "training")
    with pytest.raises(Forbidden):
        count(last, services, user_id, "training")
    february = Plans(services.database, lambda: datetime(2030, 2, 28, tzinfo=UTC))
    assert february.usage(user_id).counters["training"].used == 0
    count(february, services, user_id, "training")


def test_what_the_platform_failed_is_given_back_once(services: Services, user_id: UUID) -> None:
    plans, job_id = services.plans, uuid4()
    count(plans, services, user_id, "training", job_id)
    for _ in range(3):
        with services.database.write() as tx:
            plans.give_back(tx, job_id)
        assert plans.usage(user_id).counters["training"].used == 0


def test_a_plan_without_training_says_so(services: Services, user_id: UUID) -> None:
    limit(services, can_use_training=False)
    with pytest.raises(Forbidden) as error:
        services.plans.check(user_id, "training")
    assert error.value.code == "TRAINING_NOT_AVAILABLE"
    services.plans.check(user_id, "processing")


def test_minus_one_is_no_limit(services: Services, user_id: UUID) -> None:
    limit(services, max_training_runs_per_month=-1, max_file_size_mb=-1)
    for _ in range(5):
        count(services.plans, services, user_id, "training")
    assert services.plans.max_file_bytes(user_id) is None


def test_an_expired_subscription_counts_for_nothing(services: Services, user_id: UUID) -> None:
    with services.database.write() as tx:
        tx.execute(update(SubscriptionRow).values(expires_at=datetime(2020, 1, 1, tzinfo=UTC)))
    with pytest.raises(Forbidden) as error:
        services.plans.require_subscription(user_id)
    assert error.value.code == "NO_ACTIVE_SUBSCRIPTION"


def test_work_that_is_rolled_back_is_not_counted(services: Services, user_id: UUID) -> None:
    with pytest.raises(RuntimeError), services.database.write() as tx:
        services.plans.count(tx, user_id, "training")
        raise RuntimeError("the work was not accepted")
    assert services.plans.usage(user_id).counters["training"].used == 0
