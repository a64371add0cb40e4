"""Where a blob lies in Supabase Storage: bucket and path, and the key again from a path.

A path begins with the folder of the user whom the blob belongs to, so that the policies of the buckets can
compare it with `auth.uid()`; what is nobody's alone lies in `shared`, which only the service role reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from services.storage.blobs.keys import check_key

CSV_FILES, TRAINING_RESULTS, MODELS = BUCKETS = ("csv-files", "training-results", "models")
SHARED = "shared"
OWNED = ("files", "series", "jobs", "checkpoints")  # keys that name a session or a job in their second part
GZIPPED = (".json", ".csv")  # results of these endings are stored compressed
TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".png": "image/png",
    ".zip": "application/zip",
    ".parquet": "application/vnd.apache.parquet",
    ".gz": "application/gzip",
}
_OF_A_MODEL = re.compile(r"(model_bundle|scalers)\.|.*_best_")  # the files of a model, as trainings name them
_UNSAFE = re.compile(r"[^A-Za-z0-9_.!*'()&$@;:+,? -]")  # Storage refuses all others, "=" is our own mark
_CODED = re.compile(r"((?:=[0-9A-F]{2})+)")


@dataclass(frozen=True)
class Place:
    bucket: str
    path: str
    gzipped: bool

    @property
    def media_type(self) -> str:
        return TYPES.get(PurePosixPath(self.path).suffix, "application/octet-stream")


def place_of(key: str, owner: str) -> Place:
    """Raises ValueError for what is no key."""
    parts = check_key(key)
    gzipped = is_gzipped(key)
    path = "/".join((owner, *map(encoded, parts)))
    return Place(bucket_of(key), f"{path}.gz" if gzipped else path, gzipped)


def key_of(path: str) -> str:
    """The other way round."""
    _owner, *parts = path.split("/")
    key = "/".join(map(_decoded, parts))
    return key.removesuffix(".gz") if path.endswith(".gz") else key


def bucket_of(key: str) -> str:
    kind, _, rest = key.partition("/")
    if kind in ("files", "series"):
        return CSV_FILES
    of_a_model = kind == "jobs" and _OF_A_MODEL.match(rest.rsplit("/", 1)[-1])
    return MODELS if kind in ("checkpoints", "embeddings") or of_a_model else TRAINING_RESULTS


def buckets_of(prefix: str) -> tuple[str, ...]:
    """Those in which keys with this beginning can lie."""
    kind, slash, _ = prefix.partition("/")
    if not slash:
        return BUCKETS
    return (TRAINING_RESULTS, MODELS) if kind == "jobs" else (bucket_of(prefix),)


def is_gzipped(key: str) -> bool:
    """Uploaded files stay as they are, so that their owner can fetch them from the bucket."""
    return not key.startswith("files/") and PurePosixPath(key).suffix in GZIPPED


def encoded(part: str) -> str:
    """A part of a key in the signs that Storage allows; a real ending .gz is kept apart from ours."""
    safe = _UNSAFE.sub(lambda sign: "".join(f"={byte:02X}" for byte in sign[0].encode()), part)
    return f"{safe[:-3]}=2Egz" if safe.endswith(".gz") else safe


def _decoded(part: str) -> str:
    return _CODED.sub(lambda run: bytes.fromhex(run[0].replace("=", "")).decode(), part)
