"""What the columns of calendar components are called; read by the web process too, so without numpy."""

from __future__ import annotations

from typing import Literal

Component = Literal["Y", "M", "W", "D", "H"]


def column_names(component: Component, *, bridges: bool = False, school: bool = False) -> list[str]:
    if component != "H":
        return [f"{component}_sin", f"{component}_cos"]
    return ["H"] + ["H_bruecke"] * bridges + ["H_ferien"] * school
