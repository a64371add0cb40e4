"""The training loop of the networks: many steps per call into TensorFlow, early stopping, live progress."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from services.forecasting.errors import diverged
from services.forecasting.models.base import Point, Report, Samples, batches
from services.forecasting.models.checkpoints import Checkpoints, NoCheckpoints, read_state, write_state
from services.forecasting.models.keras_state import Best, arrays_of, assign

BUFFER_BYTES, MOST_STEPS = 16 * 2**20, 64  # what one buffer of batches may hold
CALL_SECONDS = 0.2  # how long a call may keep silent: progress and cancel come between calls
REPORT_SECONDS, LONGEST_SILENCE, REPORT_COST = 0.1, 1.0, 300
PICTURE_SECONDS, PICTURE_SHARE = 2.0, 0.02  # between two pictures of the errors by step: some hundred a fit
VALIDATION_BATCH = 1024
Steps = tuple[int, int]  # how many, and how many columns
HISTORY = "history_"
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


class Finished(Exception):
    """Raised inside an epoch when the best state so far is wanted as the result."""


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
        self._errors = _validation_errors(net, _specs(shapes, (self._held_size,)), compiled=compiled)
        self._progress = _Progress(report, plan.epochs, self._batches)
        self._pace = _Pace()
        self._optimizer = optimizer
        self._random = np.random.default_rng(plan.seed)
        self._best = Best(plan.patience)
        self._history: dict[str, list[float]] = {}  # one value per epoch and metric
        self._checkpoints: Checkpoints = NoCheckpoints()
        self.finished_early = False

    @property
    def epochs_done(self) -> int:
        return len(self._history.get("loss", ()))

    def run(self, checkpoints: Checkpoints | None = None) -> dict[str, list[float]]:
        """One value per epoch and metric; begins, or goes on where a state of `checkpoints` was taken."""
        checkpoints = self._checkpoints = checkpoints or self._checkpoints
        folder = checkpoints.last()
        if folder is not None:
            self.restore(*read_state(folder))
        try:
            while not self._next_epoch():
                done = self.epochs_done
                checkpoints.offer(self._save, step=done * self._batches, epoch=done, best=self._best.save)
        except Finished:
            self.finished_early = True
        self._progress.told()
        self._best.put_back(self._net)
        return self._history

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """All that the coming epochs depend on, as it is after the last one that is complete."""
        history = {f"{HISTORY}{name}": np.array(values) for name, values in self._history.items()}
        arrays = history | arrays_of(self._variables) | self._best.arrays()
        return arrays, {"random": self._random.bit_generator.state, **self._best.plain()}

    def restore(self, arrays: dict[str, np.ndarray], plain: dict[str, Any]) -> None:
        """Go on from what `state` gave in a loop of the same network, plan and samples."""
        assign(self._variables, arrays)
        told = {name: values for name, values in arrays.items() if name.startswith(HISTORY)}
        self._history = {name.removeprefix(HISTORY): values.tolist() for name, values in told.items()}
        self._random.bit_generator.state = plain["random"]
        self._best = Best.of(self._plan.patience, arrays, plain)

    @property
    def _variables(self) -> list[Any]:
        """Weights, the states of layers that draw at random, the moments and the counter of Adam."""
        return [*self._net.variables, *self._optimizer.variables]

    def _save(self, folder: Path) -> None:
        self._progress.told()  # a curve that is continued holds every epoch before
        write_state(folder, *self.state())

    def _next_epoch(self) -> bool:
        """Train and validate once; whether that was the last."""
        epoch = self.epochs_done
        metrics = _named("", self.epoch(epoch, self._random.permutation(len(self._train))))
        lost = not math.isfinite(metrics["loss"])
        if self._held is not None and not lost:
            metrics |= _named("val_", self._validate(self._held, epoch))
        for name, value in metrics.items():
            self._history.setdefault(name, []).append(value)
        self._progress.epoch(epoch, metrics)
        if lost:
            self._progress.told()
            raise diverged(f"The loss of epoch {epoch + 1} is no finite number", epoch=epoch + 1)
        over = self._best.is_over(metrics.get("val_loss", metrics["loss"]), epoch + 1, self._net)
        return epoch + 1 >= self._plan.epochs or (over and epoch >= self._plan.taught_epochs)

    def epoch(self, epoch: int, order: np.ndarray) -> float:
        """Every sample once, in this order; gives the mean of the losses before each step.

        A loss that is no finite number ends the epoch: all weights are lost with it.
        """
        total, seen, done = 0.0, 0, 0
        step = self._taught_step if epoch < self._plan.taught_epochs else self._step
        for x, y, weights, steps in self._buffers(order):
            first, loss = 0, tf.constant(0.0)
            while first < steps:
                if self._best.weights and self._checkpoints.finish_asked():
                    raise Finished
                count = min(self._pace.steps, steps - first)
                with self._pace.measure(count):
                    # the sum goes from call to call, so that its last bit does not hang on their lengths
                    loss = step(x, y, weights, tf.constant(first), tf.constant(count), loss)
                    so_far = total + float(loss)
                first, done = first + count, done + count
                seen = min(done * self._size, len(order))
                if not math.isfinite(so_far):
                    return so_far
                self._progress.batch(epoch, done, so_far / seen)
            total = so_far
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
        """The mean squared error; the absolute ones of every step of the horizon are told on the way."""
        size, total, absolute = self._held_size, 0.0, np.zeros(())
        for part in batches(len(samples), size):
            rows = np.minimum(np.arange(part.start, part.start + size), len(samples) - 1)
            weights = (np.arange(size) < part.stop - part.start).astype(np.float32)
            held = (samples.x32(rows), samples.y32(rows), weights)
            squared, by_step = self._errors(*map(tf.constant, held))
            total, absolute = total + float(squared), absolute + by_step.numpy()
            self._progress.heard(epoch)
        self._progress.validated(epoch, absolute / len(samples))
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
    """Steps `first` to `first + count` of a buffer; adds the samples' losses before each step to `total`."""

    def steps(x: Any, y: Any, weights: Any, first: Any, count: Any, total: Any) -> Any:
        i = first
        while i < first + count:  # a range would be compiled anew for every pair of limits
            with tf.GradientTape() as tape:
                loss = _weighted(forecast(x[i], y[i]), y[i], weights[i])
                mean = loss / tf.reduce_sum(weights[i])
            optimizer.apply(tape.gradient(mean, net.trainable_variables), net.trainable_variables)
            total, i = total + loss, i + 1
        return total

    number = tf.TensorSpec((), tf.int32)
    return _traced(steps, [*specs, number, number, tf.TensorSpec((), tf.float32)], compiled=compiled)


def _validation_errors(net: Any, specs: list[Any], *, compiled: bool) -> Callable[..., Any]:
    """Sums over samples: of the mean squared error, and of the absolute one by step and output."""

    def errors(x: Any, y: Any, weights: Any) -> Any:
        forecast = net(x, training=False)
        return _weighted(forecast, y, weights), tf.tensordot(weights, tf.abs(forecast - y), 1)

    return _traced(errors, specs, compiled=compiled)


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


class _Progress:
    """Tells epochs and batches often enough to stop quickly and to draw a bar, rarely enough to cost nothing.

    A report may take one part in REPORT_COST of the time, but silence ends after LONGEST_SILENCE. Epochs that
    are shorter than that wait for the next report, which brings their metrics along.
    """

    def __init__(self, report: Report, epochs: int, n_batches: int) -> None:
        self._report, self._epochs, self._batches = report, epochs, n_batches
        self._next = 0.0
        self._begun = self._next_picture = time.monotonic()
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
        if self._waiting:  # or batches would always speak first, and curves stand still for as long
            self.told()
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

    def validated(self, epoch: int, by_step: np.ndarray) -> None:
        """(steps, outputs) of absolute errors; a picture that changes every few seconds is live enough."""
        now = time.monotonic()
        if now < self._next_picture or not np.isfinite(by_step).all():
            return
        self._report(epoch + 1, self._epochs, event="validated", data={"absolute_by_step": by_step})
        self._next_picture = now + max(PICTURE_SECONDS, PICTURE_SHARE * (now - self._begun))

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
