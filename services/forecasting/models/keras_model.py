"""Networks by Keras on TensorFlow: fitted from batches over views, stopped early, kept as .keras and .h5."""

from __future__ import annotations

import json
import logging
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from services.forecasting.models.base import Array, FitInfo, Model, Report, Samples, SavedFile, Shape, batches
from services.forecasting.models.keras_nets import historical_dense, network
from services.forecasting.models.parameters import ModelParams

FILE, H5, ABOUT = "model.keras", "model.h5", "shape.json"
RATE = 0.001
PATIENCE, HISTORICAL_PATIENCE = 5, 2
PREDICT_BATCH = 1024
REPORT_SECONDS = 0.1


class KerasModel(Model):
    """One network; Adam on the squared error, the best weights by validation error are kept."""

    def __init__(
        self, params: ModelParams | None = None, arithmetic: str = "honest", anchors: Any = ()
    ) -> None:
        self.params = params
        self.arithmetic = arithmetic
        self.anchors: list[int | None] = list(anchors)
        self.shape: Shape | None = None
        self.net: Any = None

    def fit(self, train: Samples, validation: Samples, report: Report) -> FitInfo:
        assert self.params is not None
        params, self.shape = self.params, Shape.of(train)
        keras.utils.set_random_seed(params.SEED)
        historical = self.arithmetic == "compat"
        self.net = (
            historical_dense(params, self.shape) if historical else network(params, self.shape, self.anchors)
        )
        self.net.compile(
            optimizer=keras.optimizers.Adam(
                params.LEARNING_RATE or RATE, clipnorm=None if historical else 1.0
            ),
            loss="mse",
            metrics=[keras.metrics.RootMeanSquaredError()],
        )
        data = Batches(train, params.BATCH_SIZE, seed=params.SEED)
        held = Batches(validation, PREDICT_BATCH) if len(validation) else None
        watcher = Watcher(report, params, len(data))
        stopper = keras.callbacks.EarlyStopping(
            monitor="val_loss" if held else "loss",
            patience=params.PATIENCE or (HISTORICAL_PATIENCE if historical else PATIENCE),
            restore_best_weights=True,
        )
        done = self.net.fit(
            data,
            validation_data=held,
            epochs=params.EP,
            callbacks=[stopper, watcher],
            verbose=0,
            shuffle=False,
        )
        epochs = len(done.history["loss"])
        history = {name: [float(value) for value in values] for name, values in done.history.items()}
        stopped = epochs < params.EP
        notes = [f"Stopped after epoch {epochs}: the validation error no longer fell"] if stopped else []
        return FitInfo(epochs, stopped, history, notes)

    def predict(self, x: Array) -> Array:
        parts = [np.asarray(self.net(x[part], training=False)) for part in batches(len(x), PREDICT_BATCH)]
        return np.concatenate(parts).astype(np.float64)

    def write(self, folder: Path) -> list[SavedFile]:
        assert self.shape is not None
        with _quiet():
            self.net.save(folder / FILE)
            self.net.save(folder / H5)
        (folder / ABOUT).write_text(json.dumps(vars(self.shape)), encoding="utf-8")
        return [SavedFile(FILE, "model"), SavedFile(H5, "model"), SavedFile(ABOUT, "support")]


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of windows, cut when their turn comes; shuffled anew each epoch where a seed is given."""

    def __init__(self, samples: Samples, size: int, seed: int | None = None) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._samples = samples
        self._size = size
        self._random = None if seed is None else np.random.default_rng(seed)
        self._order = np.arange(len(samples))
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self._samples) // self._size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self._order[index * self._size : (index + 1) * self._size]
        return self._samples.x32(rows), self._samples.y32(rows)

    def on_epoch_end(self) -> None:
        if self._random is not None:
            self._order = self._random.permutation(len(self._samples))


class Watcher(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells every epoch with its metrics, and batches often enough to stop quickly and to draw a bar."""

    def __init__(self, report: Report, params: ModelParams, n_batches: int) -> None:
        super().__init__()
        self._report = report
        self._params = params
        self._batches = n_batches
        self._epoch = 0
        self._told = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if time.monotonic() - self._told < REPORT_SECONDS:
            return
        self._told = time.monotonic()
        data = {"batch": batch + 1, "total_batches": self._batches, **_numbers(logs)}
        data |= {"current_epoch": self._epoch + 1, "total_epochs": self._params.EP}
        self._report(
            self._epoch + (batch + 1) / self._batches,
            self._params.EP,
            epoch=self._epoch + 1,
            step=self._epoch * self._batches + batch + 1,
            event="batch",
            data=data,
        )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._report(
            epoch + 1,
            self._params.EP,
            epoch=epoch + 1,
            step=(epoch + 1) * self._batches,
            metrics=_numbers(logs),
            message=f"Epoch {epoch + 1} of {self._params.EP}",
        )


def load(folder: Path) -> KerasModel:
    model = KerasModel()
    model.shape = Shape(**json.loads((folder / ABOUT).read_text(encoding="utf-8")))
    model.net = keras.saving.load_model(folder / FILE, compile=False, safe_mode=True)
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """Keras advises against .h5, which users of the first system open, and calls numpy in an old way."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        logger.setLevel(level)


def _numbers(logs: Any) -> dict[str, float]:
    return {name: float(value) for name, value in (logs or {}).items()}
