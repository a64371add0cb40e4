"""Two versions side by side: what differs in their settings and files, and how far their errors do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.ranking_groups import MEASURES, Entry, difference
from services.registry.lineage import shown_config, version_json
from services.registry.reading import Version

Values = dict[str, Any]


def compared(a: Version, b: Version) -> dict[str, Any]:
    """Errors are set against each other only where the same samples judged both; `reason` says why not."""
    one, other = (Entry({}, version.result.results) for version in (a, b))
    reason = None if one.key == other.key else difference(other, one)
    return {
        "a": version_json(a),
        "b": version_json(b),
        "comparable": reason is None,
        "reason": reason,
        "outputs": {name: _errors(one, other, name) for name in one.outputs if name in other.outputs},
        "config": list(_changes(shown_config(a.job.config), shown_config(b.job.config))),
    }


def _errors(a: Entry, b: Entry, output: str) -> dict[str, Any]:
    one, other = a.compared()[output]["model"], b.compared()[output]["model"]
    return {measure: _pair(measure, one.get(measure), other.get(measure)) for measure in MEASURES}


def _pair(measure: str, a: float | None, b: float | None) -> dict[str, Any]:
    """`better` names the one to prefer; nobody where they are equal or one is unknown."""
    known = a is not None and b is not None
    if a is None or b is None or a == b:
        return {"a": a, "b": b, "change": 0.0 if known else None, "better": None}
    first, second = (abs(a), abs(b)) if measure == "BIAS" else (a, b)
    a_wins = first > second if measure == "skill" else first < second
    return {"a": a, "b": b, "change": b - a, "better": "a" if a_wins else "b"}


def _changes(a: Values, b: Values) -> Iterator[dict[str, Any]]:
    """Settings that differ, by their path; null where one of them has no such setting."""
    one, other = dict(_flat(a)), dict(_flat(b))
    for path in dict.fromkeys((*one, *other)):
        if one.get(path) != other.get(path):
            yield {"path": path, "a": one.get(path), "b": other.get(path)}


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for place, inner in enumerate(value):
            name = _name(inner, place)
            yield from _flat(inner, f"{path}[{name}]")
    else:
        yield path, value


def _name(value: Any, place: int) -> str:
    """Series go by role and name, so that one more does not make all behind it differ."""
    if isinstance(value, dict) and "role" in value:
        return f"{value['role']} {value['name']}"
    return str(value.get("component", place)) if isinstance(value, dict) else str(place)
