"""JSON that is built to hurt is refused in time that grows no faster than its length."""

from __future__ import annotations

import time

import pytest

from tests.api.caller import Caller

JSON = {"Content-Type": "application/json"}


def post(caller: Caller, body: bytes) -> tuple[int, str]:
    answer = caller.client.post("/api/training/init-session", data=body, headers={**caller.headers, **JSON})
    return answer.status_code, answer.get_json()["error"]


@pytest.mark.parametrize("body", [b"[" * 41 + b"]" * 41, b'{"a":' * 500 + b"1" + b"}" * 500, b"[" * 100_000])
def test_nested_deeper_than_anybody_needs(caller: Caller, body: bytes) -> None:
    status, error = post(caller, body)
    assert status == 400
    assert "nested deeper than 40" in error


def test_brackets_within_a_text_are_no_depth(caller: Caller) -> None:
    status, error = post(caller, b'{"sessionId": "' + b"[{" * 100 + b'\\"[[[", "colour": 1}')
    assert status == 400
    assert "colour" in error


@pytest.mark.parametrize("body", [b'"' + b'\\"' * 400_000 + b"[" * 50, b'"\\' * 400_000 + b"[" * 50])
def test_texts_that_never_end_cost_no_more_than_their_length(caller: Caller, body: bytes) -> None:
    started = time.process_time()
    status, _error = post(caller, body)
    assert status == 400
    assert time.process_time() - started < 2  # quadratic time would be minutes
