"""The parameters of a model: the names of the wire, defaults for null, clear refusals."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.forecasting.models.parameters import ModelParams


def refusal(**values: Any) -> list[str]:
    """The fields that are refused."""
    with pytest.raises(ValidationError) as caught:
        ModelParams(**{"MODE": "Dense", **values})
    return [str(error["loc"][0]) for error in caught.value.errors()]


def test_an_empty_field_of_the_page_means_the_default() -> None:
    sent = dict.fromkeys(("LAY", "N", "EP", "ACTF", "K", "KERNEL", "C", "EPSILON", "LEARNING_RATE"))
    assert ModelParams(MODE="Dense", **sent) == ModelParams(MODE="Dense")  # type: ignore[arg-type]


@pytest.mark.parametrize(("old", "new"), [("Linear", "LIN"), ("NN", "Dense"), ("AR LSTM", "AR LSTM")])
def test_names_of_the_first_system_are_understood(old: str, new: str) -> None:
    assert new == ModelParams(MODE=old).MODE  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sent", "meant"), [("ReLU", "relu"), ("Tanh", "tanh"), ("Keine", "linear"), ("Linear", "linear")]
)
def test_activations_are_known_in_any_case_and_keine_is_linear(sent: str, meant: str) -> None:
    assert meant == ModelParams(MODE="Dense", ACTF=sent).ACTF


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("LAY", 0),
        ("LAY", 17),
        ("N", 4097),
        ("EP", 2001),
        ("K", 0),
        ("LAY", "3"),
        ("N", 12.5),
        ("EP", True),
        ("C", float("nan")),
        ("C", 0),
        ("C", 1e7),
        ("EPSILON", -0.1),
        ("EPSILON", float("inf")),
        ("LEARNING_RATE", 0),
        ("KERNEL", "cubic"),
        ("ACTF", "magic"),
        ("MODE", "GPT"),
        ("UNITS", 5),
    ],
)
def test_what_a_trainer_could_not_use_is_refused_by_its_field(field: str, value: object) -> None:
    assert refusal(**{field: value}) == [field]


def test_a_mode_must_be_chosen() -> None:
    assert refusal(MODE=None) == ["MODE"]
