"""Networks by Keras on TensorFlow: fitted from batches over views, stopped early, kept as .keras and .h5."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from services.forecasting.models.base import (
    Array,
    Array32,
    FitInfo,
    Model,
    Report,
    Samples,
    SavedFile,
    Shape,
    batches,
)
from services.forecasting.models.keras_loop import Loop, Plan
from services.forecasting.models.keras_nets import historical_dense, network, taught
from services.forecasting.models.parameters import ModelParams

FILE, H5, ABOUT = "model.keras", "model.h5", "shape.json"
RATE = 0.001
PATIENCE, HISTORICAL_PATIENCE = 5, 2
PREDICT_BATCH = 1024
TAUGHT = 4  # one epoch in so many, at the beginning
# Networks of matrix products. XLA makes these faster, convolutions and recurrent layers many times slower.
PRODUCTS = ("Dense", "NLinear", "DLinear")
RECURRENT = ("LSTM", "AR LSTM")


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
        plan = Plan(
            epochs=params.EP,
            batch_size=params.BATCH_SIZE,
            patience=params.PATIENCE or (HISTORICAL_PATIENCE if historical else PATIENCE),
            rate=params.LEARNING_RATE or RATE,
            clip_norm=None if historical else 1.0,
            seed=params.SEED,
            products=params.MODE in PRODUCTS,
            taught_epochs=params.EP // TAUGHT if params.MODE == "AR LSTM" else 0,
        )
        teaching = taught(self.net) if plan.taught_epochs else None
        loop = Loop(self.net, plan, train, validation, report, teaching)
        history = loop.run(self.checkpoints)
        epochs, finished = len(history["loss"]), loop.finished_early
        stopped = epochs < params.EP and not finished
        notes = [f"Stopped after epoch {epochs}: the validation error no longer fell"] if stopped else []
        if finished:
            notes = [f"Ended by the user after epoch {epochs}; the best weights until then are kept"]
        return FitInfo(epochs, stopped, history, notes, finished)

    def predict(self, x: Array) -> Array:
        parts = [x[part].astype(np.float32) for part in batches(len(x), PREDICT_BATCH)]
        return np.concatenate([np.asarray(self._forward(part)) for part in parts]).astype(np.float64)

    @cached_property
    def _forward(self) -> Callable[[Array32], Any]:
        """A recurrent network as one graph: step by step from Python it takes a second for any batch."""
        net = self.net
        if self.mode not in RECURRENT:
            return lambda x: net(x, training=False)
        whole = tf.function(lambda x: net(x, training=False))
        graph = whole.get_concrete_function(tf.TensorSpec((None, *net.input.shape[1:]), tf.float32))
        return lambda x: graph(tf.constant(x))

    def write(self, folder: Path) -> list[SavedFile]:
        assert self.shape is not None
        with _quiet():
            self.net.save(folder / FILE)
            self.net.save(folder / H5)
        (folder / ABOUT).write_text(json.dumps(vars(self.shape)), encoding="utf-8")
        return [SavedFile(FILE, "model"), SavedFile(H5, "model"), SavedFile(ABOUT, "support")]


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
