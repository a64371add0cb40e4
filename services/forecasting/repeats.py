"""Rows of a file that come again elsewhere: a model would meet in its test what it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.notes import Note
from services.forecasting.split import PARTS, Split
from services.forecasting.windows import FeatureSpec, Times, Values

ROWS = 48  # every stretch of twice as many rows that comes again is found
CHANGES = ROWS // 2  # stretches that hardly move (nights, zeros) are no copies
CHUNK = 2**15
CONSIDERED, LISTED = 1000, 20  # blocks
# An odd multiplier spreads equal sums of other rows over all 64 bits.
BASE = np.uint64(0x9E3779B97F4A7C15)

Hashes = NDArray[np.uint64]


def repeated_rows(series: FeatureSpec) -> Note | None:
    """Said of a series with stretches of rows that stand a second time elsewhere, number by number."""
    blocks = _merged(_pairs(series.value), series.time)
    if not blocks:
        return None
    rows = sum(block["rows"] for block in blocks)
    first = blocks[0]
    return Note(
        "REPEATED_ROWS",
        f"{rows} rows of {series.name!r} stand a second time elsewhere, for example those from "
        f"{first['from']} again from {first['again_from']}: copied data, or a series that repeats exactly",
        {"feature": series.name, "rows": rows, "blocks": blocks[:LISTED], "block_count": len(blocks)},
    )


def repeated_across(notes: Sequence[Note], references: Times, split: Split) -> list[Note]:
    """Of the repeated rows those that a split puts into different parts: the later part is no fair test."""
    found = []
    for note in notes:
        blocks = note.details["blocks"] if note.code == "REPEATED_ROWS" else []
        apart = [each for each in (_parts(block, references, split) for block in blocks) if each is not None]
        if apart:
            name, (one, other) = note.details["feature"], apart[0]
            text = f"Rows of {name!r} stand both in the {one} and in the {other} samples: errors on the "
            details = {"feature": name, "parts": sorted({part for pair in apart for part in pair})}
            found.append(Note("REPEATED_ACROSS_SPLITS", text + "copied rows flatter the model", details))
    return found


def _parts(block: dict[str, Any], references: Times, split: Split) -> tuple[str, str] | None:
    """The two parts in which the copies lie, if they differ."""
    part = np.full(len(references), -1)
    for number, name in enumerate(PARTS):
        part[getattr(split, name)] = number
    numbers = []
    for key in ("from", "again_from"):
        time = np.datetime64(block[key].removesuffix("Z"), "ns").astype(np.int64)
        place = min(int(np.searchsorted(references, time)), len(references) - 1)
        numbers.append(int(part[place]))
    if numbers[0] == numbers[1] or -1 in numbers:
        return None
    return PARTS[numbers[0]], PARTS[numbers[1]]


def _pairs(value: Values) -> list[tuple[int, int]]:
    """(first row of a stretch, first row of its copy), for the stretches that start at a multiple of ROWS."""
    starts = np.arange(0, len(value) - ROWS + 1, ROWS)
    starts = starts[_moves(value, starts)]
    if len(starts) < 1:
        return []
    keys = _hashes(value, starts)
    order = np.argsort(keys)
    keys, starts = keys[order], starts[order]
    found: dict[int, int] = {}
    for begin in range(0, len(value) - ROWS + 1, CHUNK):
        rows = np.arange(begin, min(begin + CHUNK, len(value) - ROWS + 1))
        hashes = _hashes(value, rows)
        place = np.minimum(np.searchsorted(keys, hashes), len(keys) - 1)
        hit = (keys[place] == hashes) & (starts[place] != rows)
        for start, row in zip(starts[place[hit]].tolist(), rows[hit].tolist(), strict=True):
            found.setdefault(start, row)
    return sorted(
        (start, row)
        for start, row in found.items()
        if np.array_equal(value[start : start + ROWS], value[row : row + ROWS])
    )


def _moves(value: Values, starts: Times) -> NDArray[np.bool_]:
    """Whether a stretch holds numbers alone, and enough changes."""
    stretch = value[starts[:, None] + np.arange(ROWS)] if len(starts) else np.empty((0, ROWS))
    changes = (np.diff(stretch, axis=1) != 0).sum(axis=1)
    return np.asarray(np.isfinite(stretch).all(axis=1) & (changes >= CHANGES))


def _hashes(value: Values, starts: Times) -> Hashes:
    """A number per stretch that other rows hardly share: a polynomial of their bits modulo 2⁶⁴."""
    bits = np.ascontiguousarray(value).view(np.uint64)
    result = np.zeros(len(starts), dtype=np.uint64)
    for k in range(ROWS):
        result *= BASE
        result += bits[starts + k]
    return result


def _merged(pairs: list[tuple[int, int]], time: Times) -> list[dict[str, Any]]:
    """Neighbouring stretches with copies at the same distance are one block."""
    blocks: list[list[int]] = []
    for start, row in pairs:
        if blocks and start == blocks[-1][1] and row - start == blocks[-1][2]:
            blocks[-1][1] += ROWS
        else:
            blocks.append([start, start + ROWS, row - start])
    kept: list[list[int]] = []
    for begin, end, distance in blocks[:CONSIDERED]:
        told = (
            each[2] == -distance and each[0] - ROWS <= begin + distance and end + distance <= each[1] + ROWS
            for each in kept
        )
        if not any(told):  # from the other end of its copy
            kept.append([begin, end, distance])
    return [_block(time, *each) for each in kept]


def _block(time: Times, begin: int, end: int, distance: int) -> dict[str, Any]:
    return {
        "from": _text(time[begin]),
        "to": _text(time[end - 1]),
        "again_from": _text(time[begin + distance]),
        "rows": end - begin,
    }


def _text(instant: np.int64) -> str:
    return f"{np.datetime_as_string(np.datetime64(int(instant), 'ns'), unit='s')}Z"
