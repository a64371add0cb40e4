"""The whole API against its own description with generated requests: no fault of ours, no untold answer."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.test_error_shape import objects_of
from tests.api.world import World

EXAMPLES = 10
# These end the sign-in that asks, or the account's password with it.
LEFT_OUT = {"DELETE /api/auth/sign-ins", "POST /api/auth/password"}
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def faults(world: World, ids: dict[str, str], operation: Any) -> str | None:
    """What was found wrong with the answers to generated requests of one route."""

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Case) -> None:
        known = {name: value for name, value in ids.items() if name in (case.path_parameters or {})}
        case.path_parameters = {**(case.path_parameters or {}), **known}
        case.call_and_validate(headers=world.caller.headers, checks=CHECKS)

    try:
        ask()
    except (Failure, FailureGroup) as error:
        return f"{operation.method.upper()} {operation.path}: {error}"
    return None


@pytest.mark.slow
def test_no_generated_request_finds_a_fault(world: World) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/docs/openapi.json", world.caller.client.application)
    ids = objects_of(world)
    asked, found = 0, []
    for result in schema.get_all_operations():
        operation = result.ok()
        if f"{operation.method.upper()} {operation.path}" in LEFT_OUT:
            continue
        asked += 1
        if fault := faults(world, ids, operation):
            found.append(fault[:1500])
    assert asked > 100
    assert found == [], "\n\n".join(found)
