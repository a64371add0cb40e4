"""Embeddings on their way to a job: stored under the hash of their bytes, checked where they are read."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from services.errors import Invalid
from services.local_training.errors import LocalTrainingError
from services.storage.blobs import Blobs

if TYPE_CHECKING:
    import numpy as np

    from services.workloads.base import Run

PREFIX = "embeddings/"
FLOATS = ("float16", "float32", "float64")
HASH_BYTES = 1 << 20


class StoredEmbeddings(BaseModel):
    """One array of a job's config: rows are samples, columns the numbers of one embedding."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    blob_key: str
    sha256: str
    shape: tuple[int, int]
    dtype: str

    def load(self, run: Run) -> np.ndarray:
        """The array inside a worker, read only as far as it is used; Invalid if it is not what was stored."""
        import numpy as np

        path = run.input(self.blob_key)
        digest = hashlib.sha256()
        with path.open("rb") as source:
            while part := source.read(HASH_BYTES):
                digest.update(part)
        if digest.hexdigest() != self.sha256:
            raise Invalid(
                f"The stored embeddings {self.blob_key} are not what was stored",
                code="EMBEDDINGS_CHANGED",
                suggestion="Start a new training with the embeddings",
            )
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
        return array


def store(blobs: Blobs, embeddings: Mapping[str, Any]) -> dict[str, StoredEmbeddings]:
    """Put arrays of one width where every worker can read them; the same array twice is one file."""
    arrays = {name: _checked(array, name) for name, array in embeddings.items()}
    widths = [array.shape[1] for array in arrays.values()]
    if len(set(widths)) > 1:
        raise _refused(f"{', '.join(arrays)} must hold rows of one width, not of {widths}")
    return {name: _stored(blobs, array) for name, array in arrays.items()}


def _stored(blobs: Blobs, array: np.ndarray) -> StoredEmbeddings:
    import numpy as np

    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    digest = hashlib.sha256(buffer.getbuffer()).hexdigest()
    key = f"{PREFIX}{digest}.npy"
    if not blobs.exists(key):
        buffer.seek(0)
        blobs.put(key, buffer)
    rows, width = array.shape
    return StoredEmbeddings(blob_key=key, sha256=digest, shape=(rows, width), dtype=str(array.dtype))


def _checked(embeddings: Any, name: str) -> np.ndarray:
    import numpy as np

    try:
        array = np.asarray(embeddings)
    except ValueError as error:  # rows of different lengths
        raise _refused(f"{name} is no array: {error}") from None
    if array.dtype.name not in FLOATS:
        raise _refused(f"{name} holds {array.dtype}; embeddings are {', '.join(FLOATS)}")
    if array.ndim != 2 or 0 in array.shape:
        raise _refused(
            f"{name} has the shape {array.shape}; it must have two dimensions (samples, numbers of one "
            "embedding) and at least one of each"
        )
    bad = int((~np.isfinite(array).all(axis=1)).sum())
    if bad:
        raise _refused(f"{bad} of the {len(array)} rows of {name} hold numbers that are not finite")
    return array


def _refused(message: str) -> LocalTrainingError:
    return LocalTrainingError(message, code="INVALID_EMBEDDINGS")
