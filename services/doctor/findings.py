"""What the doctor found at one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`repair` is empty where all is well."""

    place: str
    said: str
    repair: str = ""

    @property
    def is_well(self) -> bool:
        return not self.repair


def well(place: str, said: str) -> Finding:
    return Finding(place, said)


def wrong(place: str, said: str, repair: str) -> Finding:
    return Finding(place, said, repair)
