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


@pytest.mark.parametrize(
    ("mode", "field", "value"),
    [
        ("LIN", "ALPHA", 1.0),
        ("RIDGE", "LEARNING_RATE", 0.01),
        ("Dense", "N_ESTIMATORS", 50),
        ("LGBMR", "BATCH_SIZE", 64),
        ("NLinear", "MAX_ROWS", 50),
        ("Dense", "MEMBERS", ["LIN", "Dense"]),
        ("ENSEMBLE", "MAX_ROWS", 50),
    ],
)
def test_a_setting_that_its_family_would_not_read_is_known_as_unused(
    mode: str, field: str, value: Any
) -> None:
    params = ModelParams(**{"MODE": mode, field: value})
    assert params.unused() == [field]
    assert field not in params.reads()


def test_the_form_of_the_first_system_is_taken_whole_and_what_does_not_act_is_named() -> None:
    params = ModelParams(MODE="LIN", LAY=3, N=512, EP=20, ACTF="ReLU", K=3, KERNEL="poly", C=1, EPSILON=0.1)
    assert params.unused() == ["KERNEL", "LAY", "N"]  # the rest is as by default
    assert ModelParams(MODE="Dense", LAY=3, N=512).unused() == []
    assert ModelParams(**params.model_dump()) == params


def test_a_moving_average_is_as_wide_as_published_unless_said() -> None:
    assert ModelParams(MODE="DLinear").K == 25
    assert ModelParams(MODE="DLinear", K=7).K == 7
    assert ModelParams(MODE="CNN").K == 3


def test_an_ensemble_reads_what_its_members_read() -> None:
    params = ModelParams(MODE="ENSEMBLE", MEMBERS=["NN", "SVR_dir"], MAX_ROWS=50, EP=5)
    assert params.MEMBERS == ["Dense", "SVR_dir"]
    assert params.of_member("SVR_dir") == ModelParams(MODE="SVR_dir", MAX_ROWS=50)
    assert params.of_member("Dense") == ModelParams(MODE="Dense", EP=5)
    assert params.unused() == []


@pytest.mark.parametrize("members", [["Dense"], ["Dense", "NN"], ["Dense", "ENSEMBLE"], ["Dense", "GPT"], []])
def test_an_ensemble_has_different_single_members(members: list[str]) -> None:
    assert set(refusal(MODE="ENSEMBLE", MEMBERS=members)) == {"MEMBERS"}


def test_a_mode_must_be_chosen() -> None:
    assert refusal(MODE=None) == ["MODE"]
