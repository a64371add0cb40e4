"""A metric curve as columns, in memory and packed into bytes."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import islice
from operator import gt
from typing import Any, NamedTuple, cast

NO_EPOCH = -1
NAN = float("nan")
TYPES = "qqqqd"
Row = tuple[int, int, int | None, int, float | None]  # step, id, epoch, attempt, value


class Curve(NamedTuple):
    """The points of a key, by step and then by id; a value that was no finite number is NaN."""

    steps: array[int]
    ids: array[int]
    epochs: array[int]
    attempts: array[int]
    values: array[float]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Curve:
        steps, ids, epochs, attempts, values = zip(*rows, strict=True) if rows else ((),) * 5
        if None in epochs:
            epochs = tuple(NO_EPOCH if epoch is None else epoch for epoch in epochs)
        if None in values:
            values = tuple(NAN if value is None else value for value in values)
        return cls(*map(array, TYPES, (steps, ids, epochs, attempts, values)))

    @classmethod
    def unpack(cls, parts: Iterable[bytes]) -> Curve:
        """What `pack` made of curves, one behind the other."""
        columns: list[array[Any]] = [array(code) for code in TYPES]
        for packed in parts:
            part = memoryview(packed)
            size = len(part) // len(TYPES)
            for place, column in enumerate(columns):
                column.frombytes(part[place * size : (place + 1) * size])
        return cls(*columns)

    def pack(self) -> bytes:
        """Column after column, eight bytes a number, as the machine keeps them."""
        columns: tuple[array[Any], ...] = self
        return b"".join(column.tobytes() for column in columns)

    def __add__(self, other: tuple[object, ...]) -> Curve:
        later = cast(Curve, other)
        return Curve(*(mine + theirs for mine, theirs in zip(self, later, strict=True)))  # type: ignore[operator]

    def in_order(self) -> Curve:
        """By step and then by id; an attempt that went on from a checkpoint goes over steps once more."""
        if not any(map(gt, self.steps, islice(self.steps, 1, None))):
            return self
        places = sorted(range(len(self.ids)), key=list(zip(self.steps, self.ids, strict=True)).__getitem__)
        return self.pick(places)

    def pick(self, places: Sequence[int]) -> Curve:
        return Curve(*(array(column.typecode, map(column.__getitem__, places)) for column in self))  # type: ignore[arg-type]
