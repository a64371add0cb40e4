"""Our loop trains as Keras does: the same losses from the same batches, the best weights, heard in time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from services.forecasting.errors import DataError
from services.forecasting.models.base import Shape
from services.forecasting.models.parameters import ModelParams
from tests.forecasting.learning import Reports, Task, everything, usual_task

keras = pytest.importorskip("keras")

from services.forecasting.models import keras_loop  # noqa: E402
from services.forecasting.models.keras_loop import Loop, Plan  # noqa: E402
from services.forecasting.models.keras_nets import network  # noqa: E402

PLAN = Plan(epochs=3, batch_size=32, patience=9, rate=0.001, clip_norm=1.0, seed=3, products=True)


@pytest.fixture(scope="module")
def about() -> Task:
    return usual_task()


def small_net(about: Task) -> Any:
    keras.utils.set_random_seed(0)
    return network(ModelParams(MODE="Dense", N=8), Shape.of(about.train), [0, None])


@pytest.fixture(scope="module")
def plain_losses(about: Task) -> np.ndarray:
    """model.fit over arrays, the samples in the order that the seed gives for each epoch."""
    plan = PLAN
    net, (x, y), random = small_net(about), everything(about.train), np.random.default_rng(plan.seed)
    net.compile(keras.optimizers.Adam(plan.rate, clipnorm=plan.clip_norm), "mse")
    losses = []
    for _ in range(plan.epochs):
        order = random.permutation(len(x))
        done = net.fit(
            x[order],
            y[order],
            batch_size=plan.batch_size,
            shuffle=False,
            verbose=0,
            validation_data=everything(about.validation),
        )
        losses.append([done.history["loss"][0], done.history["val_loss"][0]])
    return np.array(losses)


@pytest.mark.parametrize(
    "steps_worth_compiling",
    [pytest.param(0, id="by XLA", marks=pytest.mark.slow), pytest.param(10**9, id="as a graph")],
)
def test_losses_are_those_of_plain_fit(
    steps_worth_compiling: int, about: Task, plain_losses: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras_loop, "WORTH_COMPILING", steps_worth_compiling)
    assert len(about.train) % PLAN.batch_size, "the last batch must be a part of one"
    history = Loop(small_net(about), PLAN, about.train, about.validation, Reports()).run()
    found = np.stack([history["loss"], history["val_loss"]], axis=1)
    np.testing.assert_allclose(found, plain_losses, rtol=1e-4)
    np.testing.assert_allclose(np.square(history["root_mean_squared_error"]), history["loss"])


def test_the_weights_of_the_best_epoch_are_kept_when_patience_ends(about: Task) -> None:
    net, plan = small_net(about), replace(PLAN, epochs=40, patience=2, rate=0.05)
    losses = Loop(net, plan, about.train, about.validation, Reports()).run()["val_loss"]
    assert len(losses) == np.argmin(losses) + 1 + plan.patience < plan.epochs
    x, y = everything(about.validation)
    assert np.square(np.asarray(net(x)) - y).mean() == pytest.approx(min(losses), rel=1e-4)


def test_without_validation_samples_the_training_loss_decides(about: Task) -> None:
    nothing = about.dataset.samples(np.empty(0, dtype=np.int64), about.scalers)
    history = Loop(small_net(about), PLAN, about.train, nothing, Reports()).run()
    assert set(history) == {"loss", "root_mean_squared_error"}
    assert len(history["loss"]) == PLAN.epochs


def test_a_loss_that_is_no_number_ends_the_training_and_is_told(about: Task) -> None:
    net, reports = small_net(about), Reports()
    loop = Loop(
        net, replace(PLAN, epochs=30, rate=1e30, clip_norm=None), about.train, about.validation, reports
    )
    with pytest.raises(DataError, match=r"epoch .* no finite number: the training diverged") as refused:
        loop.run()
    last = reports.told[-1]
    assert (refused.value.code, refused.value.details) == ("TRAINING_DIVERGED", {"epoch": last["epoch"]})
    assert not np.isfinite(last["metrics"]["loss"]) and "val_loss" not in last["metrics"]
    before = [point.metrics["loss"] for point in last["earlier"]]
    assert np.isfinite(before).all()


def test_epochs_too_short_to_be_told_come_along_with_the_next(
    about: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras_loop, "REPORT_SECONDS", 1e9)  # so that nothing is due by itself
    monkeypatch.setattr(keras_loop, "LONGEST_SILENCE", 1e9)
    reports = Reports()
    history = Loop(small_net(about), PLAN, about.train, about.validation, reports).run()
    told = reports.told[-1]
    points = [*told["earlier"], (told["step"], told["epoch"], told["metrics"])]
    assert [point[1] for point in points] == [1, 2, 3]
    assert [point[2]["val_loss"] for point in points] == history["val_loss"]
    told_by = [told.get("event", "progress") for told in reports.told]
    assert told_by == ["batch", "validated", "progress"], "the first batch, the first picture, and the end"


def test_a_step_that_takes_long_is_told_alone(about: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls shrink until progress and cancel come in time, however slow a step is."""
    monkeypatch.setattr(keras_loop, "CALL_SECONDS", 0.0)
    for name in ("REPORT_SECONDS", "REPORT_COST"):
        monkeypatch.setattr(keras_loop, name, 0.0)
    reports = Reports()
    Loop(small_net(about), replace(PLAN, epochs=1), about.train, about.validation, reports).run()
    batches = [told["data"]["batch"] for told in reports.told if told.get("event") == "batch"]
    everyone = -(-len(about.train) // PLAN.batch_size)
    assert sorted(set(batches)) == list(range(1, everyone + 1))
