"""The training loop of the networks: many steps per call into TensorFlow, early stopping, live progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from services.forecasting.models.base import Point, Report, Samples, batches

BUFFER_BYTES, MOST_STEPS = 16 * 2**20, 64  # what one buffer of batches may hold
CALL_SECONDS = 0.2  # how long a call may keep silent: progress and cancel come between calls
REPORT_SECONDS, LONGEST_SILENCE, REPORT_COST = 0.1, 0.5, 200
VALIDATION_BATCH = 1024
Steps = tuple[int, int]  # how many, and how many columns
WORTH_COMPILING = 2_000  # steps; XLA takes a second or two and saves half a millisecond in each


@dataclass(frozen=True)
class Plan:
    """How to train; `products` says that the network is matrix products only, which XLA makes faster."""

    epochs: int
    batch_size: int
    patience: int
    rate: float
    clip_norm: float | None
    seed: int
    products: bool
    taught_epochs: int = 0  # of these the forecast of a step starts at the truth of the step before


class Loop:
    """Adam on the mean squared error; the weights of the best epoch are kept.

    Batches come shuffled anew each epoch from a seeded generator. A buffer of several batches goes to
    TensorFlow at once, which takes as many steps per call as fit into CALL_SECONDS. The last batch of an
    epoch is filled up with rows of weight 0, so that every call has one shape. `teaching` is the network
    of the first `taught_epochs`: it is given the truths besides and shares the weights of `net`.
    """

    def __init__(
        self,
        net: Any,
        plan: Plan,
        train: Samples,
        validation: Samples,
        report: Report,
        teaching: Any = None,
    ) -> None:
        self._net, self._plan, self._train = net, plan, train
        self._size = min(plan.batch_size, len(train))
        self._batches = -(-len(train) // self._size)
        self._capacity = _capacity(train, self._size, self._batches)
        self._held = validation if len(validation) else None
        compiled = plan.products and plan.epochs * self._batches >= WORTH_COMPILING
        shapes = (train.input_steps, train.n_inputs), (train.output_steps, train.n_outputs)
        optimizer = keras.optimizers.Adam(plan.rate, clipnorm=plan.clip_norm)
        optimizer.build(net.trainable_variables)
        specs = _specs(shapes, (self._capacity, self._size))
        self._step = _training_step(_free(net), net, optimizer, specs, compiled=compiled)
        self._taught_step = self._step
        if plan.taught_epochs:
            self._taught_step = _training_step(_taught(teaching), net, optimizer, specs, compiled=compiled)
        # at least one, so that the step can be traced where there is nothing to validate on
        self._held_size = max(1, min(VALIDATION_BATCH, _rows_of_a_buffer(validation), len(validation)))
        self._loss = _validation_loss(net, _specs(shapes, (self._held_size,)), compiled=compiled)
        self._progress = _Progress(report, plan.epochs, self._batches)
        self._pace = _Pace()

    def run(self) -> dict[str, list[float]]:
        """One value per epoch and metric."""
        history: dict[str, list[float]] = {}
        random = np.random.default_rng(self._plan.seed)
        best = _Best(self._plan.patience)
        for epoch in range(self._plan.epochs):
            metrics = _named("", self.epoch(epoch, random.permutation(len(self._train))))
            if self._held is not None:
                metrics |= _named("val_", self._validate(self._held, epoch))
            for name, value in metrics.items():
                history.setdefault(name, []).append(value)
            self._progress.epoch(epoch, metrics)
            over = best.is_over(metrics.get("val_loss", metrics["loss"]), self._net)
            if over and epoch >= self._plan.taught_epochs:
                break
        self._progress.told()
        best.restore(self._net)
        return history

    def epoch(self, epoch: int, order: np.ndarray) -> float:
        """Every sample once, in this order; gives the mean of the losses before each step."""
        total, seen, done = 0.0, 0, 0
        step = self._taught_step if epoch < self._plan.taught_epochs else self._step
        for x, y, weights, steps in self._buffers(order):
            first = 0
            while first < steps:
                count = min(self._pace.steps, steps - first)
                with self._pace.measure(count):
                    total += float(step(x, y, weights, tf.constant(first), tf.constant(count)))
                first, done = first + count, done + count
                seen = min(done * self._size, len(order))
                self._progress.batch(epoch, done, total / seen)
        return total / len(order)

    def _buffers(self, order: np.ndarray) -> Iterator[tuple[Any, Any, Any, int]]:
        """(capacity, size, …) of inputs, outputs and weights, and how many batches of it are filled."""
        rows = self._capacity * self._size
        for part in batches(len(order), rows):
            chosen = order[part]
            steps = -(-len(chosen) // self._size)
            weights = (np.arange(rows) < len(chosen)).astype(np.float32)
            chosen = np.concatenate([chosen, np.full(rows - len(chosen), order[0])])
            shape = (self._capacity, self._size)
            x, y = self._train.x32(chosen), self._train.y32(chosen)
            yield (
                tf.constant(x.reshape(*shape, *x.shape[1:])),
                tf.constant(y.reshape(*shape, *y.shape[1:])),
                tf.constant(weights.reshape(shape)),
                steps,
            )

    def _validate(self, samples: Samples, epoch: int) -> float:
        size, total = self._held_size, 0.0
        for part in batches(len(samples), size):
            rows = np.minimum(np.arange(part.start, part.start + size), len(samples) - 1)
            weights = (np.arange(size) < part.stop - part.start).astype(np.float32)
            held = (samples.x32(rows), samples.y32(rows), weights)
            total += float(self._loss(*map(tf.constant, held)))
            self._progress.heard(epoch)
        return total / len(samples)


def _capacity(samples: Samples, size: int, n_batches: int) -> int:
    """How many batches a buffer holds."""
    return max(1, min(MOST_STEPS, n_batches, _rows_of_a_buffer(samples) // size))


def _rows_of_a_buffer(samples: Samples) -> int:
    window = 4 * (samples.input_steps * samples.n_inputs + samples.output_steps * samples.n_outputs)
    return max(1, BUFFER_BYTES // window)


Forecast = Callable[[Any, Any], Any]  # of inputs and truths


def _free(net: Any) -> Forecast:
    return lambda x, _truth: net(x, training=True)


def _taught(teaching: Any) -> Forecast:
    return lambda x, truth: teaching([x, truth], training=True)


def _training_step(
    forecast: Forecast, net: Any, optimizer: Any, specs: list[Any], *, compiled: bool
) -> Callable[..., Any]:
    """Steps `first` to `first + count` of a buffer; gives the sum of the samples' losses before each step."""

    def steps(x: Any, y: Any, weights: Any, first: Any, count: Any) -> Any:
        total, i = tf.constant(0.0), first
        while i < first + count:  # a range would be compiled anew for every pair of limits
            with tf.GradientTape() as tape:
                loss = _weighted(forecast(x[i], y[i]), y[i], weights[i])
                mean = loss / tf.reduce_sum(weights[i])
            optimizer.apply(tape.gradient(mean, net.trainable_variables), net.trainable_variables)
            total, i = total + loss, i + 1
        return total

    number = tf.TensorSpec((), tf.int32)
    return _traced(steps, [*specs, number, number], compiled=compiled)


def _validation_loss(net: Any, specs: list[Any], *, compiled: bool) -> Callable[..., Any]:
    def loss(x: Any, y: Any, weights: Any) -> Any:
        return _weighted(net(x, training=False), y, weights)

    return _traced(loss, specs, compiled=compiled)


def _specs(shapes: tuple[Steps, Steps], batch: tuple[int, ...]) -> list[Any]:
    """Of inputs, outputs and weights."""
    return [tf.TensorSpec((*batch, *steps), tf.float32) for steps in (*shapes, ())]


def _traced(function: Callable[..., Any], specs: list[Any], *, compiled: bool) -> Callable[..., Any]:
    """For these shapes alone: TensorFlow then need not suspect that it is traced again and again."""
    whole = tf.function(function, jit_compile=compiled)
    return whole.get_concrete_function(*specs)  # type: ignore[no-any-return]


def _weighted(forecast: Any, truth: Any, weights: Any) -> Any:
    """Sum over samples of weight · mean squared error."""
    return tf.reduce_sum(weights * tf.reduce_mean(tf.square(forecast - truth), axis=(1, 2)))


def _named(prefix: str, loss: float) -> dict[str, float]:
    return {f"{prefix}loss": loss, f"{prefix}root_mean_squared_error": float(np.sqrt(loss))}


class _Pace:
    """How many steps fit into a call, from how long the last one took; the first call also compiles."""

    def __init__(self) -> None:
        self.steps = 1
        self._calls = 0
        self._begun = 0.0
        self._count = 1

    def measure(self, count: int) -> _Pace:
        self._count = count
        return self

    def __enter__(self) -> None:
        self._begun = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._calls += 1
        if self._calls > 1:
            per_step = (time.monotonic() - self._begun) / self._count
            self.steps = max(1, min(MOST_STEPS, int(CALL_SECONDS / max(per_step, 1e-9))))


@dataclass
class _Best:
    """Early stopping as Keras does it: a lower loss resets the patience, the best weights come back."""

    patience: int
    loss: float = float("inf")
    weights: list[np.ndarray] = field(default_factory=list)
    waited: int = 0

    def is_over(self, loss: float, net: Any) -> bool:
        if loss < self.loss or not self.weights:
            self.loss, self.weights = min(loss, self.loss), net.get_weights()
            self.waited = 0
            return False
        self.waited += 1
        return self.waited >= self.patience

    def restore(self, net: Any) -> None:
        net.set_weights(self.weights)


class _Progress:
    """Tells epochs and batches often enough to stop quickly and to draw a bar, rarely enough to cost nothing.

    A report may take one part in REPORT_COST of the time, but silence ends after LONGEST_SILENCE. Epochs that
    are shorter than that wait for the next report, which brings their metrics along.
    """

    def __init__(self, report: Report, epochs: int, n_batches: int) -> None:
        self._report, self._epochs, self._batches = report, epochs, n_batches
        self._next = 0.0
        self._last: dict[str, Any] = {}
        self._waiting: list[Point] = []

    def batch(self, epoch: int, done: int, loss: float) -> None:
        self._last = {"batch": done, "total_batches": self._batches, **_named("", loss)}
        self._last |= {"current_epoch": epoch + 1, "total_epochs": self._epochs}
        self.heard(epoch)

    def heard(self, epoch: int) -> None:
        """Where it stands; whoever wants to cancel is heard."""
        if time.monotonic() < self._next:
            return
        done = self._last["batch"]
        self._tell(
            epoch + done / self._batches,
            epoch=epoch + 1,
            step=epoch * self._batches + done,
            event="batch",
            data=self._last,
        )

    def epoch(self, epoch: int, metrics: dict[str, float]) -> None:
        self._waiting.append(Point((epoch + 1) * self._batches, epoch + 1, metrics))
        if time.monotonic() >= self._next:
            self.told()

    def told(self) -> None:
        """Tell the epochs that still wait, under the last of them."""
        if not self._waiting:
            return
        *earlier, last = self._waiting
        self._waiting = []
        self._tell(
            last.epoch,
            epoch=last.epoch,
            step=last.step,
            metrics=last.metrics,
            earlier=earlier,
            message=f"Epoch {last.epoch} of {self._epochs}",
        )

    def _tell(self, current: float, **more: Any) -> None:
        before = time.monotonic()
        self._report(current, self._epochs, **more)
        after = time.monotonic()
        self._next = after + min(LONGEST_SILENCE, max(REPORT_SECONDS, REPORT_COST * (after - before)))
