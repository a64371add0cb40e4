"""What the plan allows, asked before a route runs; the service that accepts the work decides and counts."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g

from api.context import services
from services.plans import Plans

View = Callable[..., Any]


def _guard(view: View, check: Callable[[Plans], None]) -> View:
    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        check(services().plans)
        return view(*args, **kwargs)

    return checked


def require_subscription(view: View) -> View:
    """403 NO_ACTIVE_SUBSCRIPTION unless the caller has a plan; stands below @require_auth."""
    return _guard(view, lambda plans: plans.require_subscription(g.user_id))


def check_processing_limit(view: View) -> View:
    """403 PROCESSING_LIMIT_REACHED once the month's processing is used up."""
    return _guard(view, lambda plans: plans.check(g.user_id, "processing"))


def check_training_limit(view: View) -> View:
    """403 TRAINING_LIMIT_REACHED or TRAINING_NOT_AVAILABLE by the caller's plan."""
    return _guard(view, lambda plans: plans.check(g.user_id, "training"))
