"""Train, validation and test: in the order of time or in blocks, with nothing shared across a border."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.forecasting.errors import DataError

Indices = NDArray[np.int64]
PARTS = ("train", "validation", "test")
# Blocks that change places when samples are shuffled. Each is several times as long as the embargo
# between two of them; where that would leave few blocks, shorter ones are taken.
MAX_BLOCKS, WANTED_BLOCKS = 40, 10
EMBARGOS_PER_BLOCK, EMBARGOS_PER_SHORT_BLOCK = 4, 2


@dataclass(frozen=True)
class SplitSpec:
    """Fractions of the samples; `shuffle` moves blocks of neighbouring samples, never single ones."""

    train: float = 0.7
    validation: float = 0.2
    test: float = 0.1
    shuffle: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Split:
    """Indices of samples, ascending unless the historical arithmetic shuffled them."""

    train: Indices
    validation: Indices
    test: Indices
    dropped_by_embargo: int = 0


def historical_split(n: int, spec: SplitSpec) -> Split:
    """Rounded shares one after the other (A.7); windows overlap across the borders."""
    order = np.arange(n, dtype=np.int64)
    if spec.shuffle:
        order = np.random.default_rng(spec.seed).permutation(order)
    n_train, n_validation = round(spec.train * n), round(spec.validation * n)
    ends = (n_train, n_train + n_validation)
    return _checked(Split(order[: ends[0]], order[ends[0] : ends[1]], order[ends[1] :]), spec, n)


def honest_split(references: NDArray[np.int64], reach: tuple[int, int], spec: SplitSpec) -> Split:
    """Samples of different parts never see the same instant.

    `reach` (ns) is how far the windows of a sample go before and after its reference time; where two
    parts meet, the samples of the earlier one that reach into the first of the later one are left out.
    """
    n = len(references)
    part = _parts_in_blocks(references, reach, spec) if spec.shuffle else _parts_in_order(n, spec)
    kept = np.ones(n, dtype=bool)
    for border in np.flatnonzero(np.diff(part)) + 1:
        first_instant = references[border] + reach[0]
        clean = int(np.searchsorted(references, first_instant - reach[1], side="left"))
        kept[clean:border] = False
    chosen = [np.flatnonzero((part == i) & kept) for i in range(len(PARTS))]
    return _checked(Split(chosen[0], chosen[1], chosen[2], int(n - kept.sum())), spec, n)


def _parts_in_order(n: int, spec: SplitSpec) -> Indices:
    ends = np.rint(np.cumsum([spec.train, spec.validation]) * n).astype(np.int64)
    return np.searchsorted(ends, np.arange(n), side="right").astype(np.int64)


def _parts_in_blocks(references: NDArray[np.int64], reach: tuple[int, int], spec: SplitSpec) -> Indices:
    """Equal stretches of time, dealt to the parts in a seeded random order by their shares."""
    span = int(references[-1] - references[0]) + 1
    count = _block_count(span, reach[1] - reach[0])
    shares = [spec.train, spec.validation, spec.test]
    if count < sum(share > 0 for share in shares):
        raise DataError(
            "NOT_ENOUGH_SAMPLES",
            f"The data hold {count} blocks that could change places; every part needs one",
            suggestion="Set shuffle to false, upload more data or shorten the windows",
            details={"blocks": count},
        )
    sizes = [max(1, round(share * count)) if share > 0 else 0 for share in shares[1:]]
    dealt = np.repeat(np.arange(len(PARTS)), [max(1, count - sum(sizes)), *sizes])[:count]
    part_of_block = np.random.default_rng(spec.seed).permutation(dealt)
    block = (references - references[0]) // (span // count + 1)
    return np.asarray(part_of_block[block])


def _block_count(span: int, embargo: int) -> int:
    if embargo == 0:
        return MAX_BLOCKS
    few = min(WANTED_BLOCKS, span // (EMBARGOS_PER_SHORT_BLOCK * embargo))
    return min(MAX_BLOCKS, max(span // (EMBARGOS_PER_BLOCK * embargo), few))


def _checked(split: Split, spec: SplitSpec, n: int) -> Split:
    sizes = {name: len(getattr(split, name)) for name in PARTS}
    empty = [name for name in PARTS if sizes[name] == 0 and getattr(spec, name) > 0]
    if empty:
        raise DataError(
            "NOT_ENOUGH_SAMPLES",
            f"{n} samples leave none for {' and '.join(empty)}"
            + (f" ({split.dropped_by_embargo} keep the parts apart)" if split.dropped_by_embargo else ""),
            suggestion="Upload more data, shorten the windows or change the percentages",
            details={"samples": n, **sizes, "dropped_by_embargo": split.dropped_by_embargo},
        )
    return split
