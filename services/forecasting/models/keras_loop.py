"""The training loop of the networks: many steps per call into TensorFlow, early stopping, live progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from services.forecasting.models.base import Report, Samples, batches

BUFFER_BYTES, MOST_STEPS = 16 * 2**20, 64  # what one buffer of batches may hold
CALL_SECONDS = 0.2  # how long a call may keep silent: progress and cancel come between calls
REPORT_SECONDS = 0.1
VALIDATION_BATCH = 1024
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


class Loop:
    """Adam on the mean squared error; the weights of the best epoch are kept.

    Batches come shuffled anew each epoch from a seeded generator. A buffer of several batches goes to
    TensorFlow at once, which takes as many steps per call as fit into CALL_SECONDS. The last batch of an
    epoch is filled up with rows of weight 0, so that every call has one shape.
    """

    def __init__(self, net: Any, plan: Plan, train: Samples, validation: Samples, report: Report) -> None:
        self._net, self._plan, self._train = net, plan, train
        self._size = min(plan.batch_size, len(train))
        self._batches = -(-len(train) // self._size)
        self._capacity = _capacity(train, self._size, self._batches)
        self._held = validation if len(validation) else None
        compiled = plan.products and plan.epochs * self._batches >= WORTH_COMPILING
        self._step = _training_step(net, plan, compiled=compiled)
        self._loss = _validation_loss(net, compiled=compiled)
        self._progress = _Progress(report, plan.epochs, self._batches)
        self._pace = _Pace()

    def run(self) -> dict[str, list[float]]:
        """One value per epoch and metric."""
        history: dict[str, list[float]] = {}
        random = np.random.default_rng(self._plan.seed)
        best = _Best(self._plan.patience)
        for epoch in range(self._plan.epochs):
            metrics = _named("", self._epoch(epoch, random.permutation(len(self._train))))
            if self._held is not None:
                metrics |= _named("val_", self._validate(self._held, epoch))
            for name, value in metrics.items():
                history.setdefault(name, []).append(value)
            self._progress.epoch(epoch, metrics)
            if best.is_over(metrics.get("val_loss", metrics["loss"]), self._net):
                break
        best.restore(self._net)
        return history

    def _epoch(self, epoch: int, order: np.ndarray) -> float:
        total, seen, done = 0.0, 0, 0
        for x, y, weights, steps in self._buffers(order):
            first = 0
            while first < steps:
                count = min(self._pace.steps, steps - first)
                with self._pace.measure(count):
                    total += float(self._step(x, y, weights, tf.constant(first), tf.constant(count)))
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
        size, total = min(VALIDATION_BATCH, len(samples)), 0.0
        for part in batches(len(samples), size):
            rows = np.minimum(np.arange(part.start, part.start + size), len(samples) - 1)
            weights = (np.arange(size) < part.stop - part.start).astype(np.float32)
            total += float(self._loss(samples.x32(rows), samples.y32(rows), weights))
            self._progress.validation(epoch)
        return total / len(samples)


def _capacity(samples: Samples, size: int, n_batches: int) -> int:
    """How many batches a buffer holds."""
    window = 4 * (samples.input_steps * samples.n_inputs + samples.output_steps * samples.n_outputs)
    return max(1, min(MOST_STEPS, n_batches, BUFFER_BYTES // (window * size)))


def _training_step(net: Any, plan: Plan, *, compiled: bool) -> Callable[..., Any]:
    """Steps `first` to `first + count` of a buffer; gives the sum of the samples' losses before each step."""
    optimizer = keras.optimizers.Adam(plan.rate, clipnorm=plan.clip_norm)
    optimizer.build(net.trainable_variables)

    @tf.function(jit_compile=compiled)  # type: ignore[untyped-decorator]
    def steps(x: Any, y: Any, weights: Any, first: Any, count: Any) -> Any:
        total, i = tf.constant(0.0), first
        while i < first + count:  # a range would be compiled anew for every pair of limits
            with tf.GradientTape() as tape:
                loss = _weighted(net(x[i], training=True), y[i], weights[i])
                mean = loss / tf.reduce_sum(weights[i])
            optimizer.apply(tape.gradient(mean, net.trainable_variables), net.trainable_variables)
            total, i = total + loss, i + 1
        return total

    return steps  # type: ignore[no-any-return]


def _validation_loss(net: Any, *, compiled: bool) -> Callable[..., Any]:
    @tf.function(jit_compile=compiled)  # type: ignore[untyped-decorator]
    def loss(x: Any, y: Any, weights: Any) -> Any:
        return _weighted(net(x, training=False), y, weights)

    return loss  # type: ignore[no-any-return]


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
    """Tells every epoch with its metrics, and batches often enough to stop quickly and to draw a bar."""

    def __init__(self, report: Report, epochs: int, n_batches: int) -> None:
        self._report, self._epochs, self._batches = report, epochs, n_batches
        self._told = 0.0
        self._last: dict[str, Any] = {}

    def batch(self, epoch: int, done: int, loss: float) -> None:
        self._last = {"batch": done, "total_batches": self._batches, **_named("", loss)}
        self._last |= {"current_epoch": epoch + 1, "total_epochs": self._epochs}
        self._tell(epoch)

    def validation(self, epoch: int) -> None:
        """Nothing new to tell, but whoever wants to cancel is heard."""
        self._tell(epoch)

    def _tell(self, epoch: int) -> None:
        if time.monotonic() - self._told < REPORT_SECONDS:
            return
        self._told = time.monotonic()
        done = self._last["batch"]
        self._report(
            epoch + done / self._batches,
            self._epochs,
            epoch=epoch + 1,
            step=epoch * self._batches + done,
            event="batch",
            data=self._last,
        )

    def epoch(self, epoch: int, metrics: dict[str, float]) -> None:
        self._report(
            epoch + 1,
            self._epochs,
            epoch=epoch + 1,
            step=(epoch + 1) * self._batches,
            metrics=metrics,
            message=f"Epoch {epoch + 1} of {self._epochs}",
        )
